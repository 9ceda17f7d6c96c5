"""Dark matter at the detector: where parents and mediator meet.

Every spectrum here is dN_χ/dk dΩ towards the detector [1/(MeV sr POT)], two χ per V, for κ_f = 1;
χ is counted by its momentum k.
"""

import jax.numpy as jnp
from jaxtyping import Array, Float

from dmjax.conventions import CHANNELS, Conventions
from dmjax.flux.beam import Beam as Beam
from dmjax.flux.beam import make_beam as make_beam
from dmjax.flux.beam import with_harmonics as with_harmonics
from dmjax.flux.capture import PionCapture as PionCapture
from dmjax.flux.cascade import Cascade as Cascade
from dmjax.flux.channel import AbstractChannel as AbstractChannel
from dmjax.flux.channel import Pull as Pull
from dmjax.flux.exchange import ChargeExchange as ChargeExchange
from dmjax.flux.mesons import MesonsInFlight as MesonsInFlight
from dmjax.flux.mesons import mesons_in_flight as mesons_in_flight
from dmjax.models.vector import VectorMediator


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
        Every channel is exactly 0 with zero gradient where closed, or where the beam has none.
    """
    found = (beam.channels.get(name) for name in channels)
    rows = [jnp.zeros_like(k) if one is None else one.weights(v, k, conventions) for one in found]
    return jnp.stack(rows)
