"""`dmjax export` and `dmjax diagnose`."""

import json

import pytest
from typer.testing import CliRunner

from dmjax import cli
from dmjax.io import read_json
from tolerances import tolerance


def run(line: str):
    return CliRunner().invoke(cli.app, line.split(), catch_exceptions=False)


def answer(line: str) -> dict:
    result = run(line)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_pyhf_command_writes_a_workspace_and_checks_it(tmp_path):
    out = tmp_path / "deep" / "ccm.json"
    line = f"export pyhf ccm120 --mv 30 --y 1e-9 --channels pi0 --check --json --out {out}"
    found = answer(line)
    assert found["poi"] == "signal" and found["file"] == str(out)
    assert found["parameters"]["signal"]["step"] == 100.0
    assert found["check"]["two_nll_difference"] < tolerance("parity") * 1.0
    assert found["check"]["fit_sigmas"] < tolerance("fit_parameter")
    assert {"channels", "observations", "measurements", "version"} == read_json(out).keys()


def test_pyhf_command_prints_how_to_read_it(tmp_path):
    out = tmp_path / "lar.json"
    said = run(f"export pyhf lar2020 --poi n_cevns --out {out}").stdout
    assert "n_brn_prompt" in said and "normfactor" in said and "497" in said


def test_diagnose_command(tmp_path):
    """LAr 2020 has 960 bins, mostly below one event: χ² condemns the fit, toys do not."""
    out, figures = tmp_path / "diagnosis.json", tmp_path / "figures"
    found = answer(f"diagnose lar2020 --toys 100 --out {out} --figures {figures} --json")
    assert read_json(out) == found and len(found["figures"]) == 6
    assert found["impacts"]["poi"] == "n_cevns"
    fit = found["goodness"]
    assert fit["toys"] == 100 and fit["failed"] == 0
    assert fit["p_asymptotic"] < 0.02 < 0.2 < fit["p_toys"]
    said = run("diagnose ccm120").stdout
    assert "goodness of fit" in said and "converged" in said


BAD = {
    "export pyhf lar2020 --mv 30 --y 0 --out x.json": "--y must be",
    "export pyhf lar2021 --out x.json": "did you mean 'lar2020'",
    "export pyhf lar2020 --poi n_ss --out x.json": "must be free",
    "export hepdata /nowhere/x.json --out x": "cannot read",
    "diagnose lar2020 --poi n_cevn": "did you mean 'n_cevns'",
    "diagnose lar2020 --toys -1": "toys must be",
}


@pytest.mark.parametrize("line", BAD)
def test_bad_input_is_one_line_and_status_2(line, monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["dmjax", *line.split()])
    with pytest.raises(SystemExit) as end:
        cli.main()
    said = capsys.readouterr().err
    assert end.value.code == 2
    assert BAD[line] in said and said.count("\n") == 1
    assert not list(tmp_path.iterdir())
