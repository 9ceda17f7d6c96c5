"""Photons of the e± cascade (P4)."""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from dmjax.errors import InputError

Scalar = Float[Array, ""]
WIDEST_MEV = 6.0
MEAN_ELECTRON = (1.0773, 13.716)
"""⟨E_e⟩ = a E_γ + b [MeV] of the electrons that radiate a photon ([D20] App. A)."""

LOWEST_ELECTRON_MEV = 50.0
LOWEST_PHOTON_MEV = (LOWEST_ELECTRON_MEV - MEAN_ELECTRON[1]) / MEAN_ELECTRON[0]
"""Photon energy below which `emission_suppression` is used outside of its range, 33.7 MeV."""


class CascadePhotons(eqx.Module):
    """Cascade photons per proton on target, uniform inside equal energy bins, isotropic.

    Attributes:
        edges: equal bins [MeV].
        photons: photons per POT in each bin.
    """

    edges: Float[Array, " n_plus_1"]
    photons: Float[Array, " n"]


def cascade_photons(centres: np.ndarray, photons: np.ndarray) -> CascadePhotons:
    """From the centres [MeV] of equal bins that start at or above 0 (InputError otherwise).

    Bins wider than 6 MeV are divided, since `emission_suppression` changes inside them.
    """
    width = float(np.diff(centres).mean())
    first = float(centres[0] - 0.5 * width)
    if first < -1e-6 * width or not np.allclose(np.diff(centres), width, rtol=1e-3):
        raise InputError(
            f"cascade photons need equal bins that start at or above 0 MeV, got centres from "
            f"{centres[0]:g} in mean steps of {width:g} MeV"
        )
    parts = int(np.ceil(width / WIDEST_MEV))
    edges = first + width / parts * np.arange(parts * len(centres) + 1)
    return CascadePhotons(jnp.asarray(edges), jnp.asarray(np.repeat(photons / parts, parts)))


def emission_suppression(m_v: Scalar, e_photon: Scalar) -> Scalar:
    """Phase-space factor for a massive V in place of a cascade photon.

    f(x) = min(1, 1154 exp(−24.42 x^0.3174)), x = m_V/⟨E_e⟩, ⟨E_e⟩ = 1.0773 E_γ + 13.716 MeV
    ([D20] Fig. 9). Valid for E_e > 50 MeV; below, it overestimates by 10 to 1000 ([D20] App. A).

    >>> round(float(emission_suppression(jnp.asarray(20.0), jnp.asarray(200.0))), 5)
    0.01485
    """
    x = m_v / (MEAN_ELECTRON[0] * e_photon + MEAN_ELECTRON[1])
    return jnp.minimum(1.0, 1154.0 * jnp.exp(-24.42 * x**0.3174))
