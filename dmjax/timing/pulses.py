"""What a pulse is, the Gaussian one, and a pulse drawn out by decays."""

import math
from abc import abstractmethod

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer
from jaxtyping import Array, Float

from dmjax.errors import InputError
from dmjax.timing.special import erfcx

Scalar = Float[Array, ""]
CLOSEST_LIFETIMES = 1e-3
"""Two lifetimes must differ by this share of the longer: partial fractions divide by it."""


class AbstractPulse(eqx.Module):
    """Arrival-time distribution, in the clock that starts with light from the target; area 1."""

    @abstractmethod
    def cdf(self, time: Scalar) -> Scalar:
        """Fraction that has arrived by `time` [µs]."""

    @abstractmethod
    def decayed_cdf(self, time: Scalar, lifetime: Scalar) -> Scalar:
        """The same for the pulse convolved with e^{−t/τ}/τ, τ = `lifetime` [µs]."""


def positive(what: str, value) -> None:
    """Raise unless every concrete value is finite and above zero; traced ones pass."""
    if not isinstance(value, Tracer):
        given = np.asarray(value)
        if not np.all(np.isfinite(given) & (given > 0.0)):
            raise InputError(f"{what} must be finite and positive, got {value}")


class GaussianPulse(AbstractPulse):
    """Gaussian pulse: mean and σ [µs]."""

    mean: Scalar
    sigma: Scalar

    def __check_init__(self):
        positive("the width of a Gaussian pulse [us]", self.sigma)

    def cdf(self, time: Scalar) -> Scalar:
        """Φ((t − mean)/σ)."""
        return jax.scipy.special.ndtr((time - self.mean) / self.sigma)

    def decayed_cdf(self, time: Scalar, lifetime: Scalar) -> Scalar:
        """Φ(z) − e^{s²/2 − zs} Φ(z − s), z = (t − mean)/σ, s = σ/τ (exGaussian).

        Where z < s the product is ½ e^{−z²/2} erfcx((s − z)/√2), so that nothing overflows.
        """
        z = (time - self.mean) / self.sigma
        s = self.sigma / lifetime
        tail = z > s
        u = jnp.where(tail, 0.0, s - z) / math.sqrt(2.0)
        near = 0.5 * jnp.exp(-0.5 * z * z) * erfcx(u)
        z_tail = jnp.where(tail, z, s)
        far = jnp.exp(s * (0.5 * s - z_tail)) * jax.scipy.special.ndtr(z_tail - s)
        return jnp.clip(jax.scipy.special.ndtr(z) - jnp.where(tail, far, near), 0.0, 1.0)


class DecayedPulse(AbstractPulse):
    """A pulse whose particles decay, one decay after the other, before what arrives is made.

    π⁺ decay: (τ_π,); µ⁺ from π⁺: (τ_π, τ_µ). The density is pulse ⊗ e^{−t/τ₁}/τ₁ ⊗ e^{−t/τ₂}/τ₂ …

    Attributes:
        pulse: the parents' pulse.
        lifetimes: [µs], positive and all different.
    """

    pulse: AbstractPulse
    lifetimes: tuple[Scalar, ...]

    def __check_init__(self):
        for lifetime in self.lifetimes:
            positive("a lifetime [us]", lifetime)
        if not any(isinstance(lifetime, Tracer) for lifetime in self.lifetimes):
            ordered = np.sort([np.asarray(x, float) for x in self.lifetimes], axis=0)
            if np.any(np.diff(ordered, axis=0) < CLOSEST_LIFETIMES * ordered[1:]):
                raise InputError(f"the lifetimes of successive decays must differ, got {ordered}")

    def cdf(self, time: Scalar) -> Scalar:
        """Σ_i F_{τᵢ}(t) Π_{j≠i} τᵢ/(τᵢ − τⱼ), F_τ the cdf after one decay (partial fractions)."""
        return _partial_fractions(self.pulse, self.lifetimes, time)

    def decayed_cdf(self, time: Scalar, lifetime: Scalar) -> Scalar:
        """One more decay."""
        return _partial_fractions(self.pulse, (*self.lifetimes, lifetime), time)


def _partial_fractions(pulse: AbstractPulse, lifetimes: tuple[Scalar, ...], time: Scalar) -> Scalar:
    total = jnp.zeros_like(time)
    for i, mine in enumerate(lifetimes):
        weight = jnp.ones_like(time)
        for other in (*lifetimes[:i], *lifetimes[i + 1 :]):
            weight = weight * mine / (mine - other)
        total = total + weight * pulse.decayed_cdf(time, mine)
    return jnp.clip(total, 0.0, 1.0)
