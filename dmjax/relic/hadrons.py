"""V → hadrons for any quark charges, from the measured R ratio split by isospin."""

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from dmjax.data import load_table
from dmjax.models import Charges
from dmjax.relic.resonances import OMEGA, pion_ratio, resonance_ratio

Scalar = Float[Array, ""]


class Isospin(NamedTuple):
    """R of the three parts of the photon's current; they sum to R.

    Attributes:
        isovector: I = 1, even numbers of pions.
        isoscalar: I = 0 of u and d, odd numbers of pions, π⁰γ.
        strange: s s̄, the φ.
    """

    isovector: Scalar
    isoscalar: Scalar
    strange: Scalar


def _table() -> tuple[Array, Array]:
    """√s [MeV] and the three ratios, (rows, 3)."""
    held = load_table("hadron_ratio").columns
    ratios = np.stack([held[name] for name in Isospin._fields], axis=1)
    return jnp.asarray(held["sqrt_s"]), jnp.asarray(ratios)


def isospin_ratios(q: Scalar) -> Isospin:
    """R = σ(e⁺e⁻ → hadrons)/(4πα²/3s) at √s = q, by isospin.

    Above 0.36 GeV data; the split is approximate: ω and φ as resonances, the rest I = 1 below
    1.04 GeV and 9 : 1 : 2 above 2 GeV. Below, ρ → ππ and ω → π⁰γ.

    Args:
        q: √s [MeV]; beyond 5 GeV R stays what it is there.

    Returns:
        `Isospin`; 0 below m_π⁰.

    >>> round(float(sum(isospin_ratios(jnp.asarray(365.0)))), 3)
    0.121
    """
    energy, ratios = _table()
    place = jnp.clip(jnp.searchsorted(energy, q), 1, len(energy) - 1)
    left, right = energy[place - 1], energy[place]
    share = jnp.clip((q - left) / (right - left), 0.0, 1.0)
    data = (1.0 - share) * ratios[place - 1] + share * ratios[place]
    low = jnp.stack([pion_ratio(q), resonance_ratio(OMEGA, q), jnp.zeros_like(q)])
    return Isospin(*jnp.where(q < energy[0], low, data))


def hadron_charge(charges: Charges, q: Scalar) -> Scalar:
    """h(q) = (x_u − x_d)² R₁ + 9(x_u + x_d)² R₀ + 9x_s² R_s; R itself for electric charges.

    Γ(V → hadrons) = κ_f²/4π (q/3) h(q).

    Args:
        charges: x_u, x_d, x_s; heavier quarks are not asked, so below charm alone.
        q: √s [MeV].

    Returns:
        A pure number.

    >>> from dmjax.models import PRESETS
    >>> round(float(hadron_charge(PRESETS["baryonic"], jnp.asarray(300.0))) * 1e5, 2)
    5.74
    """
    one, none, strange = isospin_ratios(q)
    up, down = charges.up, charges.down
    return (up - down) ** 2 * one + 9.0 * ((up + down) ** 2 * none + charges.strange**2 * strange)
