"""Mesons made in the target: π⁰ in flight (P1) and π⁻ stopped in matter (P2)."""

import equinox as eqx
from jaxtyping import Array, Float

Scalar = Float[Array, ""]


class NeutralMesons(eqx.Module):
    """Mesons that decay to γγ in flight.

    Attributes:
        mass: [MeV].
        br_two_photons: branching ratio to γγ.
        per_pot: mesons per proton on target.
        kinetic_energy, cos_theta, weight: cells of the production distribution [MeV, 1, 1];
            cos_theta is measured from the beam; the weights sum to 1.
    """

    mass: Scalar
    br_two_photons: Scalar
    per_pot: Scalar
    kinetic_energy: Float[Array, " n"]
    cos_theta: Float[Array, " n"]
    weight: Float[Array, " n"]


class StoppedPions(eqx.Module):
    """π⁻ absorbed by the target without making a π⁰.

    Attributes:
        per_pot: captures at rest plus inelastic ones, per proton on target.
        radiative_fraction: share of captures in the target nucleus that emit a photon.
        radiative_fraction_error: its standard deviation.
    """

    per_pot: Scalar
    radiative_fraction: Scalar
    radiative_fraction_error: Scalar
