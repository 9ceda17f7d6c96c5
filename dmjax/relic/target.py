"""The thermal target: the coupling at which dark matter has a given relic density."""

import math
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.special import logsumexp
from jaxtyping import Array, Bool, Float

from dmjax.models import VectorMediator
from dmjax.numerics import frozen
from dmjax.relic.boltzmann import LOG_X, OMEGA_PER_YIELD, FreezeOut, final_yield, freeze_out
from dmjax.relic.density import TOLERANCE, along, log_density, need_float64, slopes

Scalar = Float[Array, ""]
OMEGA_H2 = 0.120
"""Of dark matter (Planck 2018)."""
LARGEST = 3.0
"""Largest κ_f that is tried: widths are perturbative far below it."""
_SMALL = 1e-6
"""κ_f at which the first guess is made."""
_CLOSE = 1e-5
"""Of ln Ωh², where the search ends."""
_STEPS = 25
_FREEZE = 20.0


class Target(NamedTuple):
    """Where the relic density is met.

    Attributes:
        log_kappa: ln κ_f.
        exists: False where no κ_f up to `LARGEST` annihilates enough, or the solver fails;
            `log_kappa` is then the last one tried, with derivative 0.
    """

    log_kappa: Scalar
    exists: Bool[Array, ""]


def with_kappa(v: VectorMediator, log_kappa: Scalar) -> VectorMediator:
    """The mediator with another ln κ_f."""
    return eqx.tree_at(lambda one: one.log_kappa, v, log_kappa)


def relic_target(v: VectorMediator, omega_h2: Scalar, *, tolerance: float = TOLERANCE) -> Target:
    """κ_f that gives Ωh² = `omega_h2`; smaller ones give more.

    A secant search without derivatives; the root moves by the implicit function theorem, forward
    and in reverse, first derivatives only.

    Args:
        v: mediator; its own κ_f is not used.
        omega_h2: wanted.
        tolerance: of the Boltzmann solver.

    Returns:
        `Target`.

    Raises:
        InputError: single precision.

    >>> from dmjax.models import mediator
    >>> jax.config.update("jax_enable_x64", True)
    >>> v = mediator("dark-photon", 60.0, 20.0, eps=1e-5, alpha_d=0.1, dm="dirac")
    >>> found = relic_target(v, jnp.asarray(OMEGA_H2))
    >>> round(0.1 * float(jnp.exp(found.log_kappa) / 0.302822) ** 2 / 81.0 * 1e12, 2)
    2.22
    """
    need_float64(v)
    found = _search(frozen(v), frozen(omega_h2), tolerance)
    log_kappa = _root(v, omega_h2, frozen(found), tolerance=tolerance)
    return Target(log_kappa, found.exists)


@eqx.filter_custom_jvp
def _root(v, omega_h2, found, *, tolerance):
    return found.log_kappa


@_root.def_jvp
def _root_jvp(primals, tangents, *, tolerance):
    v, omega_h2, found = primals
    at = with_kappa(v, found.log_kappa)
    slope = slopes(lambda one: log_density(one, tolerance=tolerance), at)
    others = eqx.tree_at(lambda one: one.log_kappa, slope, jnp.zeros_like(found.log_kappa))
    moves = along(others, tangents[0])
    if tangents[1] is not None:
        moves = moves - tangents[1] / omega_h2
    usable = found.exists & (slope.log_kappa < 0.0)
    inverse = jnp.where(usable, -1.0 / jnp.where(usable, slope.log_kappa, 1.0), 0.0)
    return found.log_kappa, inverse * moves


def _guess(held: FreezeOut, log_yield: Scalar) -> Scalar:
    """How much ln κ_f must rise for a final yield: 1/Y = ∫_{x > 20} Λ dln x, with Λ ∝ κ_f²."""
    late = jnp.asarray(np.where(math.log(_FREEZE) < LOG_X, 0.0, -np.inf))
    eaten = logsumexp(held.log_rate + late) + math.log(LOG_X[1] - LOG_X[0])
    return -0.5 * (eaten + log_yield)


def _search(v: VectorMediator, omega_h2: Scalar, tolerance: float) -> Target:
    """Secant steps in (ln κ_f, ln Y), whose slope is near −2, after a guess.

    The Boltzmann equation stands once in one loop: it compiles once.
    """
    most = math.log(LARGEST)
    wanted = jnp.log(omega_h2 / (v.m_chi * OMEGA_PER_YIELD))

    def going(state):
        _, _, x, fx, count = state
        stuck = (x >= most) & (fx > 0.0)
        open_end = (count < 2) | (jnp.isfinite(fx) & (jnp.abs(fx) > _CLOSE) & ~stuck)
        return open_end & (count < _STEPS)

    def step(state):
        old, f_old, x, fx, count = state
        apart = jnp.abs(x - old) > 0.0
        secant = jnp.clip((fx - f_old) / jnp.where(apart, x - old, 1.0), -3.0, -0.1)
        farther = jnp.minimum(x - fx / jnp.where(apart, secant, -2.0), most)
        new = jnp.where(count > 1, farther, x)
        held = freeze_out(with_kappa(v, new))
        found = final_yield(held, tolerance) - wanted
        guessed = jnp.minimum(new + _guess(held, wanted), most)
        return x, fx, jnp.where(count == 0, guessed, new), found, count + 1

    small = jnp.full_like(v.log_kappa, math.log(_SMALL))
    far = jnp.ones_like(small)
    _, _, x, fx, _ = jax.lax.while_loop(going, step, (small, far, small, far, jnp.asarray(0)))
    return Target(x, jnp.abs(fx) <= _CLOSE)
