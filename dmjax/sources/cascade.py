"""Photons of the e± cascade (P4)."""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

Scalar = Float[Array, ""]


class CascadePhotons(eqx.Module):
    """Cascade photons per proton on target, uniform inside equal energy bins, isotropic.

    Attributes:
        edges: bin edges [MeV].
        photons: photons per POT in each bin.
    """

    edges: Float[Array, " n_plus_1"]
    photons: Float[Array, " n"]


def cascade_photons(centres: np.ndarray, photons: np.ndarray) -> CascadePhotons:
    """From bin centres; the lowest edge is kept at or above zero."""
    width = float(np.diff(centres).mean())
    edges = np.concatenate([centres - 0.5 * width, centres[-1:] + 0.5 * width])
    return CascadePhotons(jnp.asarray(np.maximum(edges, 0.0)), jnp.asarray(photons))


def emission_suppression(m_v: Scalar, e_photon: Scalar) -> Scalar:
    """Phase-space factor for a massive V in place of a cascade photon.

    f(x) = min(1, 1154 exp(−24.42 x^0.3174)), x = m_V/⟨E_e⟩, ⟨E_e⟩ = 1.0773 E_γ + 13.716 MeV
    ([D20] Fig. 9). Valid for E_e > 50 MeV; below, it overestimates by 10 to 1000 ([D20] App. A).

    >>> round(float(emission_suppression(jnp.asarray(20.0), jnp.asarray(200.0))), 5)
    0.01485
    """
    x = m_v / (1.0773 * e_photon + 13.716)
    return jnp.minimum(1.0, 1154.0 * jnp.exp(-24.42 * x**0.3174))
