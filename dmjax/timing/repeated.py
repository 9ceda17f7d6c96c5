"""Several equal pulses of one beam, and each of them in a clock of its own."""

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer
from jaxtyping import Array, ArrayLike, Float

from dmjax.errors import InputError
from dmjax.timing.piecewise import box_pulse
from dmjax.timing.pulses import AbstractPulse, DecayedPulse, positive

Scalar = Float[Array, ""]


class RepeatedPulse(AbstractPulse):
    """A pulse that comes several times, with the same share of protons each.

    Attributes:
        pulse: one of them, in the clock of its own start.
        starts: when each of them starts [µs].
    """

    pulse: AbstractPulse
    starts: Float[Array, " pulses"]

    def cdf(self, time: Scalar) -> Scalar:
        """Mean over the pulses."""
        return jnp.mean(jax.vmap(self.pulse.cdf)(time - self.starts))

    def decayed_cdf(self, time: Scalar, lifetime: Scalar) -> Scalar:
        """Mean over the pulses."""
        return jnp.mean(jax.vmap(lambda t: self.pulse.decayed_cdf(t, lifetime))(time - self.starts))


def double_pulse(width: ArrayLike, separation: ArrayLike) -> RepeatedPulse:
    """Two equal boxes, the first from 0, the second from `separation` [µs] (start to start).

    >>> float(double_pulse(0.1, 0.54).cdf(jnp.asarray(0.3)))
    0.5
    """
    if not any(isinstance(x, Tracer) for x in (width, separation)):
        positive("the width of a pulse [us]", width)
        if not np.all(np.asarray(separation) >= np.asarray(width)):
            raise InputError(f"pulses of {width} us overlap if {separation} us apart (from start)")
    pulse = box_pulse(0.0, width)
    second = jnp.asarray(separation, pulse.left.dtype)
    return RepeatedPulse(pulse, jnp.stack([jnp.zeros_like(second), second]))


def own_clock(pulse: AbstractPulse) -> AbstractPulse:
    """Each of several pulses in its own clock: as if there were one, with every proton in it.

    >>> float(own_clock(double_pulse(0.1, 0.54)).cdf(jnp.asarray(0.3)))
    1.0
    """
    if isinstance(pulse, RepeatedPulse):
        return pulse.pulse
    if isinstance(pulse, DecayedPulse):
        return DecayedPulse(own_clock(pulse.pulse), pulse.lifetimes)
    return pulse
