"""Scans of p-values against closed forms: Poisson bins that share nothing, Rice's formula."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.stats import norm, poisson

from dmjax.likelihood.count_model import CountModel
from dmjax.likelihood.effects import Component, Scale
from dmjax.likelihood.joint import JointModel, observed_data
from dmjax.likelihood.parameters import Parameter
from dmjax.limits.asymptotics import SIGMAS
from dmjax.limits.scan import (
    expected_scan,
    global_p,
    gross_vitells,
    local_p,
    scan_masses,
    throw_scans,
    upcrossings,
)
from dmjax.limits.test_statistics import strength
from dmjax.limits.toys import Throwing, p_value
from dmjax.prediction.templates import SignalCounts
from tolerances import tolerance

KEY = jax.random.key(11)
MEANS, SEEN = np.array([4.0, 9.0, 2.5, 15.0]), np.array([4.0, 17.0, 1.0, 16.0])


def over(background, on) -> JointModel:
    """A signal over a known background."""
    part = Component("signal", np.ones(len(on)), (Scale("signal"),))
    free = [Parameter("signal", 0.0, lower=0.0)]
    return JointModel(CountModel("known", [Component("b", background), part], free, on=on))


def counts(rows) -> tuple[SignalCounts, ...]:
    return (SignalCounts(jnp.asarray(rows, float), {}),)


def excess(n, b):
    """q0 of one bin over a known background."""
    return np.where(n > b, 2.0 * (n * np.log(np.maximum(n, b) / b) - n + b), 0.0)


@pytest.fixture(scope="module")
def apart():
    """Four masses, each with a bin of its own: their q0 are independent."""
    joint, rows = over(MEANS, SEEN), counts(np.eye(4))
    found = scan_masses(joint, strength(joint), observed_data(joint), rows)
    toys = throw_scans(joint, strength(joint), rows, found.nothing, Throwing(4000, KEY))
    return found, toys


def test_q0_of_single_bins_is_its_closed_form(apart):
    found, _ = apart
    assert np.allclose(found.q0, excess(SEEN, MEANS), atol=tolerance("fit"))
    wanted = np.maximum(SEEN - MEANS, 0.0)
    assert np.allclose(found.best, wanted, atol=tolerance("fit_parameter"))
    assert np.allclose(local_p(found.q0), norm.sf(np.sqrt(found.q0)), rtol=tolerance("identity"))


def test_local_p_values_from_toys_are_poisson_tails(apart):
    found, toys = apart
    for i, (n, b) in enumerate(zip(SEEN, MEANS, strict=True)):
        made = p_value(toys, float(found.q0[i]), i)
        exact = poisson.sf(n - 1, b) if n > b else 1.0
        assert abs(made.value - exact) <= tolerance("sigmas") * made.error


def test_the_global_p_value_of_independent_bins_is_a_product(apart):
    """1 − Π P(q0_i < q): every bin may hold the largest one."""
    found, toys = apart
    largest, n = float(found.q0.max()), np.arange(100)
    below = [poisson.pmf(n, b)[excess(n, b) < largest - 1e-9].sum() for b in MEANS]
    made = global_p(toys, largest)
    exact = 1.0 - np.prod(below)
    assert abs(made.value - exact) < tolerance("sigmas") * made.error and made.failed == 0
    assert exact > 2.0 * poisson.sf(16, 9.0) > 0.01


WIDTH, CENTRES = 3.0, np.arange(12.0, 52.0, 0.5)


@pytest.fixture(scope="module")
def smooth():
    """A Gaussian bump over a flat background of many counts, at close masses."""
    bins = np.arange(64.0)
    rows = 20.0 * np.exp(-0.5 * ((bins - CENTRES[:, None]) / WIDTH) ** 2)
    flat = np.full(64, 900.0)
    joint = over(flat, flat)
    nothing = jnp.zeros(1)
    return throw_scans(joint, strength(joint), counts(rows), nothing, Throwing(1500, KEY))


def test_upcrossings_follow_rices_formula(smooth):
    """Correlation exp(−d²/4w²): L/(2π√2 w) e^{−u/2} upcrossings of q0 = u."""
    for level in (1.0, 2.0):
        found = upcrossings(smooth, level)
        length = (CENTRES[-1] - CENTRES[0]) / (2.0 * np.pi * np.sqrt(2.0) * WIDTH)
        wanted = length * np.exp(-0.5 * level)
        assert abs(found.mean - wanted) < tolerance("sigmas") * found.error


def test_gross_vitells_is_the_global_p_value_of_brute_force(smooth):
    for largest in (6.0, 9.0):
        made = global_p(smooth, largest)
        p, error = gross_vitells(upcrossings(smooth), largest)
        assert abs(made.value - p) < tolerance("sigmas") * np.hypot(made.error, error)
        assert p > 3.0 * norm.sf(np.sqrt(largest))


def test_expected_p_values_are_those_of_asimov_counts():
    joint, size = over([50.0], [50.0]), np.array([10.0, 20.0])
    made = expected_scan(joint, strength(joint), jnp.zeros(1), counts(size[:, None]), jnp.ones(2))
    z = np.sqrt(excess(50.0 + size, 50.0))
    wanted = norm.sf(z[:, None] + np.array(SIGMAS))
    assert np.allclose(made, wanted, rtol=tolerance("fit_parameter"))
    rng = np.random.default_rng(1)
    seen = norm.sf(np.sqrt(excess(rng.poisson(70.0, 20000), 50.0)))
    # Large samples: the median of toys is that of the Asimov counts within half a count.
    assert (
        norm.sf(np.sqrt(excess(70.6, 50.0)))
        < np.median(seen)
        < norm.sf(np.sqrt(excess(69.4, 50.0)))
    )
