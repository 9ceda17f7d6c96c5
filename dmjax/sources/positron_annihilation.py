"""Positrons of a shower that annihilate with electrons of the target into V, which is not seen.

Per (κ_f x_e)², with s = 2m_e E₊ + 2m_e² and Γ_inv the width into dark matter and neutrinos,

    σ(E₊) = √s Γ_inv(√s)/[(s − m_V²)² + m_V²Γ_V²],

whose narrow limit is ∫σ dE₊ = (π/2m_e) BR at E₊ = m_V²/2m_e. Electrons are at rest: their motion
in the atom, and the associated production e⁺e⁻ → γV, are left out.
"""

from functools import partial

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from dmjax.constants import M_ELECTRON
from dmjax.models import VectorMediator, chi_width, fermion_width, total_width

Scalar = Float[Array, ""]
FAR = 1e-3
"""Width of a cell over its distance from the pole below which differences would lose digits."""
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
    """∫dE₊ density σ(E₊) per (κ_f x_e)² [density × MeV⁻¹].

    The resonance is integrated in closed form over each cell, density times √s Γ_inv being linear
    there, with the pole as a node: any width, narrow or wide, costs the same.

    Args:
        positrons: of the target, above the energy that must be missing.
        v: masses, spin, charges, couplings.

    Returns:
        Exactly 0, with gradient 0, where V has no invisible decay on its mass shell: dark matter
        from a V that is always virtual is not counted.
    """
    pole, width = v.m_v * v.m_v, v.m_v * total_width(v)
    opened = invisible_width(v, v.m_v) > 0.0
    width = jnp.where(opened, width, 1.0)
    s = 2.0 * M_ELECTRON * (positrons.energy + M_ELECTRON)
    middle = jnp.clip(pole, s[:-1], s[1:])
    share = (middle - s[:-1]) / jnp.diff(s)
    between = positrons.density[:-1] + share * jnp.diff(positrons.density)

    def value(s: Scalar, density: Scalar) -> Scalar:
        return density * jnp.sqrt(s) * invisible_width(v, jnp.sqrt(s))

    ends, inside = jax.vmap(value)(s, positrons.density), jax.vmap(value)(middle, between)
    cell = jax.vmap(partial(_resonant, width))
    low = cell(s[:-1] - pole, middle - pole, ends[:-1], inside)
    high = cell(middle - pole, s[1:] - pole, inside, ends[1:])
    return jnp.where(opened, jnp.sum(low + high) / (2.0 * M_ELECTRON * width), 0.0)


def _resonant(width: Scalar, start: Scalar, stop: Scalar, first: Scalar, last: Scalar) -> Scalar:
    """γ ∫ f dw/(w² + γ²) between two w, f linear; far from w = 0 by its middle."""
    step, centre = stop - start, 0.5 * (start + stop)
    far = step <= FAR * jnp.abs(centre)
    wide = jnp.where(far, 1.0, step)
    angle = jnp.arctan2(stop, width) - jnp.arctan2(start, width)
    tilt = 0.5 * width * jnp.log((stop**2 + width**2) / (start**2 + width**2))
    near = (first * (stop * angle - tilt) + last * (tilt - start * angle)) / wide
    return jnp.where(far, 0.5 * width * step * (first + last) / (centre**2 + width**2), near)
