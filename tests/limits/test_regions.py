"""Regions of (mass, strength) against the exact sum over all counts of two bins."""

from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.stats import chi2, poisson

from counting_models import data_of
from dmjax.errors import InputError
from dmjax.likelihood.count_model import CountModel
from dmjax.likelihood.effects import Component, Scale
from dmjax.likelihood.joint import JointModel, observed_data
from dmjax.likelihood.parameters import Parameter
from dmjax.limits.plane import Plane
from dmjax.limits.regions import feldman_cousins_region, likelihood_region, wilks_p
from dmjax.limits.test_statistics import strength
from dmjax.limits.toys import Throwing
from dmjax.prediction.templates import SignalCounts
from tolerances import tolerance

BACKGROUND, SEEN, TOP = np.array([3.0, 5.0]), np.array([7.0, 4.0]), 12.0
SHAPES = np.array([[1.0, 0.0], [0.3, 0.7], [0.0, 1.0]])
"""Of a signal of one event at three masses."""
POINTS = np.array([0.0, 2.0, 5.0, 12.0])
KEY = jax.random.key(5)


def two_bins() -> JointModel:
    return JointModel(
        CountModel(
            "two bins",
            [Component("b", BACKGROUND), Component("signal", SHAPES[0], (Scale("signal"),))],
            [Parameter("signal", 0.0, lower=0.0)],
            on=SEEN,
        )
    )


PLANE = Plane((SignalCounts(jnp.asarray(SHAPES), {}),), jnp.full(3, TOP))
GRID = np.tile(POINTS, (3, 1))


def two_nll(n, mass: int, mu: float) -> float:
    return -2.0 * poisson.logpmf(n, BACKGROUND + mu * SHAPES[mass]).sum()


@cache
def least(counts: tuple[int, int]) -> float:
    """Smallest −2 ln L over masses and 0 ≤ μ ≤ 12, by scipy."""
    found = [two_nll(counts, mass, end) for mass in range(3) for end in (0.0, TOP)]
    for mass in range(3):
        how = {"bounds": (0.0, TOP), "method": "bounded", "options": {"xatol": 1e-9}}
        found.append(minimize_scalar(lambda mu, m=mass: two_nll(counts, m, mu), **how).fun)
    return min(found)


def exact_p(mass: int, mu: float) -> float:
    """Probability of t at least that of the data: the sum over all counts below 40."""
    observed = two_nll(SEEN, mass, mu) - least((7, 4))
    mean, total = BACKGROUND + mu * SHAPES[mass], 0.0
    some = [np.flatnonzero(poisson.pmf(np.arange(40), each) > 1e-6) for each in mean]
    for first in some[0]:
        for second in some[1]:
            counts = (int(first), int(second))
            if two_nll(counts, mass, mu) - least(counts) >= observed - 1e-6:
                total += poisson.pmf(counts, mean).prod()
    return total


def test_a_likelihood_region_is_the_rise_above_the_best_point_of_the_plane():
    joint = two_bins()
    made = likelihood_region(joint, strength(joint), PLANE, observed_data(joint), GRID)
    best = least((7, 4))
    wanted = [[two_nll(SEEN, m, mu) - best for mu in POINTS] for m in range(3)]
    assert np.allclose(made.statistic, wanted, atol=tolerance("fit"))
    assert np.allclose(made.p_value, chi2.sf(wanted, 2), atol=tolerance("fit"))
    assert made.mass == 0 and np.isclose(made.strength, 4.0, rtol=tolerance("fit_parameter"))
    assert np.isclose(made.null, two_nll(SEEN, 0, 0.0) - best, atol=tolerance("fit"))
    assert not made.p_error.any() and made.status == 0


def test_feldman_cousins_p_values_are_the_exact_ones():
    joint = two_bins()
    ask = (joint, strength(joint), PLANE, observed_data(joint), GRID, Throwing(1500, KEY))
    made = feldman_cousins_region(*ask)
    thrown = made.p_error > 0
    assert thrown.sum() >= 8 and not made.failed.any()
    for mass, j in np.argwhere(thrown):
        exact = exact_p(mass, POINTS[j])
        assert abs(made.p_value[mass, j] - exact) < tolerance("sigmas") * made.p_error[mass, j]
    exact = exact_p(0, 0.0)
    assert abs(made.p_null - exact) < tolerance("sigmas") * made.p_null_error
    # Where no toys were thrown, the exact p excludes at 90 % too.
    assert all(exact_p(mass, POINTS[j]) < 0.1 for mass, j in np.argwhere(~thrown))


def test_the_region_of_its_own_truth_covers():
    """Data of many counts: the p-value of the truth is flat, so 90 % of them hold it."""
    joint = two_bins()
    chosen, rng = strength(joint), np.random.default_rng(3)
    held = []
    for n in rng.poisson(BACKGROUND + 5.0 * SHAPES[1], (300, 2)):
        made = likelihood_region(joint, chosen, PLANE, data_of(joint, n), np.full((3, 1), 5.0))
        held.append(made.p_value[1, 0] > 0.1)
    share = np.mean(held)
    assert abs(share - 0.9) < 0.05 + tolerance("sigmas") * np.sqrt(0.09 / 300)


def test_what_is_no_plane_is_refused():
    joint = two_bins()
    chosen, data = strength(joint), observed_data(joint)
    with pytest.raises(InputError, match="between 0 and the largest"):
        likelihood_region(joint, chosen, PLANE, data, GRID + 1.0)
    with pytest.raises(InputError, match="use at least"):
        feldman_cousins_region(joint, chosen, PLANE, data, GRID, Throwing(20, KEY))
    assert float(wilks_p(np.array(0.0))) == 1.0
