"""Efficiency: the share of recoils that pass the selection, in energy or light and in time."""

from abc import abstractmethod

import equinox as eqx
import jax
import jax.numpy as jnp
from jax.scipy.special import ndtr
from jaxtyping import Array, Float

Scalar = Float[Array, ""]


class AbstractEfficiency(eqx.Module):
    """An efficiency curve with values in [0, 1]."""

    @abstractmethod
    def at(self, x: Scalar) -> Scalar:
        """Efficiency at x, the observable or the true recoil energy [keV]."""

    @abstractmethod
    def steps(self) -> tuple[Scalar, ...]:
        """Where the curve jumps: places that a quadrature must not cross."""


class Flat(AbstractEfficiency):
    """The same everywhere."""

    value: Scalar

    def at(self, x: Scalar) -> Scalar:
        """Value."""
        return self.value + jnp.zeros_like(x)

    def steps(self) -> tuple[Scalar, ...]:
        """None."""
        return ()


class Threshold(AbstractEfficiency):
    """A cut: nothing below `start`, the same everywhere above."""

    value: Scalar
    start: Scalar

    def at(self, x: Scalar) -> Scalar:
        """Value for x ≥ start, else 0; no slope in `start` but through the edges of bins."""
        return jnp.where(x >= self.start, self.value, 0.0)

    def steps(self) -> tuple[Scalar, ...]:
        """Where it opens."""
        return (self.start,)


class SteppedSigmoid(AbstractEfficiency):
    """Sigmoid with two steps at threshold (CsI 2017, arXiv:1804.09459).

    Attributes:
        amplitude, slope, midpoint: of the sigmoid.
        closed_below: no acceptance below.
        half_below: one half of the sigmoid from `closed_below` to here.
    """

    amplitude: Scalar
    slope: Scalar
    midpoint: Scalar
    closed_below: Scalar
    half_below: Scalar

    def at(self, x: Scalar) -> Scalar:
        """a/(1 + e^{−k(x − x₀)}) × {0, ½, 1} below, between and above the two steps.

        The release evaluates it at the centres of 1-PE bins; differentiable in a, k and x₀.
        """
        sigmoid = self.amplitude * jax.nn.sigmoid(self.slope * (x - self.midpoint))
        step = jnp.where(x < self.closed_below, 0.0, jnp.where(x < self.half_below, 0.5, 1.0))
        return sigmoid * step.astype(sigmoid.dtype)

    def steps(self) -> tuple[Scalar, ...]:
        """Both steps."""
        return self.closed_below, self.half_below


class ShiftedSigmoid(AbstractEfficiency):
    """Sigmoid with an offset (CsI 2021, arXiv:2110.07730).

    Attributes:
        amplitude, slope, midpoint, offset: a, b, c, d.
    """

    amplitude: Scalar
    slope: Scalar
    midpoint: Scalar
    offset: Scalar

    def at(self, x: Scalar) -> Scalar:
        """a/(1 + e^{−b(x − c)}) + d, cut to [0, 1]."""
        sigmoid = jax.nn.sigmoid(self.slope * (x - self.midpoint))
        return jnp.clip(self.amplitude * sigmoid + self.offset, 0.0, 1.0)

    def steps(self) -> tuple[Scalar, ...]:
        """None."""
        return ()


class ErrorFunction(AbstractEfficiency):
    """Threshold of a trigger: a Gaussian-smeared step.

    Attributes:
        amplitude: plateau.
        midpoint: where half of it is reached.
        width: standard deviation of the smearing, > 0.
    """

    amplitude: Scalar
    midpoint: Scalar
    width: Scalar

    def at(self, x: Scalar) -> Scalar:
        """(a/2) [1 + erf((x − x₀)/(√2 w))] = a Φ((x − x₀)/w)."""
        return self.amplitude * ndtr((x - self.midpoint) / self.width)

    def steps(self) -> tuple[Scalar, ...]:
        """None."""
        return ()


class Tabulated(AbstractEfficiency):
    """Linear between points, constant beyond the first and the last."""

    x: Float[Array, " n"]
    values: Float[Array, " n"]

    def at(self, x: Scalar) -> Scalar:
        """Linear interpolation."""
        return jnp.interp(x, self.x, self.values)

    def steps(self) -> tuple[Scalar, ...]:
        """None."""
        return ()


class LogLog(AbstractEfficiency):
    """Power laws between points; 0 below the first, the last power law beyond, never above 1."""

    x: Float[Array, " n"]
    values: Float[Array, " n"]

    def at(self, x: Scalar) -> Scalar:
        """Linear interpolation of ln ε in ln x."""
        inside = x >= self.x[0]
        log_x = jnp.log(jnp.where(inside, x, self.x[0]))
        knots, heights = jnp.log(self.x), jnp.log(self.values)
        last = (heights[-1] - heights[-2]) / (knots[-1] - knots[-2])
        beyond = last * jnp.clip(log_x - knots[-1], 0.0)
        value = jnp.exp(jnp.interp(log_x, knots, heights) + beyond)
        return jnp.where(inside, jnp.minimum(value, 1.0), 0.0)

    def steps(self) -> tuple[Scalar, ...]:
        """The first point."""
        return (self.x[0],)


class ExponentialTime(eqx.Module):
    """Efficiency in time: 1 before `start`, e^{−rate (t − start)} after (CsI 2021).

    Attributes:
        start: [µs]; 0.52 for CsI 2021.
        rate: [1/µs], > 0; 0.0494 for CsI 2021.
    """

    start: Scalar
    rate: Scalar


def bin_averages(curve: ExponentialTime, edges: Float[Array, " n_plus_1"]) -> Float[Array, " n"]:
    """Mean efficiency in each time bin [µs], of events that fill the bin evenly (closed form).

    >>> curve = ExponentialTime(jnp.asarray(0.52), jnp.asarray(0.0494))
    >>> bin_averages(curve, jnp.asarray([0.0, 0.5, 6.0])).round(4).tolist()
    [1.0, 0.8765]
    """
    late = jnp.clip(edges - curve.start, 0.0)
    integral = jnp.minimum(edges, curve.start) - jnp.expm1(-curve.rate * late) / curve.rate
    return jnp.diff(integral) / jnp.diff(edges)
