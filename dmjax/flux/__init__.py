"""Dark matter at the detector: where parents and mediator meet.

Every spectrum here is dN_χ/dk dΩ towards the detector [1/(MeV sr POT)], two χ per V, for κ_f = 1;
χ is counted by its momentum k.
"""

import jax.numpy as jnp
from jaxtyping import Array, Float

from dmjax.conventions import CHANNELS, Conventions
from dmjax.flux.beam import Beam as Beam
from dmjax.flux.beam import MovingMesons as MovingMesons
from dmjax.flux.beam import make_beam as make_beam
from dmjax.flux.beam import with_harmonics as with_harmonics
from dmjax.flux.capture import capture_weights
from dmjax.flux.cascade import cascade_weights
from dmjax.flux.mesons import flight_weights, rest_weights
from dmjax.models.vector import VectorMediator


def _channel(
    name: str, beam: Beam, v: VectorMediator, k: Float[Array, " n"], conventions: Conventions
) -> Float[Array, " n"]:
    match name:
        case "pi0":
            return flight_weights(beam.pi0, v, k, conventions)
        case "eta":
            eta = beam.eta
            return jnp.zeros_like(k) if eta is None else flight_weights(eta, v, k, conventions)
        case "piminus":
            return capture_weights(beam.pions, v, k, conventions)
        case "exchange":
            return rest_weights(beam.pi0.mesons, beam.exchange_per_pot, v, k, conventions)
        case _:
            return cascade_weights(beam.photons, v, k, conventions)


def chi_flux(
    beam: Beam,
    v: VectorMediator,
    k: Float[Array, " n"],
    conventions: Conventions,
    channels: tuple[str, ...] = CHANNELS,
) -> Float[Array, "channels n"]:
    """χ per POT and sr towards the detector at each momentum node, at κ_f = 1.

    Args:
        beam: parents.
        v: mediator; its α_D sets the width, its κ_f only the branching ratio.
        k: increasing momentum nodes [MeV]; flux outside [k₀, k_n] is dropped.
        conventions: profile.
        channels: any of `CHANNELS`.

    Returns:
        Weights [1/(sr POT)], (channels, n): Σ_i weights_i R(k_i) approximates ∫ dk dN/dk dΩ R(k).
        Every channel is exactly 0 with zero gradient where closed.
    """
    return jnp.stack([_channel(name, beam, v, k, conventions) for name in channels])
