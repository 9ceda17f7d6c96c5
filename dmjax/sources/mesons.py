"""Mesons made in the target: π⁰ and η in flight (P1), π⁻ stopped in matter (P2).

π⁰ of charge exchange (P3) are nearly at rest: one cell without kinetic energy.
"""

import equinox as eqx
from jaxtyping import Array, Float

Scalar = Float[Array, ""]


class NeutralMesons(eqx.Module):
    """π⁰ or η made in flight or nearly at rest, for M → γV (P1, P3).

    Attributes:
        mass: [MeV].
        br_two_photons: branching ratio to γγ.
        per_pot, per_pot_error: mesons per proton on target; the error covers rate and shape.
        kinetic_energy, cos_theta, weight: cells of the production distribution [MeV, 1, 1];
            cos_theta is measured from the beam; the weights sum to 1.
        kind: "pi0" or "eta": which quarks it is made of.
    """

    mass: Scalar
    br_two_photons: Scalar
    per_pot: Scalar
    per_pot_error: Scalar
    kinetic_energy: Float[Array, " n"]
    cos_theta: Float[Array, " n"]
    weight: Float[Array, " n"]
    kind: str = eqx.field(static=True, default="pi0")


class StoppedPions(eqx.Module):
    """π⁻ absorbed by the target without making a π⁰, for π⁻ p → n V (P2).

    Attributes:
        per_pot: captures at rest plus absorptions in flight, per proton on target; the latter
            are taken as isotropic too ([D20] §3.2: the mesic state is not much boosted).
        radiative_fraction: share of captures in the target nucleus that emit a photon.
        radiative_fraction_error: its standard deviation.
    """

    per_pot: Scalar
    radiative_fraction: Scalar
    radiative_fraction_error: Scalar
