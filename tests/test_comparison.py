"""`dmjax evidence`, and dark photons in the regions of the NSI fit."""

import json

import pytest
from typer.testing import CliRunner

from dmjax.cli import app
from dmjax.comparison import EvidenceSettings
from dmjax.dark_regions import fit_dark_regions
from dmjax.errors import InputError
from tolerances import tolerance


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["evidence", "csi2018"], "csi2017"),
        (["evidence", "csi2017", "--prior", "flat"], "prior"),
        (["evidence", "csi2017", "--mv-range", "5,2"], "no support"),
        (["evidence", "csi2017", "--y-range", "0,1e-8"], "log-uniform needs lower > 0"),
        (["evidence", "csi2017", "--y-range", "1e-8"], "takes two numbers"),
        (["evidence", "csi2017", "--window", "all"], "window"),
        (["evidence", "csi2017", "--live", "3"], "20 live points"),
    ],
)
def test_bad_input_is_one_line(arguments, message):
    result = CliRunner().invoke(app, arguments)
    assert isinstance(result.exception, InputError)
    assert message in str(result.exception)
    assert "\n" not in str(result.exception)


def test_evidence_command_and_its_continuation(tmp_path, monkeypatch):
    arguments = ["evidence", "csi2017", "--signal", "none", "--window", "cuts", "--live", "100"]
    arguments += ["--draws", "400"]
    result = CliRunner().invoke(app, [*arguments, "--json", "--out", str(tmp_path)])
    assert result.exit_code == 0, result.output
    plain = json.loads(result.stdout.splitlines()[-1])
    run = plain["runs"]["none"]
    assert abs(run["log_z"] + 49.413) < tolerance("sigmas") * run["error"]
    assert plain["bayes_factors"] == [] and plain["settings"]["seed"] == 2017
    assert (tmp_path / "draws_none.nc").exists() and (tmp_path / "evidence.json").exists()
    (tmp_path / "evidence.json").unlink()
    monkeypatch.setattr("dmjax.comparison.nested_sampling", None)
    again = CliRunner().invoke(app, [*arguments, "--json", "--out", str(tmp_path)])
    assert json.loads(again.stdout.splitlines()[-1]) == plain
    other = CliRunner().invoke(app, [*arguments, "--seed", "1", "--out", str(tmp_path)])
    assert isinstance(other.exception, InputError) and "other settings" in str(other.exception)


def test_one_dark_photon_serves_cuts_and_all():
    """[D20] Fig. 6: the excess in the cuts is kept by the best fit of all the data."""
    found = fit_dark_regions(EvidenceSettings(m_v_range=(100.0, 180.0)), masses=12)
    assert found.gain["cuts"] > 5.0
    assert min(found.gain.values()) > -tolerance("fit")
    assert 0.0 <= found.cuts_at_no_cuts < 0.5 and 0.0 <= found.no_cuts_at_cuts < 0.5
    assert found.compatibility.p_value > 0.02
    assert all(best.converged for best in found.regions.values())
