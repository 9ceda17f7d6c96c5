"""From a pulse to the share of particles that arrive in each time bin."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from dmjax.timing.pulses import AbstractPulse
from dmjax.units import M_PER_US

Scalar = Float[Array, ""]


def flight_delay(distance: Scalar, mass: Scalar, k: Scalar) -> Scalar:
    """Delay against light over `distance` [m]: (L/c)(E/k − 1) [µs], without cancellation.

    >>> round(float(flight_delay(jnp.asarray(19.3), jnp.asarray(25.0), jnp.asarray(60.0))), 6)
    0.005365
    """
    energy = jnp.sqrt(k * k + mass * mass)
    return distance / M_PER_US * mass * mass / (k * (energy + k))


def arrival_fractions(
    pulse: AbstractPulse, delay: Scalar, edges: Float[Array, " n_plus_1"]
) -> Float[Array, " n"]:
    """Share of particles with flight delay `delay` [µs] that arrive in each time bin [µs]."""
    return jnp.clip(jnp.diff(jax.vmap(pulse.cdf)(edges - delay)), 0.0)
