"""Neutrinos of pions and muons that decay at rest."""

import equinox as eqx
from jaxtyping import Array, Float

from dmjax.constants import M_MUON

Scalar = Float[Array, ""]
E_NU_MAX = 0.5 * M_MUON
"""Endpoint of the Michel spectra [MeV]."""


class StoppedPionNeutrinos(eqx.Module):
    """Attributes: per_pot: neutrinos of each flavour (ν_µ, ν̄_µ, ν_e) per proton on target."""

    per_pot: Scalar


def michel_numubar(e_nu: Scalar) -> Scalar:
    """ν̄_µ of µ⁺ decay at rest: dN/dE = (2/m_µ) 2x²(3 − 2x), x = 2E/m_µ ∈ [0, 1] [MeV⁻¹]."""
    x = e_nu / E_NU_MAX
    return 2.0 * x * x * (3.0 - 2.0 * x) / E_NU_MAX


def michel_nue(e_nu: Scalar) -> Scalar:
    """ν_e of µ⁺ decay at rest: dN/dE = (2/m_µ) 12x²(1 − x), x = 2E/m_µ ∈ [0, 1] [MeV⁻¹]."""
    x = e_nu / E_NU_MAX
    return 12.0 * x * x * (1.0 - x) / E_NU_MAX
