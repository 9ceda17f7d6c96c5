"""Relic density of a mediator's dark matter, with derivatives forward and in reverse."""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from dmjax.errors import InputError
from dmjax.models import VectorMediator
from dmjax.relic.boltzmann import OMEGA_PER_YIELD, final_yield, freeze_out

Scalar = Float[Array, ""]
TOLERANCE = 1e-7
"""Of the solver: 1e-4 in Ωh²."""


def need_float64(v: VectorMediator) -> None:
    """InputError in single precision, which e^{−x} and the solver's tolerance do not fit into."""
    if v.m_chi.dtype != jnp.float64:
        raise InputError(
            "the relic density needs float64: first jax.config.update('jax_enable_x64', True)"
        )


def slopes(function: Callable[[Any], Scalar], tree: Any) -> Any:
    """Derivatives of a scalar with respect to every array of a tree, forward.

    What runs in a loop of unknown length has no reverse derivative; with this one it has.
    """
    moving, rest = eqx.partition(tree, eqx.is_inexact_array)
    return jax.jacfwd(lambda one: function(eqx.combine(one, rest)))(moving)


def along(slope: Any, tangent: Any) -> Scalar:
    """Sum of slope × tangent over two trees; None, in either, is 0."""
    pairs = zip(*(jax.tree.leaves(t, is_leaf=_none) for t in (slope, tangent)), strict=True)
    found = [jnp.sum(a * b) for a, b in pairs if a is not None and b is not None]
    return jnp.sum(jnp.stack(found)) if found else jnp.zeros(())


def _none(leaf: Any) -> bool:
    return leaf is None


def _log_density(v: VectorMediator, tolerance: float) -> Scalar:
    return jnp.log(v.m_chi * OMEGA_PER_YIELD) + final_yield(freeze_out(v), tolerance)


@eqx.filter_custom_jvp
def log_density(v: VectorMediator, *, tolerance: float = TOLERANCE) -> Scalar:
    """ln Ωh²; see `relic_density`."""
    return _log_density(v, tolerance)


@log_density.def_jvp
def _log_density_jvp(primals, tangents, *, tolerance):
    (v,), (moved,) = primals, tangents
    slope = slopes(lambda one: _log_density(one, tolerance), v)
    return _log_density(v, tolerance), along(slope, moved)


def relic_density(v: VectorMediator, *, tolerance: float = TOLERANCE) -> Scalar:
    """Ωh² of χ and χ̄ (or χ₁ and χ₂) that annihilated through V from x = m_χ/T = 1 to 5000.

    Ωh² = m_χ Y s₀/(ρ_c/h²), dY/dx = −√(π/45) M_Pl m_χ g_*^{1/2} x⁻² c⟨σv⟩ (Y² − Y_eq²).
    Kinetic equilibrium with the photons is assumed throughout.

    Args:
        v: masses, couplings, charges, spin; m_V may be below 2m_χ (role="scatterer"), but χχ̄ → VV
            is not counted: it matters from about m_V = 1.6 m_χ downwards.
        tolerance: of the solver.

    Returns:
        A pure number. Neutrinos that decouple are neglected: 6 % at 2 MeV, below 1 % from 5 MeV on.
        NaN where the solver fails.

    Raises:
        InputError: single precision.

    Source: Gondolo, Gelmini, Nucl. Phys. B360 (1991) 145.

    >>> from dmjax.models import mediator
    >>> jax.config.update("jax_enable_x64", True)
    >>> v = mediator("dark-photon", 60.0, 20.0, eps=4.24e-5, alpha_d=0.1, dm="dirac")
    >>> round(float(relic_density(v)), 3)
    0.12
    """
    need_float64(v)
    return jnp.exp(log_density(v, tolerance=tolerance))
