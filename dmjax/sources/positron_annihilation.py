"""Positrons of a shower that annihilate with electrons of the target into V, which is not seen.

Per (κ_f x_e)², with s = 2m_e E₊ + 2m_e² and Γ_inv the width into dark matter and neutrinos,

    σ(E₊) = √s Γ_inv(√s)/[(s − m_V²)² + m_V²Γ_V²],

whose narrow limit is ∫σ dE₊ = (π/2m_e) BR at E₊ = m_V²/2m_e. Electrons are at rest: their motion
in the atom, and the associated production e⁺e⁻ → γV, are left out.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from dmjax.constants import M_ELECTRON
from dmjax.models import VectorMediator, chi_width, fermion_width, total_width
from dmjax.numerics import safe_divide

Scalar = Float[Array, ""]
NEUTRINOS = ("nu_e", "nu_mu", "nu_tau")


class Positrons(eqx.Module):
    """Positrons that may annihilate, linear between nodes.

    Attributes:
        energy: nodes, increasing [MeV].
        density: per unit of energy; whatever is counted comes out in its unit.
    """

    energy: Float[Array, " nodes"]
    density: Float[Array, " nodes"]


def invisible_width(v: VectorMediator, mass: Scalar) -> Scalar:
    """Width of V at invariant mass M into dark matter and neutrinos [MeV]."""
    return chi_width(v, mass) + sum(fermion_width(v, name, mass) for name in NEUTRINOS)


def annihilated(positrons: Positrons, v: VectorMediator) -> Scalar:
    """∫dE₊ density σ(E₊) per (κ_f x_e)² [density × MeV⁻¹]; 0 where V has no invisible decay.

    The resonance is integrated in closed form over each cell, density times √s Γ_inv being linear
    there: any width, narrow or wide, costs the same.

    Args:
        positrons: of the target, above the energy that must be missing.
        v: masses, spin, charges, couplings.
    """
    s = 2.0 * M_ELECTRON * (positrons.energy + M_ELECTRON)
    root = jnp.sqrt(s)
    value = positrons.density * root * jax.vmap(lambda q: invisible_width(v, q))(root)
    width = v.m_v * total_width(v)
    away = s - v.m_v * v.m_v
    angle = jnp.diff(jnp.arctan2(away, jnp.broadcast_to(width, away.shape)))
    tilt = 0.5 * width * jnp.diff(jnp.log(away * away + width * width))
    step = jnp.diff(away)
    left, right = (away[1:] * angle - tilt) / step, (tilt - away[:-1] * angle) / step
    inside = jnp.sum(value[:-1] * left + value[1:] * right)
    return safe_divide(inside, 2.0 * M_ELECTRON * width)
