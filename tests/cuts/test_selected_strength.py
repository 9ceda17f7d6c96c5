"""Limits and significances of counts: Poisson probabilities, closed forms, other minimisers."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.optimize import brentq, minimize
from scipy.stats import poisson

from dmjax.cuts.profile import solve
from dmjax.cuts.strength import Level, expected_limit, relative_information, significance
from dmjax.cuts.yields import Rules, Yields, factor, means
from dmjax.likelihood.smooth_effects import Exponential
from tolerances import tolerance

KNOWN = Rules(("x",), ("steady",), (-1,), (0.0,), (), 0.0, 0)
PULLED = Rules(
    ("nu", "ss", "brn"),
    ("neutrino", "steady", "beam"),
    (0, 1, 2),
    (0.28, 0.1, 0.25),
    ("signal", "ss", "brn", "capture"),
    0.28,
    1,
)
CLS = Level(0.1, True)


def yields(signal, background, errors=()) -> Yields:
    shape = (-1, 1) if np.ndim(signal) < 2 else np.shape(signal)
    return Yields(
        jnp.reshape(jnp.asarray(signal, float), shape),
        jnp.reshape(jnp.asarray(background, float), (-1, shape[1])),
        jnp.asarray(errors, float),
    )


@pytest.mark.parametrize("background", [0, 1, 3, 10, 50, 400])
@pytest.mark.parametrize("cls", [True, False])
def test_a_limit_is_that_of_poisson_probabilities_at_whole_counts(background, cls):
    def excess(s):
        kept = poisson.cdf(background, background) if cls else 1.0
        return poisson.cdf(background, background + s) / kept - 0.1

    exact = brentq(excess, 0.1, 300.0)
    found = expected_limit(KNOWN, yields([1.0], [float(background)]), Level(0.1, cls))
    assert bool(found.found)
    assert float(jnp.exp(found.log)) == pytest.approx(exact, rel=tolerance("benchmark"))


def two_nll(pulls, data, strength, one) -> float:
    rate = np.asarray(means(PULLED, one, jnp.asarray(strength), jnp.asarray(pulls)))
    return float(2.0 * np.sum(rate - data + data * np.log(data / rate)) + np.sum(pulls**2))


def test_nuisances_are_profiled_as_scipy_does():
    one = yields([30.0, 8.0], [40.0, 60.0, 5.0], [0.3])
    data = np.array([135.0])
    best = minimize(two_nll, np.zeros(4), args=(data, 0.0, one), tol=1e-12)
    assert float(significance(PULLED, one, jnp.asarray(1.0))) ** 2 == pytest.approx(
        best.fun, rel=tolerance("fit")
    )


def test_limits_of_several_bins_reach_the_level_of_scipy():
    signal = np.array([[3.0, 9.0, 2.0], [0.5, 2.0, 0.1]])
    background = np.array([[9.0, 4.0, 3.0], [30.0, 30.0, 30.0], [1.0, 2.0, 0.5]])
    one = Yields(jnp.asarray(signal), jnp.asarray(background), jnp.asarray([0.3]))

    def root(strength) -> float:
        best = minimize(two_nll, np.zeros(4), args=(background.sum(0), strength, one), tol=1e-12)
        return np.sqrt(best.fun) - 1.6448536269514722

    exact = brentq(root, 0.1, 10.0)
    found = expected_limit(PULLED, one, CLS)
    assert float(jnp.exp(found.log)) == pytest.approx(exact, rel=tolerance("fit_parameter"))


def test_every_limit_of_a_wide_range_of_counts_is_found():
    rng = np.random.default_rng(7)
    size = 300
    signal = rng.lognormal(0.0, 3.0, (size, 1, 1)) * np.array([1.0, 0.1])[None, :, None]
    background = rng.lognormal(0.0, 3.0, (size, 3, 1))
    many = Yields(jnp.asarray(signal), jnp.asarray(background), jnp.full((size, 1), 0.3))
    found = jax.jit(jax.vmap(partial(expected_limit, PULLED, level=CLS)))(many)
    assert bool(jnp.all(found.found))


@pytest.mark.parametrize("background", [[0.01, 0.02, 0.001], [3.0, 8.0, 0.5], [50.0, 900.0, 20.0]])
def test_a_limit_moves_as_finite_differences_say(background):
    start = jnp.asarray(background)[:, None]
    signal = jnp.asarray([[4.0], [1.0]])

    def log(at):
        one = Yields(signal * (1.0 + at[0]), start * (1.0 + at[1:, None]), jnp.asarray([0.3]))
        return expected_limit(PULLED, one, CLS).log

    slopes, step = jax.grad(log)(jnp.zeros(4)), 1e-4
    for i in range(4):
        shift = jnp.zeros(4).at[i].set(step)
        differences = (log(shift) - log(-shift)) / (2.0 * step)
        assert float(slopes[i]) == pytest.approx(float(differences), abs=tolerance("fit_parameter"))


def test_without_background_and_nuisances_a_limit_is_a_number_of_events():
    values = [
        float(expected_limit(KNOWN, yields([s], [0.0]), CLS).log) + np.log(s) for s in (0.1, 7.0)
    ]
    assert values[0] == pytest.approx(values[1], rel=tolerance("identity"))


def test_significance_of_a_known_background_is_a_closed_form():
    s, b = 12.0, 30.0
    found = significance(KNOWN, yields([s], [b]), jnp.asarray(1.0))
    expected = np.sqrt(2.0 * ((s + b) * np.log1p(s / b) - s))
    assert float(found) == pytest.approx(expected, rel=tolerance("identity"))


def test_information_of_a_count_with_errors():
    one = yields([10.0, 0.0], [20.0, 30.0, 4.0], [0.3])
    spread = 60.0 + 4.0 + (0.28 * 30.0) ** 2
    log = np.log1p([0.28, 0.25])
    spread = 64.0 + (log[0] * 30.0) ** 2 + (0.1 * 30.0) ** 2 + (log[1] * 4.0) ** 2
    found = relative_information(PULLED, one, jnp.asarray(1.0))
    assert float(found) == pytest.approx(100.0 / spread, rel=tolerance("identity"))


@pytest.mark.parametrize("error", [0.25, 0.28, 0.5, 1.0])
def test_a_wide_factor_is_that_of_the_house(error):
    pulls = jnp.linspace(-3.0, 3.0, 13)
    ours = jax.vmap(partial(factor, error))(pulls)
    theirs = jax.vmap(Exponential("x", 1.0 + error).factor)(pulls)
    assert np.allclose(ours, theirs, rtol=tolerance("table"))


def test_small_systems_are_solved():
    rng = np.random.default_rng(1)
    half = rng.normal(size=(5, 5))
    matrix, vector = half @ half.T + np.eye(5), rng.normal(size=5)
    found = solve(jnp.asarray(matrix), jnp.asarray(vector))
    assert np.allclose(found, np.linalg.solve(matrix, vector), rtol=tolerance("quadrature"))
