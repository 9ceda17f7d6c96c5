"""Effects that keep counts positive: exact where they must be, smooth everywhere."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.interpolate import CubicSpline

from dmjax.likelihood.effects import Component, Held, Scale, component_counts
from dmjax.likelihood.smooth_effects import (
    Exponential,
    Growth,
    SoftSpline,
    spline_heights,
    spline_weights,
)
from tolerances import tolerance

KNOTS = (-2.0, -1.0, 0.0, 0.5, 3.0)
COUNTS = np.array(
    [[9.0, 0.0, 3.0], [8.0, 0.0, 4.0], [7.0, 1e-3, 5.0], [7.5, 4.0, 5.5], [1.0, 9.0, 8.0]]
)


@pytest.fixture(scope="module")
def effect():
    return SoftSpline("x", KNOTS, spline_heights(jnp.asarray(COUNTS)))


def counts(effect, x):
    return COUNTS[KNOTS.index(0.0)] * np.asarray(effect.factor(jnp.asarray(x)))


def test_weights_are_those_of_a_natural_cubic_spline():
    spline = CubicSpline(KNOTS, COUNTS, bc_type="natural")
    for x in (-1.7, 0.0, 0.2, 2.9):
        ours = np.asarray(spline_weights(KNOTS, jnp.asarray(x))) @ COUNTS
        assert np.allclose(ours, spline(x), rtol=tolerance("identity"), atol=1e-12)
    beyond = np.asarray(spline_weights(KNOTS, jnp.asarray(5.0))) @ COUNTS
    assert np.allclose(beyond, spline(3.0) + 2.0 * spline(3.0, 1), rtol=tolerance("identity"))


def test_template_is_exact_at_its_knots(effect):
    for x, row in zip(KNOTS, COUNTS, strict=True):
        assert np.allclose(counts(effect, x), row, rtol=1e-6, atol=1e-6 * COUNTS.max())


def test_counts_stay_positive_and_grow_no_faster_than_the_knots_say(effect):
    for x in (-30.0, -5.0, 5.0, 30.0):
        some = counts(effect, x)
        assert np.all((some > 0.0) & (some < 9.0 * (1.0 + abs(x))))


def test_slopes_have_no_kink(effect):
    """First derivatives against differences, second ones equal on both sides of a knot."""
    value = lambda x: effect.factor(x).sum()  # noqa: E731
    for x in (-3.0, -1.0, 0.3, 4.0):
        slope = (value(jnp.asarray(x + 1e-5)) - value(jnp.asarray(x - 1e-5))) / 2e-5
        assert np.isclose(jax.grad(value)(jnp.asarray(x)), slope, rtol=tolerance("gradient"))
    bend = jax.grad(jax.grad(value))
    for knot in KNOTS:
        sides = (float(bend(jnp.asarray(knot + side))) for side in (-1e-9, 1e-9))
        assert np.isclose(*sides, rtol=tolerance("gradient"), atol=1e-3)


def test_a_part_grows_as_a_log_normal_and_never_turns_the_rest():
    nominal, part, error = np.array([3.0, 5.0]), np.array([3.0, 1.0]), 0.33
    effect = Growth("p", jnp.asarray(nominal + error * part), jnp.asarray(error))
    component = Component("all", nominal, (effect,))
    for x in (-8.0, -1.0, 0.4, 3.0):
        ours = component_counts(component, {"p": jnp.asarray(x)})
        wanted = nominal - part + part * (1.0 + error) ** x
        assert np.allclose(ours, wanted, rtol=1e-7) and np.all(np.asarray(ours) > 0.0)


def test_factor_without_a_lower_side_is_a_power():
    effect = Exponential("x", 1.25)
    for x in (-2.0, -0.3, 0.8):
        assert np.isclose(float(effect.factor(jnp.asarray(x))), 1.25**x, rtol=1e-8)


def test_a_held_effect_is_the_effect_at_its_value():
    held = Component("a", [2.0], (Held(effect=Scale("n"), value=jnp.asarray(3.0)), Scale("m")))
    assert component_counts(held, {"m": jnp.asarray(2.0)}).tolist() == [12.0]


def test_templates_without_events_stay_empty():
    heights = spline_heights(jnp.zeros((3, 2)))
    effect = SoftSpline("x", (-1.0, 0.0, 1.0), heights)
    slope = jax.jacfwd(effect.factor)(jnp.asarray(0.7))
    assert np.allclose(effect.factor(jnp.asarray(0.7)), 1.0) and np.all(np.isfinite(slope))
