"""How the events of a search go with κ², branching ratios kept, and κ² back from them.

Everything here is for one point, in float64 arrays of any one shape.
"""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float

from dmjax.models import Charges, chi_width, fermion_width, mediator

Scalar = Float[Array, ""]
CHARGED, NEUTRINOS = ("electron", "muon", "tau"), ("nu_e", "nu_mu", "nu_tau")


class Widths(NamedTuple):
    """Widths of V over a common scale: into χχ̄, and per κ² into charged leptons and neutrinos."""

    dark: Array
    charged: Array
    neutrinos: Array


ALL_DARK = Widths(jnp.ones(()), jnp.zeros(()), jnp.zeros(()))
"""V decays to dark matter alone, as curves assume that state no α_D."""


def widths_at(
    charges: Charges, dm: str, m_v: ArrayLike, m_chi: ArrayLike, alpha_d: ArrayLike
) -> Widths:
    """Widths of V at one mass, or at masses as arrays of one shape.

    Tree level; hadronic modes are neglected (see `models.widths`).

    Args:
        charges: x_f.
        dm: spin of χ.
        m_v, m_chi: [MeV].
        alpha_d: α_D.

    Returns:
        Widths [MeV], those of the Standard Model per κ².
    """

    held = jnp.broadcast_arrays(*(jnp.asarray(x, float) for x in (m_v, m_chi, alpha_d)))
    found = _widths(charges, dm, *(jnp.ravel(x) for x in held))
    return Widths(*(x.reshape(held[0].shape) for x in found))


@partial(jax.jit, static_argnums=1)
def _widths(charges: Charges, dm: str, m_v: Array, m_chi: Array, alpha_d: Array) -> Widths:
    """Widths at masses, (masses,)."""

    def one(m_v: Scalar, m_chi: Scalar, alpha_d: Scalar) -> Widths:
        v = mediator(charges, m_v, m_chi, alpha_d=alpha_d, g=jnp.ones_like(m_v), dm=dm)
        visible = [sum(fermion_width(v, f) for f in group) for group in (CHARGED, NEUTRINOS)]
        return Widths(chi_width(v), *map(jnp.asarray, visible))

    return jax.vmap(one)(m_v, m_chi, alpha_d)


@jax.jit
def scattered(kappa2: ArrayLike, w: Widths) -> Array:
    """κ⁴ BR(V → χχ̄): production times scattering, per α_D and charges."""
    kappa2 = jnp.asarray(kappa2)
    return kappa2**2 * w.dark / (w.dark + kappa2 * (w.charged + w.neutrinos))


@jax.jit
def invisible(kappa2: ArrayLike, w: Widths) -> Array:
    """κ² BR(V → χχ̄ or νν̄): production times no visible decay."""
    kappa2 = jnp.asarray(kappa2)
    unseen = w.dark + kappa2 * w.neutrinos
    return kappa2 * unseen / (unseen + kappa2 * w.charged)


@jax.jit
def kappa2_scattered(rate: ArrayLike, w: Widths) -> Array:
    """κ² at which `scattered` is the rate.

    With b the visible over the dark width, κ⁴ = S(1 + κ²b).

    >>> w = Widths(jnp.asarray(2.0), jnp.asarray(1.0), jnp.asarray(3.0))
    >>> round(float(kappa2_scattered(scattered(0.3, w), w)), 12)
    0.3
    """
    rate = jnp.asarray(rate)
    half = 0.5 * rate * (w.charged + w.neutrinos) / w.dark
    return half + jnp.sqrt(half**2 + rate)


@jax.jit
def kappa2_invisible(rate: ArrayLike, w: Widths) -> Array:
    """κ² at which `invisible` is the rate; inf where no coupling gives that many events.

    νκ⁴ + (D − S(ν + c))κ² = SD with D, ν, c the widths into χχ̄, neutrinos and charged leptons;
    without neutrinos the rate saturates at D/c.

    >>> w = Widths(jnp.asarray(2.0), jnp.asarray(1.0), jnp.asarray(0.0))
    >>> round(float(kappa2_invisible(invisible(0.3, w), w)), 12), float(kappa2_invisible(2.5, w))
    (0.3, inf)
    """
    rate = jnp.asarray(rate)
    lack = w.dark - rate * (w.neutrinos + w.charged)
    root = jnp.sqrt(lack**2 + 4.0 * w.neutrinos * rate * w.dark)
    rising = lack > 0.0
    direct = 2.0 * rate * w.dark / jnp.where(rising, lack + root, 1.0)
    some = w.neutrinos > 0.0
    other = jnp.where(some, (root - lack) / jnp.where(some, 2.0 * w.neutrinos, 1.0), jnp.inf)
    return jnp.where(rising, direct, other)
