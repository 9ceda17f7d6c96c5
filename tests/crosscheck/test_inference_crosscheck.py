"""The CsI 2017 limit against scipy on Eq. 6.4 written out, and templates between masses."""

import jax.numpy as jnp
import numpy as np
import pytest
from scipy import optimize, special, stats

from dmjax.analyses.csi2017 import csi2017_search
from dmjax.analyses.datasets import load_dataset
from dmjax.conventions import D20
from dmjax.prediction.points import REFERENCE
from dmjax.prediction.signal import Signal
from dmjax.prediction.tables import counts_at, mass_nodes, signal_table
from dmjax.prediction.templates import templates
from dmjax.studies.limits import run_limit
from dmjax.studies.rules import settle
from dmjax.studies.settings import LimitSettings
from tolerances import tolerance

SIGNAL = Signal(conventions=D20, channels=("pi0", "piminus"))
ASKED = {"where": "csi2017", "window": "cuts", "conventions": "d20", "channels": "pi0,piminus"}


@pytest.fixture(scope="module")
def data():
    return load_dataset("csi2017", "cuts", D20)


def brute_log_likelihood(data, events, alpha: float) -> float:
    """Eq. 6.4 with the sum written out by scipy, α constrained by its Gaussian."""
    s = (1 + alpha) * (events + (data.prompt + data.delayed).ravel()) + data.neutrons.ravel()
    total = 0.0
    for n, m, mean in zip(data.on.ravel(), data.off.ravel(), np.asarray(s), strict=True):
        j = np.arange(int(n) + 1)
        choose = special.gammaln(n - j + m + 1) - special.gammaln(m + 1)
        choose = choose - special.gammaln(n - j + 1) - (n - j + m + 1) * np.log(2.0)
        total += special.logsumexp(stats.poisson.logpmf(j, mean) + choose)
    return total + stats.norm.logpdf(alpha, 0.0, data.sigma_alpha)


def brute_profile(data, events) -> float:
    found = optimize.minimize_scalar(
        lambda a: -brute_log_likelihood(data, events, a),
        bounds=(-0.999, 2.0),
        method="bounded",
        options={"xatol": 1e-8},
    )
    return -found.fun


def test_limit_and_best_fit_against_scipy(data):
    found = run_limit(settle(LimitSettings, ASKED | {"m_v": 75.0}))
    made = templates([csi2017_search("cuts")], SIGNAL, np.array([75.0]))
    template = np.asarray(made[0].nominal[0])

    def twice_nll(log_mu):
        return -2.0 * brute_profile(data, np.exp(log_mu) * template)

    reference = REFERENCE["Y"]
    centre = np.log((found.best_fit[0] / reference) ** 2)
    best = optimize.minimize_scalar(twice_nll, bounds=(centre - 2, centre + 2), method="bounded")
    upper = optimize.brentq(lambda x: twice_nll(x) - best.fun - 2.705543, best.x, best.x + 4)
    null = -2.0 * brute_profile(data, 0.0 * template)
    assert np.isclose(found.test_statistic_null[0], null - best.fun, atol=tolerance("fit"))
    wanted = reference * np.exp(0.5 * upper)
    assert np.isclose(found.limit[0], wanted, rtol=tolerance("fit_parameter"))
    assert 13.0 < found.best_fit_events[0] < 15.0
    assert abs(found.test_statistic_null[0] - 4.3) < 0.1


def test_limits_of_many_masses_never_go_missing():
    masses = np.geomspace(1.0, 300.0, 60)
    found = run_limit(settle(LimitSettings, ASKED | {"m_v": masses}))
    assert not np.isnan(found.limit).any()
    closed = np.array(found.status) == "unconstrained"
    assert np.array_equal(closed, np.isinf(found.limit))
    assert np.array_equal(closed, found.m_v > 138.28)


def test_interpolated_templates_are_the_templates():
    searches = [csi2017_search("cuts")]
    table = signal_table(searches, SIGNAL, mass_nodes(1.0, 200.0, 1000))
    masses = np.array([1.7, 33.3, 74.9, 120.2, 137.9, 138.3, 150.0])
    exact = np.asarray(templates(searches, SIGNAL, masses)[0].nominal)
    near = np.array([counts_at(table, jnp.asarray(m))[0].nominal for m in masses])
    assert np.allclose(near, exact, rtol=tolerance("fit_parameter"), atol=1e-9 * exact.max())
