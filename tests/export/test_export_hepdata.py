"""HEPData submissions: valid by HEPData's own validator, and read back to what was written."""

from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest
import yaml
from command import answer
from hepdata_validator.data_file_validator import DataFileValidator
from hepdata_validator.submission_file_validator import SubmissionFileValidator

from dmjax.cli.common import flat_conventions
from dmjax.errors import InputError
from dmjax.export.hepdata import NO_VALUE, TABLE, hepdata_table, write_hepdata
from dmjax.limits.curve import LimitCurve
from dmjax.store.files import read_json, write_json
from tolerances import tolerance

MASSES = [30.0, 75.0, 200.0]
LIMIT = [1.7e-10, 4.7e-10, np.inf]
BANDS = np.array([1.0, 1.3, 2.0, 2.9, 4.1])
EXPECTED = np.outer([1e-10, 3e-10, np.inf], BANDS)


def curve() -> LimitCurve:
    return LimitCurve(
        experiment="coherent-csi",
        dataset="csi2017",
        window="cuts",
        model="dark-photon",
        dm="dirac",
        conventions={"conventions": "d20", "changed": {"width": "narrow"}},
        quantity="Y",
        alpha_d=0.5,
        mass_ratio=3.0,
        cl=0.9,
        sigma_alpha=0.28,
        alpha_treatment="profile",
        channels=["pi0", "piminus"],
        m_v=np.array(MASSES),
        limit=np.array(LIMIT),
        best_fit=np.array([1e-10, 3e-10, 0.0]),
        best_fit_events=np.array([14.0, 15.0, 0.0]),
        test_statistic_null=np.array([4.5, 4.9, 0.0]),
        status=["ok", "ok", "unconstrained"],
        version="0.1.0",
    )


def scan(**changes) -> dict:
    """A saved scan with bands, as `dmjax limit --method toys --out` writes it."""
    made = {
        "configuration": {
            "datasets": ["csi2017", "lar2020"],
            "model": "dark-photon",
            "mass_ratio": 3.0,
            "alpha_d": 0.5,
            "dm": "scalar",
            "channels": ["pi0"],
            "window": "no-cuts",
            "systematics": False,
            "conventions": "dmjax",
            "conventions_changed": {},
            "quantity": "Y",
            "method": "toys",
            "cl": 0.9,
            "test": "qtilde",
            "cls": True,
            "toys": 1000,
        },
        "quantity": "Y",
        "m_v": MASSES,
        "limit": LIMIT,
        "lower": [0.0, 0.0, 0.0],
        "limit_error": [2e-12, 3e-12, np.inf],
        "lower_error": [0.0, 0.0, 0.0],
        "expected": EXPECTED,
        "sigmas": [-2.0, -1.0, 0.0, 1.0, 2.0],
        "best_fit": [1e-10, 3e-10, 0.0],
        "version": "0.1.0",
    }
    return made | changes


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


def test_curve_is_valid_and_reads_back(tmp_path):
    saved = read_json(write_json(tmp_path / "limit.json", curve()))
    write_hepdata(tmp_path / "out", saved)
    validated(tmp_path / "out")
    found = columns(tmp_path / "out")
    assert list(found) == ["Y, observed upper limit", "Y, best fit"]
    limit = [row["value"] for row in found["Y, observed upper limit"]["values"]]
    assert limit[2] == NO_VALUE
    assert np.allclose(limit[:2], LIMIT[:2], rtol=tolerance("identity"), atol=0.0)
    about = qualifiers(found["Y, observed upper limit"])
    assert about["alpha_D"] == 0.5 and about["m_V/m_chi"] == 3.0 and about["C.L."] == 90.0
    assert about["conventions"] == "d20" and about["convention width"] == "narrow"
    assert about["data sets"] == "csi2017 (cuts)" and about["dark matter"] == "dirac"
    comment, entry = yaml.safe_load_all((tmp_path / "out" / "submission.yaml").read_text())
    assert "csi2017 (cuts)" in comment["comment"]
    assert entry["data_file"] == TABLE and "Y = epsilon^2 alpha_D" in entry["description"]


def test_bands_are_errors_of_the_median(tmp_path):
    write_hepdata(tmp_path, scan())
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
    settings = scan()["configuration"] | {"method": "fc"}
    table = hepdata_table(scan(configuration=settings, expected=None, sigmas=None))
    names = [each["header"]["name"] for each in table["dependent_variables"]]
    assert "Y, lower end of the interval" in names and len(names) == 3


BAD = {
    "no limit": ({"half": 1}, "has no 'quantity'"),
    "short": (scan(limit=[1e-10]), "but 1 values of 'limit'"),
    "no masses": (scan(m_v=None, quantity="events"), "nothing to tabulate"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_limit_is_said(name, tmp_path):
    result, said = BAD[name]
    with pytest.raises(InputError, match=said):
        write_hepdata(tmp_path / "out", result)
    assert not (tmp_path / "out").exists()


def test_command_takes_a_saved_limit(tmp_path):
    saved = write_json(tmp_path / "limit.json", flat_conventions(curve()._asdict()))
    found = answer(f"export hepdata {saved} --out {tmp_path / 'out'} --json")
    assert [Path(name).name for name in found["files"]] == ["submission.yaml", TABLE]
    about = qualifiers(columns(tmp_path / "out")["Y, best fit"])
    assert about["conventions"] == "d20" and about["convention width"] == "narrow"


def test_arrays_of_jax_are_numbers(tmp_path):
    write_hepdata(tmp_path, scan(m_v=jnp.asarray(MASSES)))
    assert columns(tmp_path)
