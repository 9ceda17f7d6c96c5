"""HEPData submissions: valid by HEPData's own validator, and read back to what was written."""

from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest
import yaml
from command import answer, run
from hepdata_validator.data_file_validator import DataFileValidator
from hepdata_validator.submission_file_validator import SubmissionFileValidator

from dmjax.errors import InputError
from dmjax.export.hepdata import NO_VALUE, TABLE, hepdata_table, write_hepdata
from dmjax.store.plain import write_json
from dmjax.studies.load import load
from made_results import EXPECTED, LIMIT, MASSES, made_limit, made_toys
from tolerances import tolerance

TOYS = {"method": "toys", "datasets": ["csi2017", "lar2020"], "toys": 1000}
TOYS |= {"limit_error": np.array([2e-12, 3e-12, np.inf]), "configuration": {"window": "no-cuts"}}


def qualifiers(column: dict) -> dict:
    return {each["name"]: each["value"] for each in column["qualifiers"]}


def validated(folder) -> None:
    """Both files pass HEPData's schemas."""
    submission, table = folder / "submission.yaml", folder / TABLE
    parts = list(yaml.safe_load_all(submission.read_text()))
    first, second = SubmissionFileValidator(), DataFileValidator()
    assert first.validate(file_path=str(submission), data=parts), first.get_messages()
    content = yaml.safe_load(table.read_text())
    assert second.validate(file_path=str(table), data=content), second.get_messages()


def columns(folder) -> dict[str, dict]:
    table = yaml.safe_load((folder / TABLE).read_text())
    (masses,) = table["independent_variables"]
    assert masses["header"] == {"name": "m_V", "units": "MeV"}
    assert [row["value"] for row in masses["values"]] == MASSES
    return {each["header"]["name"]: each for each in table["dependent_variables"]}


@pytest.mark.parametrize("suffix", [".json", ".nc"])
def test_a_saved_limit_is_valid_and_reads_back(suffix, tmp_path):
    made = made_limit(expected=None, expected_error=None, expected_status=None)
    write_hepdata(tmp_path / "out", load(made.save(tmp_path / f"limit{suffix}")))
    validated(tmp_path / "out")
    found = columns(tmp_path / "out")
    assert list(found) == ["Y, observed upper limit", "Y, best fit"]
    limit = [row["value"] for row in found["Y, observed upper limit"]["values"]]
    assert limit == [*LIMIT[:2], NO_VALUE]
    about = qualifiers(found["Y, observed upper limit"])
    assert about["alpha_D"] == 0.5 and about["m_V/m_chi"] == 3.0 and about["C.L."] == 90.0
    assert about["conventions"] == "d20" and about["convention width"] == "narrow"
    assert about["data sets"] == "csi2017 (cuts)" and about["dark matter"] == "dirac"
    comment, entry = yaml.safe_load_all((tmp_path / "out" / "submission.yaml").read_text())
    assert "csi2017 (cuts)" in comment["comment"]
    assert entry["data_file"] == TABLE and "Y = epsilon^2 alpha_D" in entry["description"]


def test_bands_are_errors_of_the_median(tmp_path):
    write_hepdata(tmp_path, made_limit(**TOYS))
    validated(tmp_path)
    found = columns(tmp_path)
    assert list(found)[1] == "Y, median expected upper limit"
    first, _, last = found["Y, median expected upper limit"]["values"]
    assert last == {"value": NO_VALUE}
    one, two = (each["asymerror"] for each in first["errors"])
    near = [first["value"] + shift for shift in (one["minus"], one["plus"])]
    far = [first["value"] + shift for shift in (two["minus"], two["plus"])]
    read = [far[0], near[0], first["value"], near[1], far[1]]
    assert np.allclose(read, EXPECTED[0], rtol=tolerance("identity"), atol=0.0)
    limit = found["Y, observed upper limit"]["values"][0]
    assert limit["errors"] == [{"label": "Monte Carlo", "symerror": 2e-12}]
    about = qualifiers(found["Y, best fit"])
    assert about["data sets"] == "csi2017 (no-cuts) + lar2020" and about["toys per point"] == 1000


def test_fc_interval_has_its_lower_end():
    table = hepdata_table(made_limit(**TOYS | {"method": "fc", "expected": None}))
    names = [each["header"]["name"] for each in table["dependent_variables"]]
    assert "Y, lower end of the interval" in names and len(names) == 3


def test_a_model_of_ones_own_states_its_charges():
    own = {"model": "custom", "charges": {"up": 1.0}, "dm": "scalar", "m_chi": 10.0}
    made = made_limit(signal=own, quantity="g")
    about = qualifiers(hepdata_table(made)["dependent_variables"][0])
    assert about["charge of up"] == 1.0 and about["m_chi"] == 10.0 and "alpha_D" not in about


BAD = {
    "no limit": ({"half": 1}, "not a saved limit"),
    "toys": (made_toys(), "not a limit but a toys result"),
    "short": (made_limit().to_plain() | {"limit": [1e-10]}, "'limit' has 1 entries"),
    "no masses": (made_limit(m_v=None, quantity="events"), "nothing to tabulate"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_limit_is_said(name, tmp_path):
    result, said = BAD[name]
    with pytest.raises(InputError, match=said):
        write_hepdata(tmp_path / "out", result)
    assert not (tmp_path / "out").exists()


def test_command_takes_a_saved_limit(tmp_path):
    saved = made_limit().save(tmp_path / "limit.json")
    found = answer(f"export hepdata {saved} --out {tmp_path / 'out'} --json")
    assert [Path(name).name for name in found["files"]] == ["submission.yaml", TABLE]
    about = qualifiers(columns(tmp_path / "out")["Y, best fit"])
    assert about["conventions"] == "d20" and about["convention width"] == "narrow"


def test_the_command_refuses_what_was_edited(tmp_path):
    plain = made_limit().to_plain()
    plain["limit"][0] = "é"
    saved = write_json(tmp_path / "limit.json", plain)
    with pytest.raises(InputError, match="'limit' must hold numbers, got 'é'"):
        run(f"export hepdata {saved} --out {tmp_path / 'out'}")
    assert not (tmp_path / "out").exists()


def test_arrays_of_jax_are_numbers(tmp_path):
    write_hepdata(tmp_path, made_limit(m_v=jnp.asarray(MASSES)))
    assert columns(tmp_path)
