"""Limits, toys and coverage of published data sets from the command line."""

import json

import numpy as np
import pytest
from command import run

from dmjax.analyses.ccm120 import ccm120_search
from dmjax.errors import InputError
from dmjax.prediction.templates import templates
from dmjax.store.plain import read_json
from dmjax.studies.limits import run_limit
from dmjax.studies.rules import settle
from dmjax.studies.setting import coupling_error, setting_of, signal_of
from dmjax.studies.settings import LimitSettings
from tolerances import tolerance


def test_ccm120_limits_on_the_signal_count(tmp_path):
    """FC and toys with the 22.6 % nuisance; the toys are kept and used again."""
    out = tmp_path / "fc.json"
    line = f"limit ccm120 --model events --method fc --toys 200 --strengths 6 --out {out}"
    assert run(line).exit_code == 0
    found = read_json(out)
    # Without the nuisance: 16.5 ± 338.4 gives 16.5 + 1.645 · 338.4 = 573.
    assert 550 < found["limit"][0] < 750 and found["lower"] == [0.0]
    assert found["failed"] == [0] and found["toys"] == 200 and found["status"] == ["ok"]
    assert found["configuration"]["seed"] == 2017
    blocks = sorted((tmp_path / "fc-toys").glob("*.npz"))
    assert len(blocks) == 6
    ages = [path.stat().st_mtime_ns for path in blocks]
    assert run(line).exit_code == 0 and read_json(out) == found
    assert [path.stat().st_mtime_ns for path in blocks] == ages
    with pytest.raises(InputError, match="differs in seed"):
        run(line + " --seed 1")


def test_an_interrupted_scan_continues_to_the_same_result(tmp_path):
    asked = {"where": "ccm120", "model": "events", "method": "fc", "toys": 200, "strengths": 6}
    settings, out = settle(LimitSettings, asked), tmp_path / "fc.json"

    def stop(what, done, of, note=""):
        if what.endswith("belt_2"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_limit(settings, out, stop)
    assert len(list((tmp_path / "fc-toys").glob("*.npz"))) == 2
    assert run_limit(settings, out).limit == run_limit(settings).limit


def test_asymptotic_bands_of_csi2017_and_a_mass_without_signal():
    line = "limit csi2017 --method asymptotic --bands --mv 75,500 --conventions d20"
    result = run(line + " --channels pi0,piminus --json")
    found = json.loads(result.stdout)
    band = np.array(found["expected"][0])
    assert np.all(np.diff(band) > 0) and 1e-11 < found["limit"][0] < 1e-8
    assert found["limit"][1] is None and found["status"] == ["ok", "unconstrained"]
    assert found["conventions"]["name"] == "d20" and found["quantity"] == "Y"
    assert (found["off_term"], found["asimov_off_term"]) == ("integral", "profile")


def test_the_rise_of_the_likelihood_bounds_ccm120():
    """16.5 events ± 338.4: the limit without toys agrees with FC, which is that of a normal."""
    found = json.loads(run("limit ccm120 --model events --json").stdout)
    assert 600 < found["limit"][0] < 640 and found["expected"] is None
    assert found["status"] == ["ok"] and found["method"] == "chi2"


def test_the_discovery_p_value_of_ccm120_from_toys():
    found = json.loads(run("toys ccm120 --model events --toys 300 --json").stdout)
    error = tolerance("sigmas") * found["p_error"]
    assert abs(found["p_value"] - found["asymptotic_p"]) < error
    assert found["toys"] == 300 and found["failed"] == 0


def test_coverage_of_ccm120():
    line = "coverage ccm120 --model events --events 0,400 --toys 150 --shift ccm_signal=1 --json"
    found = json.loads(run(line).stdout)
    assert len(found["coverage"]) == 2 and found["shift"] == {"ccm_signal": 1.0}
    spread = np.abs(np.array(found["coverage"]) - 0.9)
    assert np.all(spread < tolerance("sigmas") * np.array(found["error"]))


def test_a_limit_in_alpha_b_scales_with_the_signal():
    """m_V = 2.1 m_χ scalar dark matter of a baryonic mediator in CCM120."""
    asked = {"where": "ccm120", "model": "baryonic", "mass_ratio": 2.1, "dm": "scalar"}
    settings = settle(LimitSettings, asked | {"m_v": (21.0, 42.0)})
    found = run_limit(settings)
    assert found.quantity == "alpha_B" and np.all((found.limit > 1e-12) & (found.limit < 1e-4))
    setting = setting_of(settings.where, settings, signal_of(settings))
    errors = coupling_error(setting, [21.0, 21.0], [1.0, np.inf], [0.2, np.inf])
    assert np.isclose(errors[0], 0.1 * 1e-8, rtol=tolerance("normalisation"))
    assert np.isinf(errors[1])


MODELS = {
    "b-l": {"model": "b-l"},
    "le-lmu": {"model": "le-lmu"},
    "t3r-1": {"model": "t3r-1"},
    "own": {"charges": {"up": 0.3, "down": -0.2, "electron": 1.0}},
    "two mediators": {"m_x": 75.0},
}


@pytest.mark.parametrize("name", MODELS)
def test_a_limit_of_any_model_follows_from_its_counts(name):
    """In one bin every limit is the same number of events, predicted anew at the limit."""
    asked = {"where": "ccm120", "m_v": 75.0, "source_errors": False} | MODELS[name]
    settings = settle(LimitSettings, asked)
    found, signal = run_limit(settings), signal_of(settings)
    if name == "le-lmu":
        assert found.status == ["unconstrained"] and np.isinf(found.limit[0])
        return
    assert found.quantity == ("eps" if name == "two mediators" else "g")
    made = templates([ccm120_search()], signal, np.array([75.0]), found.limit)
    plain = run_limit(settle(LimitSettings, {"where": "ccm120", "model": "events"}))
    wanted = float(plain.limit[0])
    assert np.isclose(float(made[0].nominal[0, 0]), wanted, rtol=tolerance("normalisation"))
