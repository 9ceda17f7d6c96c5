"""`dmjax export` and `dmjax diagnose`."""

import numpy as np
import pytest
from command import answer, run

from dmjax.cli import app
from dmjax.export.check import RoundTrip
from dmjax.store.plain import read_json
from tolerances import tolerance


def test_pyhf_command_writes_a_workspace_and_checks_it(tmp_path):
    out = tmp_path / "deep" / "ccm.json"
    line = f"export pyhf ccm120 --mv 30 --y 1e-9 --channels pi0 --check --json --out {out}"
    found = answer(line)
    assert found["poi"] == "signal" and found["file"] == str(out)
    # (Y/Y_ref)² but for the share of visible decays, which grows with the coupling; a power of ten
    # beside it lets other programs begin near their answer, whatever coupling was asked for
    power = np.log10(found["parameters"]["signal"]["step"] / 100.0)
    assert power != 0.0 and np.isclose(power, np.round(power), atol=tolerance("parity"))
    assert found["check"]["two_nll_difference"] < tolerance("parity") * 1.0
    assert found["check"]["fit_sigmas"] < tolerance("fit_parameter")
    assert {"channels", "observations", "measurements", "version"} == read_json(out).keys()


def test_a_check_that_fails_writes_nothing(tmp_path, monkeypatch, capsys):
    other = RoundTrip(8, 10.0, 1e-12, 3.8e5, 9.0)
    monkeypatch.setattr("dmjax.export.check.round_trip", lambda *_, **__: other)
    out = tmp_path / "ccm.json"
    words = ["export", "pyhf", "ccm120", "--mv", "30", "--channels", "pi0", "--check"]
    with pytest.raises(SystemExit) as ended:
        app([*words, "--out", str(out)], standalone_mode=False)
    assert ended.value.code == 1 and not list(tmp_path.iterdir())
    assert "is not written: pyhf" in capsys.readouterr().err


def test_pyhf_command_prints_how_to_read_it(tmp_path):
    out = tmp_path / "lar.json"
    said = run(f"export pyhf lar2020 --no-systematics --poi n_cevns --out {out}").stdout
    assert "n_brn_prompt" in said and "normfactor" in said and "497" in said


def test_diagnose_command(tmp_path):
    """LAr 2020 has 960 bins, mostly below one event: no χ², toys alone."""
    out, figures = tmp_path / "diagnosis.json", tmp_path / "figures"
    found = answer(f"diagnose lar2020 --toys 100 --out {out} --figures {figures} --json")
    assert len(found.pop("figures")) == 6 and read_json(out) == found
    assert found["impacts"]["poi"] == "n_cevns"
    fit = found["goodness"]
    assert fit["toys"] == 100 and fit["failed"] == 0
    assert fit["p_asymptotic"] is None and fit["p_toys"] > 0.2
    said = run("diagnose ccm120").stdout
    assert "goodness of fit" in said and "converged" in said and "300 toys" in said
    assert "no p-value" in run("diagnose lar2020 --toys 0").stdout
