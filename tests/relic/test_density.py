"""Derivatives, the solver's tolerance, exact zeros, and what has no target."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dmjax.constants import E_CHARGE
from dmjax.errors import InputError
from dmjax.models import Charges, mediator
from dmjax.relic.annihilation import full_width, pair_mass, rate_density
from dmjax.relic.density import TOLERANCE, relic_density
from dmjax.relic.target import relic_target
from targets import target_line
from tolerances import tolerance

POINTS = [
    [60.0, 20.0, 2.0e-4, 0.1, 1.0],
    [42.0, 20.0, 2.0e-6, 0.5, 0.1],
    [300.0, 104.0, 1.0e-3, 0.1, 2.0],
]
"""m_V, m_χ, ε, α_D, splitting; the last with muons opening in the tail."""
STEPS = np.array([1e-3, 1e-3, 1e-2, 1e-2, 1e-2])


def _mediator(p):
    m_v, m_chi, eps, alpha_d, splitting = p
    coupling = {"eps": eps, "alpha_d": alpha_d, "dm": "pseudo-dirac", "splitting": splitting}
    return mediator("dark-photon", m_v, m_chi, **coupling)


@jax.jit
def _log_density(p):
    return jnp.log(relic_density(_mediator(p), tolerance=1e-10))


@jax.jit
def _log_kappa(p):
    return relic_target(_mediator(p), jnp.exp(p[2]) * 0.12, tolerance=1e-10).log_kappa


def _central(function, p):
    """Richardson's difference of fourth order in each number."""
    found = []
    for i, step in enumerate(STEPS * np.abs(p)):
        unit = step * np.eye(len(p))[i]

        def slope(k, unit=unit, step=step):
            up, down = (float(function(jnp.asarray(p + sign * k * unit))) for sign in (1, -1))
            return (up - down) / (2.0 * k * step)

        one, two = slope(0.5), slope(1.0)
        found.append((4.0 * one - two) / 3.0)
    return np.array(found)


@pytest.mark.parametrize("p", POINTS)
def test_density_has_derivatives_forward_and_in_reverse(p):
    p = np.array(p)
    forward, reverse = (d(_log_density)(jnp.asarray(p)) for d in (jax.jacfwd, jax.grad))
    assert np.allclose(forward, reverse, rtol=tolerance("gradient"), atol=0.0)
    wanted = _central(_log_density, p)
    assert np.allclose(forward * p, wanted * p, rtol=tolerance("benchmark"), atol=1e-4)


@pytest.mark.parametrize("p", POINTS[:2])
def test_target_has_derivatives_forward_and_in_reverse(p):
    """The third number is ln of the wanted density over 0.12; the target moves as it must."""
    p = np.array(p)
    p[2] = 0.1
    forward, reverse = (d(_log_kappa)(jnp.asarray(p)) for d in (jax.jacfwd, jax.grad))
    assert np.allclose(forward, reverse, rtol=tolerance("gradient"), atol=0.0)
    at = p.copy()
    at[2] = np.exp(float(_log_kappa(jnp.asarray(p)))) / E_CHARGE
    found = float(_log_density(jnp.asarray(at)))
    assert np.isclose(found, np.log(0.12) + p[2], atol=tolerance("gradient"))
    slope = np.array(jax.grad(_log_density)(jnp.asarray(at)))
    falls = slope[2] * at[2]
    slope[2] = -1.0
    assert np.allclose(forward, -slope / falls, rtol=tolerance("fit_parameter"), atol=0.0)
    moved = p + np.array([0.0, 0.0, 0.2, 0.0, 0.0])
    rise = (float(_log_kappa(jnp.asarray(moved))) - float(_log_kappa(jnp.asarray(p)))) / 0.2
    assert np.isclose(forward[2], rise, rtol=tolerance("benchmark"))


@pytest.mark.parametrize("p", POINTS)
def test_half_the_tolerance_moves_nothing(p):
    run = jax.jit(lambda p, t: relic_density(_mediator(p), tolerance=t))
    coarse, fine, finest = (float(run(jnp.asarray(p), t)) for t in (TOLERANCE, 5e-8, 1e-11))
    assert np.isclose(coarse, fine, rtol=0.1 * tolerance("template"))
    assert np.isclose(coarse, finest, rtol=0.1 * tolerance("template"))


def test_closed_channels_are_exactly_nothing():
    v = mediator("b-l", 60.0, 20.0, g=1e-5)

    def rate(q):
        return rate_density(v, q, full_width(v))

    for q in (20.0, 40.0):
        value, slope = jax.value_and_grad(rate)(jnp.asarray(q))
        assert value == 0.0 and slope == 0.0
    assert jnp.isfinite(jax.grad(rate)(pair_mass(v) + 1e-9))


def test_what_cannot_annihilate_has_no_target():
    squared, exists = target_line([20.0, 50.0], 3.0, 0.5, model=Charges(tau=1.0))
    assert not exists.any() and np.all(np.isfinite(squared))


def test_single_precision_is_refused():
    v = mediator("b-l", 60.0, 20.0, g=1e-5)
    single = eqx.tree_at(lambda one: one.m_chi, v, v.m_chi.astype(jnp.float32))
    with pytest.raises(InputError, match="needs float64"):
        relic_density(single)
