"""Effects that keep counts positive and smooth whatever their parameter is."""

from functools import cache

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, ArrayLike, Float

from dmjax.likelihood.effects import AbstractFactor, AbstractOffset
from dmjax.likelihood.softplus import softplus

Scalar = Float[Array, ""]
Bins = Float[Array, " bins"]


class Exponential(AbstractFactor):
    """factor = up^x for x ≥ 1, down^−x for x ≤ −1, a polynomial of degree 6 between.

    The polynomial is 1 at x = 0 and has the value and two derivatives of both ends, so that the
    factor is positive and twice differentiable. It equals pyhf's `normsys` with code4. Without
    `down` it is 1/up: the usual form of a log-normal factor.

    >>> effect = Exponential("x", 1.2, 0.9)
    >>> [round(float(effect.factor(jnp.asarray(x))), 3) for x in (-2.0, -1.0, 0.0, 1.0, 2.0)]
    [0.81, 0.9, 1.0, 1.2, 1.44]
    """

    parameter: str = eqx.field(static=True)
    up: Scalar
    down: Scalar

    def __init__(self, parameter: str, up: ArrayLike, down: ArrayLike | None = None):
        self.parameter = parameter
        self.up = jnp.asarray(up, float)
        self.down = 1.0 / self.up if down is None else jnp.asarray(down, float)

    def factor(self, value: Scalar) -> Scalar:
        """Factor at a value of the parameter."""
        return interpolated_power(self.up, self.down, value)


class Growth(AbstractOffset):
    """Additive change of a part of the template by the factor of `Exponential`.

    offset = (raised − nominal)/error × (factor(x) − 1), factor(1) = 1 + error: the part that
    `raised` holds `error` more of is multiplied. As a part of the template is never more than all
    of it, counts stay positive, whatever the parameter is.
    """

    parameter: str = eqx.field(static=True)
    raised: Bins
    error: Scalar

    def offset(self, value: Scalar, nominal: Bins) -> Bins:
        """Change of the part."""
        error = self.error.astype(nominal.dtype)
        change = interpolated_power(1.0 + error, 1.0 / (1.0 + error), value) - 1.0
        return (self.raised.astype(nominal.dtype) - nominal) * (change / error)


class SoftSpline(AbstractFactor):
    """Template bent through given ones: softplus of a natural cubic spline per bin, over nominal.

    factor_b = softplus(Σ_k w_k(x) u_kb)/softplus(u_0b), softplus(u_kb) = n_kb/c_b, c_b a fiftieth
    of the largest of the bin's counts: linear in the counts where there are many, exponential where
    they would turn negative. Positive and twice differentiable whatever the parameter is, exact at
    the knots, continued along the spline's ends outside.

    Attributes:
        parameter: name (static).
        knots: values of the parameter, increasing, with 0 (static).
        heights: u, (knots, bins), from `spline_heights`.
        inverse: 1/softplus(u_0), (bins,), made once.

    >>> heights = spline_heights(jnp.asarray([[0.5], [1.0], [2.0]]))
    >>> effect = SoftSpline("x", (-1.0, 0.0, 1.0), heights)
    >>> [round(float(effect.factor(jnp.asarray(x))[0]), 3) for x in (-1.0, 0.0, 1.0)]
    [0.5, 1.0, 2.0]
    """

    parameter: str = eqx.field(static=True)
    knots: tuple[float, ...] = eqx.field(static=True)
    heights: Float[Array, "knots bins"]
    inverse: Bins

    def __init__(self, parameter: str, knots: tuple[float, ...], heights: Array):
        self.parameter, self.knots, self.heights = parameter, knots, heights
        self.inverse = 1.0 / softplus(heights[knots.index(0.0)])

    def factor(self, value: Scalar) -> Bins:
        """Factor of every bin."""
        bent = spline_weights(self.knots, value) @ self.heights.astype(value.dtype)
        return softplus(bent) * self.inverse.astype(value.dtype)


_CORNER, _LEAST = 0.02, 1e-6
"""Scale of the softplus over the largest counts, and the least counts, over that scale."""


def spline_heights(counts: Float[Array, "knots bins"]) -> Float[Array, "knots bins"]:
    """u with softplus(u) = counts/c, c = 0.02 × the largest counts of a bin; see `SoftSpline`.

    Counts below 10⁻⁶ c are taken as that; bins without counts get a factor of 1.

    Args:
        counts: at the knots, (knots, bins), ≥ 0.
    """
    largest = jnp.max(counts, axis=0, keepdims=True)
    scale = _CORNER * jnp.where(largest > 0.0, largest, 1.0)
    share = jnp.maximum(jnp.where(largest > 0.0, counts / scale, 1.0), _LEAST)
    return share + jnp.log(-jnp.expm1(-share))


def interpolated_power(up: Scalar, down: Scalar, value: Scalar) -> Scalar:
    """up^x for x ≥ 1, down^−x for x ≤ −1, between them the polynomial of `Exponential`."""
    up, down = up.astype(value.dtype), down.astype(value.dtype)
    log_up, log_down = jnp.log(up), -jnp.log(down)
    ends = ((up, log_up), (down, log_down))
    wanted = [entry for end, slope in ends for entry in (end - 1.0, slope * end, slope**2 * end)]
    coefficients = jnp.asarray(_BETWEEN, value.dtype) @ jnp.stack(wanted)
    inside = jnp.abs(value) < 1.0
    core = jnp.where(inside, value, 0.0)
    middle = jnp.zeros_like(core)
    for i in reversed(range(6)):
        middle = (middle + coefficients[i]) * core
    outer = jnp.where(inside, 1.0, value)
    slope = jnp.where(value > 0.0, log_up, log_down)
    return jnp.where(inside, 1.0 + middle, jnp.exp(slope * outer))


def _between() -> np.ndarray:
    """Values and two derivatives at x = 1 and −1 → coefficients of x … x⁶."""
    powers = np.arange(1, 7)
    rows = []
    for x in (1.0, -1.0):
        rows += [x**powers, powers * x ** (powers - 1), powers * (powers - 1) * x**powers]
    return np.linalg.inv(np.array(rows))


_BETWEEN = _between()


@cache
def _spline_basis(knots: tuple[float, ...]) -> np.ndarray:
    """(intervals + 2, 4, knots): cubics of each interval, and the lines beyond both ends."""
    from scipy.interpolate import CubicSpline

    spline = CubicSpline(knots, np.eye(len(knots)), bc_type="natural")
    inner = np.moveaxis(spline.c[::-1], 0, 1)
    ends = []
    for x in (knots[0], knots[-1]):
        line = np.zeros((1, 4, len(knots)))
        line[0, 0], line[0, 1] = spline(x), spline(x, 1)
        ends.append(line)
    return np.concatenate([ends[0], inner, ends[1]])


def spline_weights(knots: tuple[float, ...], value: Scalar) -> Float[Array, " knots"]:
    """Weights w of the natural cubic spline: its value is Σ w_i y_i of the heights at the knots."""
    basis = jnp.asarray(_spline_basis(knots), value.dtype)
    places = jnp.asarray(knots, value.dtype)
    piece = jnp.searchsorted(places, value, side="right")
    x = value - places[jnp.maximum(piece - 1, 0)]
    one = basis[piece]
    return one[0] + x * (one[1] + x * (one[2] + x * one[3]))
