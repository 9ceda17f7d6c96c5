"""Beam pulses and the arrival time of prompt dark matter."""

from abc import abstractmethod

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from dmjax.units import M_PER_US

Scalar = Float[Array, ""]


class AbstractPulse(eqx.Module):
    """Arrival-time distribution of light from the target."""

    @abstractmethod
    def cdf(self, time: Scalar) -> Scalar:
        """Fraction that has arrived by `time` [µs]."""


class GaussianPulse(AbstractPulse):
    """Gaussian pulse: mean and σ [µs]."""

    mean: Scalar
    sigma: Scalar

    def cdf(self, time: Scalar) -> Scalar:
        """Φ((t − mean)/σ)."""
        return jax.scipy.stats.norm.cdf((time - self.mean) / self.sigma)


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
    """Share of χ with flight delay `delay` [µs] that arrive in each time bin [µs]."""
    return jnp.clip(jnp.diff(jax.vmap(pulse.cdf)(edges - delay)), 0.0)
