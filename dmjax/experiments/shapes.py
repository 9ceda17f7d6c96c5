"""Shapes of a background in the observable or in time, each by its cumulative."""

from abc import abstractmethod

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from dmjax.timing import AbstractPulse

Scalar = Float[Array, ""]
Values = Float[Array, " values"]


class AbstractShape(eqx.Module):
    """A density in one variable, up to a factor that is the same for all of it."""

    @abstractmethod
    def cumulative(self, x: Values) -> Values:
        """Integral of the density up to x, up to a constant."""


class FlatShape(AbstractShape):
    """Constant between two ends, 0 outside."""

    low: Scalar
    high: Scalar

    def cumulative(self, x: Values) -> Values:
        """x held between the ends."""
        return jnp.clip(x, self.low, self.high)


class ExponentialShape(AbstractShape):
    """e^{−x/scale} between two ends, 0 outside."""

    low: Scalar
    high: Scalar
    scale: Scalar

    def cumulative(self, x: Values) -> Values:
        """−e^{−(x − low)/scale} with x held between the ends."""
        return -jnp.exp((self.low - jnp.clip(x, self.low, self.high)) / self.scale)


class PowerShape(AbstractShape):
    """x^index between two ends above 0, 0 outside."""

    low: Scalar
    high: Scalar
    index: Scalar

    def cumulative(self, x: Values) -> Values:
        """y^{index + 1}/(index + 1), or ln y, of y = x/low with x held between the ends."""
        log = jnp.log(jnp.clip(x, self.low, self.high) / self.low)
        power = self.index + 1.0
        plain = jnp.abs(power) < 1e-6
        return jnp.where(plain, log, jnp.expm1(power * log) / jnp.where(plain, 1.0, power))


class HistogramShape(AbstractShape):
    """Constant in each bin, 0 outside.

    Attributes:
        edges: (bins + 1).
        sums: contents of all bins below each edge, (bins + 1).
    """

    edges: Values
    sums: Values

    def cumulative(self, x: Values) -> Values:
        """Linear between the edges."""
        return jnp.interp(x, self.edges, self.sums)


class PulseShape(AbstractShape):
    """Arrival times of light, or of the neutrinos of some decay."""

    pulse: AbstractPulse

    def cumulative(self, x: Values) -> Values:
        """Share that has arrived."""
        return jax.vmap(self.pulse.cdf)(x)


def shares(shape: AbstractShape, edges: Values, whole: tuple[float, float]) -> Values:
    """Share of each bin in what lies between two ends; nothing lies outside them.

    Args:
        shape: the density.
        edges: of the bins, (bins + 1).
        whole: (low, high), between which the shares add up to 1.

    Returns:
        Shares, (bins,).

    >>> flat = FlatShape(jnp.asarray(0.0), jnp.asarray(10.0))
    >>> shares(flat, jnp.asarray([-5.0, 2.5, 20.0]), (0.0, 10.0)).tolist()
    [0.25, 0.75]
    """
    ends = shape.cumulative(jnp.asarray(whole, edges.dtype))
    inside = shape.cumulative(jnp.clip(edges, *whole))
    return jnp.diff(inside) / (ends[1] - ends[0])
