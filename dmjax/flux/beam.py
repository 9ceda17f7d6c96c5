"""Everything a proton beam makes that can turn into dark matter, as one detector sees it."""

from collections.abc import Mapping
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from dmjax.flux.channel import AbstractChannel

Scalar = Float[Array, ""]
REMEMBERED = 8
_READY: dict[Any, tuple["Beam", "Beam"]] = {}
"""Leaves of a beam → it, so that they stay what they are, and the beam prepared."""


class Beam(eqx.Module):
    """The production channels of one beam; the angle of the detector enters through boosts alone.

    Attributes:
        channels: of `CHANNELS` by name; one that the beam does not have is left out, and makes
            nothing.
        k_max: largest χ momentum that any channel gives [MeV].
        angle: of the detector to the beam [rad]; None: averaged over all directions.
    """

    channels: dict[str, AbstractChannel]
    k_max: Scalar
    angle: float | None = eqx.field(static=True)


def make_beam(channels: Mapping[str, AbstractChannel], angle: float | None) -> Beam:
    """The beam of channels that are seen at `angle` [rad]; None: averaged over all directions."""
    k_max = max(channel.k_max() for channel in channels.values())
    ready = {name: channel.prepared(k_max, False) for name, channel in channels.items()}
    return Beam(ready, jnp.asarray(k_max, float), angle)


def with_harmonics(beam: Beam) -> Beam:
    """The beam prepared for mediators with a lifetime; takes seconds, so only on demand.

    The last few are remembered by their arrays, which detectors at one angle to a beam share.
    """
    leaves, tree = jax.tree.flatten(beam)
    key = (tree, *map(id, leaves))
    if key not in _READY:
        while len(_READY) >= REMEMBERED:
            del _READY[next(iter(_READY))]
        _READY[key] = beam, _prepared(beam)
    return _READY[key][1]


def _prepared(beam: Beam) -> Beam:
    k_max = float(beam.k_max)
    ready = {name: channel.prepared(k_max, True) for name, channel in beam.channels.items()}
    return Beam(ready, beam.k_max, beam.angle)
