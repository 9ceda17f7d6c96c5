"""Limits, toys and coverage of published data sets from the command line."""

import json

import numpy as np
import pytest
from command import run

from dmjax.errors import InputError
from dmjax.store.files import read_json
from dmjax.studies.family import Family, coupling_error
from dmjax.studies.limits import limit_scan
from dmjax.studies.plan import Plan
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
    family, plan = Family(("ccm120",), model="events"), Plan(method="fc", toys=200, points=6)

    def stop(what: str, done: int, of: int) -> None:
        if what.endswith("belt_2"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        limit_scan(family, [], plan, tmp_path / "toys", stop)
    assert len(list((tmp_path / "toys").glob("*.npz"))) == 2
    whole = limit_scan(family, [], plan)
    assert limit_scan(family, [], plan, tmp_path / "toys").limit == whole.limit


def test_asymptotic_bands_of_csi2017_and_a_mass_without_signal():
    line = "limit csi2017 --method asymptotic --bands --mv 75,500 --conventions d20"
    result = run(line + " --channels pi0,piminus --json")
    found = json.loads(result.stdout)
    band = np.array(found["expected"][0])
    assert np.all(np.diff(band) > 0) and 1e-11 < found["limit"][0] < 1e-8
    assert found["limit"][1] is None and found["status"] == ["ok", "unconstrained"]
    assert found["configuration"]["conventions"] == "d20" and found["quantity"] == "Y"


def test_the_rise_of_the_likelihood_bounds_ccm120():
    """16.5 events ± 338.4: the limit without toys agrees with FC, which is that of a normal."""
    found = json.loads(run("limit ccm120 --model events --json").stdout)
    assert 600 < found["limit"][0] < 640 and found["expected"] is None
    assert found["status"] == ["ok"] and found["configuration"]["method"] == "chi2"


def test_the_discovery_p_value_of_ccm120_from_toys():
    found = json.loads(run("toys ccm120 --model events --toys 300 --json").stdout)
    error = tolerance("sigmas") * found["p_error"]
    assert abs(found["p_value"] - found["asymptotic_p"]) < error
    assert found["toys"] == 300 and found["failed"] == 0


def test_coverage_of_ccm120():
    line = "coverage ccm120 --model events --events 0,400 --toys 150 --shift ccm_signal=1 --json"
    found = json.loads(run(line).stdout)
    assert len(found["coverage"]) == 2 and found["configuration"]["shift"] == {"ccm_signal": 1.0}
    spread = np.abs(np.array(found["coverage"]) - 0.9)
    assert np.all(spread < tolerance("sigmas") * np.array(found["error"]))


def test_a_limit_in_alpha_b_scales_with_the_signal():
    """m_V = 2.1 m_χ scalar dark matter of a baryonic mediator in CCM120."""
    family = Family(("ccm120",), "baryonic", mass_ratio=2.1, dm="scalar")
    found = limit_scan(family, [21.0, 42.0])
    assert found.quantity == "alpha_B" and np.all((found.limit > 1e-12) & (found.limit < 1e-4))
    errors = coupling_error(family, [1.0, np.inf], [0.2, np.inf])
    assert np.isclose(errors[0], 0.1 * 1e-8, rtol=tolerance("identity")) and np.isinf(errors[1])
