"""Regions, significance, injection and yields of published data sets from the command line."""

import json

import numpy as np
import pytest
from command import answer, check_refused, run

import dmjax
from dmjax.studies.load import load
from tolerances import tolerance

SIGMAS = tolerance("sigmas")


def test_regions_of_csi2017_by_the_likelihood_hold_its_limit_and_best_fit(tmp_path):
    out = tmp_path / "regions.json"
    line = f"regions csi2017 --cuts --mv 20:100:3 --coupling-points 60 --out {out}"
    assert "Wilks, 2 degrees of freedom" in run(line).output
    found = load(out)
    assert found.degrees == 2 and found.method == "likelihood" and found.status == "converged"
    limit = dmjax.limit("csi2017", window="cuts", m_v="20:100:3")
    # At one mass −2Δ ln L from its own best fit, at the limit 2.71.
    best = int(np.argmax(found.m_v == found.best_m_v))
    for i in range(3):
        at = np.interp(np.log(limit.limit[i]), np.log(found.coupling), found.statistic[i])
        offset = found.null - limit.test_statistic_null[i]
        assert abs(at - offset - 2.706) < 0.1
    assert np.isclose(found.best_coupling, limit.best_fit[best], rtol=tolerance("fit_parameter"))
    assert np.isclose(found.null, limit.test_statistic_null.max(), atol=tolerance("fit"))
    assert np.array_equal(found.p_value, np.exp(-0.5 * found.statistic))


def test_feldman_cousins_regions_are_kept_and_continued(tmp_path):
    out = tmp_path / "fc.json"
    line = "regions csi2017 --cuts --mv 30,75 --coupling-points 3 --coupling-range 5e-11,4e-10"
    line += f" --method fc --toys 100 --off-term profile --out {out}"
    assert run(line).exit_code == 0
    found, blocks = load(out), sorted((tmp_path / "fc-toys").glob("*.npz"))
    ages = [path.stat().st_mtime_ns for path in blocks]
    assert found.degrees is None and found.toys == 100 and len(blocks) >= 4
    thrown = found.p_error > 0
    # One mass or the other changes little here, so that a rise exceeds that of two parameters less
    # often than by Wilks.
    assert np.all(found.p_value[thrown] < found.p_value.max() + SIGMAS * found.p_error[thrown])
    wilks = np.exp(-0.5 * found.statistic)
    assert np.all(found.p_value[thrown] < wilks[thrown] + SIGMAS * found.p_error[thrown])
    assert run(line).exit_code == 0 and load(out) == found
    assert [path.stat().st_mtime_ns for path in blocks] == ages


def test_the_significance_of_lar2020_with_and_without_toys(tmp_path):
    out = tmp_path / "significance.nc"
    line = "significance lar2020 --mv 10:130:3 --expected-at 3e-10"
    said = run(f"{line} --toys 60 --out {out}").output
    assert "upcrossings" in said and "expected p" in said
    found = load(out)
    # Where the best fit has no signal every toy is as far out, and the formula says one half.
    seen = found.q0 > 0.0
    apart = np.abs(found.p_toys - found.p_local)
    assert seen.any() and np.all((apart < SIGMAS * found.p_toys_error)[seen])
    largest = found.p_toys.min()
    assert largest <= found.p_global <= found.p_toys.sum()
    alone = answer(f"{line} --toys 0 --json")
    assert alone["p_global"] is None and np.allclose(alone["q0"], found.q0)
    # Δ(−2 ln L) of the limit's best fit is the same number.
    limit = dmjax.limit("lar2020", m_v="10:130:3")
    assert np.allclose(found.q0, limit.test_statistic_null, atol=tolerance("fit"))
    # A stronger signal is expected to be seen better; the +2 band is the smallest p.
    assert np.all(np.diff(found.expected, axis=1) <= 0)
    assert found.expected[0, 2] < found.expected[-1, 2]


def test_signals_injected_into_ccm120_come_back():
    line = "inject ccm120 --model events --strengths 1,3 --toys 300 --json"
    found = answer(line)
    wide = np.array(found["fitted_error"])
    # At 3 times the sensitivity the bound at 0 is far away.
    assert abs(found["bias"][1]) < SIGMAS * wide[1] and found["at_zero"][1] < 0.05
    assert abs(found["width"][1] - 1.0) < SIGMAS * found["width_error"][1]
    coverage, error = np.array(found["coverage"]), np.array(found["coverage_error"])
    assert np.all(np.abs(coverage[1] - found["levels"]) < SIGMAS * error[1])
    other = dmjax.inject("ccm120", model="events", events=found["events"], toys=300)
    assert np.allclose(other.events, found["events"]) and other.toys == 300


def test_yields_of_a_fit_are_those_of_its_parameters():
    found = answer("fit csi2021 --signal none --json")
    yields, cevns = found["yields"]["csi2021"], found["parameters"]["csi_n_cevns"]
    # The template of CEvNS sums to one event, but for its nuisances (published: 306 ± 20).
    assert np.isclose(yields["cevns"]["value"], cevns["value"], rtol=tolerance("template"))
    assert np.isclose(yields["cevns"]["error"], cevns["error"], rtol=tolerance("template"))
    parts = [y["value"] for name, y in yields.items() if name not in ("total", "observed")]
    assert np.isclose(sum(parts), yields["total"]["value"]) and yields["observed"]["value"] == 1578
    first, second = found["spectra"]["csi2021"]
    assert first["axis"] == "pe" and second["axis"] == "time_us"
    assert np.isclose(sum(first["total"]), yields["total"]["value"])
    integrated = json.loads(run("fit csi2017 --signal none --integrate csi_signal --json").stdout)
    assert integrated["yields"] == {} and integrated["spectra"] == {}


BAD = {
    "regions csi2017": "--mv is missing",
    "regions csi2017 --mv 30": "two or more increasing masses",
    "regions csi2017 --mv 30,20": "two or more increasing masses",
    "regions ccm120 --model events --mv 30,75": "has no mass",
    "regions csi2017 --mv 30,75 --method fcc": "method",
    "regions csi2017 --mv 30,75 --toys 5": "goes with --method fc",
    "regions csi2017 --mv 30,75 --cl 1.2": "--cl must be a finite number",
    "regions csi2017 --mv 30,75 --coupling-range 2,1": "0 < low < high",
    "regions csi2017 --mv 30,75 --coupling-points 1": "at least 2",
    "regions csi2017 --mv 2000,3000": "give --coupling-range",
    "regions ccm120 --mv 30,75 --method fc --toys 20": "use at least",
    "significance ccm120": "--mv is missing",
    "significance ccm120 --mv 75,30": "increasing masses",
    "significance ccm120 --mv 30,75 --toys 0 --seed 3": "goes with --toys",
    "significance ccm120 --mv 30,75 --toys -1": "at least 0",
    "significance ccm120 --mv 30,75 --expected-at -1": "--expected-at must be",
    "significance ccm120 --mv 30,75 --model events": "has no mass",
    "inject ccm120": "--mv 30",
    "inject ccm120 --model events --strengths -1": "--strengths must be",
    "inject ccm120 --model events --strengths 1 --events 5": "leave one out",
    "inject ccm120 --model events --toys 5": "at least 10",
    "inject ccm120 --model events --cl 2": "--cl must be a finite number",
}


@pytest.mark.parametrize("line", BAD)
def test_bad_input_is_one_line_and_status_2(line, tmp_path, monkeypatch, capsys):
    check_refused(line, BAD[line], tmp_path, monkeypatch, capsys)
