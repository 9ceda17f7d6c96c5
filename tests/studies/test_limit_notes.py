"""What stands beside a limit: sensitivity, power constraint, couplings out of validity, Bayes."""

from dataclasses import replace

import numpy as np
import pytest
from command import answer, check_refused, run
from scipy.stats import norm

from counting_models import known
from dmjax.errors import InputError
from dmjax.likelihood.joint import observed_data
from dmjax.limits.test_statistics import strength
from dmjax.prediction.signal import Signal
from dmjax.prediction.templates import SignalCounts
from dmjax.studies.limit_notes import BEYOND, RAISED, median_strengths, noted, power_constrained
from made_results import EXPECTED, made_limit
from tolerances import tolerance


def test_limits_below_the_minus_one_sigma_band_are_raised_to_it_and_say_so():
    limit = np.array([1.1e-10, 4.7e-10, np.inf])
    found = power_constrained(made_limit(limit=limit, limit_error=np.array([1e-12, 2e-12, 0.0])))
    assert found.limit[0] == EXPECTED[0, 1] and found.status[0] == RAISED
    assert np.array_equal(found.limit[1:], limit[1:]) and found.status[1] == "ok"
    assert found.status[2] == "unconstrained" and found.limit_error.tolist() == [0.0, 2e-12, 0.0]
    with pytest.raises(InputError, match="--bands"):
        power_constrained(made_limit(expected=None))


def test_a_power_constrained_limit_keeps_its_coverage():
    """x ± 1 with μ ≥ 0: the raised limit covers 90 % for every μ that the test has power for.

    The limit x + 1.282 is raised to the −1σ band, 0.282: it covers all μ below that, as it must,
    and 90 % of the others (arXiv:1105.3166, Sec. 3).
    """
    z, rng = norm.ppf(0.9), np.random.default_rng(4)
    count = 20000
    for mu, wanted in ((0.1, 1.0), (0.28, 1.0), (0.3, 0.9), (2.0, 0.9)):
        x = rng.normal(mu, 1.0, count)
        masses = np.arange(count) + 1.0
        made = made_limit(
            m_v=masses,
            limit=x + z + 20.0,  # away from 0, where couplings end
            lower=np.zeros(count),
            limit_error=np.zeros(count),
            lower_error=np.zeros(count),
            expected=np.tile(z + np.arange(-2.0, 3.0) + 20.0, (count, 1)),
            expected_error=np.zeros((count, 5)),
            expected_status=[["ok"] * 5] * count,
            best_fit=x,
            best_fit_events=x,
            status=["ok"] * count,
            failed=[0] * count,
        )
        share = np.mean(power_constrained(made).limit - 20.0 >= mu)
        assert abs(share - wanted) <= tolerance("sigmas") * np.sqrt(0.09 / count)


def test_a_limit_at_a_large_coupling_is_never_ok():
    """Y = ε² α_D (m_χ/m_V)⁴ with α_D = ½ and a ratio of 3: ε = 0.1 at Y = 6.17e−5."""
    edge = 0.01 * 0.5 / 81.0
    limit = np.array([0.99 * edge, 1.01 * edge, np.inf])
    found = noted(made_limit(limit=limit, configuration={}), Signal())
    assert found.status == ["ok", BEYOND, "unconstrained"]
    both = made_limit(limit=limit, status=["ok", "zero", "ok"], configuration={})
    assert noted(both, Signal()).status[1] == f"zero; {BEYOND}"
    events = noted(replace(made_limit(configuration={}), m_v=None), Signal(model="events"))
    assert events.status == made_limit().status


def test_the_sensitivity_is_that_of_expected_counts():
    """One bin of many counts: 1.645 √b above none, to the skewness of a Poisson count."""
    joint = known(1e6, 1.02e6)
    data, counts = observed_data(joint), (SignalCounts(np.ones((1, 1)), {}),)
    made = joint, strength(joint), data
    signal = known_signal(joint)
    found = median_strengths(signal, *made[1:], counts, 0.9)
    assert np.isclose(found[0], norm.ppf(0.95) * 1e3, rtol=tolerance("fit_parameter"))


def known_signal(joint):
    from dmjax.likelihood.count_model import CountModel
    from dmjax.likelihood.effects import Component, Scale
    from dmjax.likelihood.joint import JointModel

    parts = [Component("b", [1e6]), Component("signal", [1.0], (Scale("signal"),))]
    return JointModel(CountModel("known", parts, joint.models[0].parameters, on=[1.02e6]))


def test_commands_print_the_sensitivity_and_the_constraint(tmp_path, monkeypatch, capsys):
    said = run("limit csi2021 --mv 30").output
    assert "sensitivity" in said
    line = "limit csi2021 --mv 30 --fix csi_time --method asymptotic --bands --no-cls "
    line += "--power-constrained --json"
    found = answer(line)
    assert found["status"] == [RAISED] and found["limit"] == [found["expected"][0][1]]
    assert found["sensitivity"] == [found["expected"][0][2]]
    plain = answer(line.replace(" --power-constrained", ""))
    assert plain["limit"][0] < found["limit"][0] and plain["status"] == ["ok"]
    line = "limit csi2021 --mv 30 --method asymptotic --power-constrained"
    check_refused(line, "goes with --bands", tmp_path, monkeypatch, capsys)


def test_a_bayesian_limit_of_ccm120_is_that_of_a_normal_with_a_factor():
    """16.5 ± 338.4 events: 90 % of the posterior by a sum over the 22.6 % efficiency."""
    found = answer("limit ccm120 --model events --method bayes --json")
    eff = np.linspace(1e-3, 2.5, 2500)
    weight = norm.pdf(np.log(eff), 0.0, np.log(1.226)) / eff
    # The profile has risen by 16 there: 4 standard deviations of the efficiency.
    s = np.linspace(0.0, 2e4, 20001)
    likelihood = np.array([(norm.pdf(16.5 - x * eff, 0.0, 338.4) * weight).sum() for x in s])
    total = np.cumsum(likelihood)
    exact = np.interp(0.9 * total[-1], total, s)
    assert np.isclose(found["limit"][0], exact, rtol=2.0 * tolerance("template"))
    assert found["method"] == "bayes" and found["configuration"]["prior"] == "uniform-strength"


BAD = {
    "limit ccm120 --model events --method bayes --prior log-uniform": "give --coupling-range",
    "limit ccm120 --model events --method bayes --prior uniform": "prior of a limit",
    "limit ccm120 --model events --prior uniform-strength": "goes with --method bayes",
    "limit ccm120 --model events --method bayes --coupling-range 5,2": "low < high",
    "limit ccm120 --model events --method bayes --toys 5": "goes with --method toys or fc",
}


@pytest.mark.parametrize("line", BAD)
def test_bad_options_are_refused(line, tmp_path, monkeypatch, capsys):
    check_refused(line, BAD[line], tmp_path, monkeypatch, capsys)
