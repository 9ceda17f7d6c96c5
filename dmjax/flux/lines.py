"""V of one energy each, for mediators that fly: built by every channel for itself."""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from dmjax.flux.vertices import Line
from dmjax.models.vector import VectorMediator
from dmjax.sources.harmonics import ORDER

Scalar = Float[Array, ""]
N_PHASES = 4
ISOTROPIC = 1.0 / (4.0 * np.pi)


def lines_of(
    energy: Array, mass: Scalar, pair: tuple[Scalar, Scalar], rate: Array, moments: Array
) -> Line:
    """Lines of many energies [MeV], V per POT in each and Legendre moments of their directions."""
    each = [jnp.broadcast_to(x, energy.shape) for x in (mass, *pair)]
    phase = jnp.full_like(energy, 0.5)
    return Line(energy, each[0], each[1], each[2], rate, phase, moments)


def isotropic(energy: Array, mass: Scalar, pair: tuple[Scalar, Scalar], rate: Array) -> Line:
    """Lines that go in all directions alike."""
    moments = jnp.zeros((*energy.shape, ORDER + 1), energy.dtype).at[..., 0].set(ISOTROPIC)
    return lines_of(energy, mass, pair, rate, moments)


def monochromatic(energy: Array, mass: Scalar, pair: tuple[Scalar, Scalar], rate: Array) -> Line:
    """A few energies, each as several lines of different phase, for smooth delays."""
    lines = isotropic(energy, mass, pair, rate / N_PHASES)
    phases = (np.arange(N_PHASES) + 0.5) / N_PHASES
    copies = [lines._replace(phase=jnp.full_like(energy, phase)) for phase in phases]
    return jax.tree.map(lambda *parts: jnp.concatenate(parts), *copies)


def nothing(v: VectorMediator) -> Line:
    """A line without V in it."""
    return isotropic(v.m_v[None], v.m_v, (v.m_chi, v.m_chi), jnp.zeros_like(v.m_v)[None])
