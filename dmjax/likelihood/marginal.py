"""The integral of a likelihood over one constrained parameter, shared by all bins or per bin."""

import math
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.special import logsumexp, ndtr
from jaxtyping import Array, Float

from dmjax.numerics import frozen, gauss_legendre

Point = Float[Array, "*shape"]
Height = Callable[[Any, Point], Point]
"""(operands, x) to ln L: at one x, or at as many independent ones as x has entries."""

NODES = 24
FALL = 20.0
"""The integral ends where the log integrand has fallen by this much: to e^−20 of its peak."""

_PEAK_STEPS = 12
_END_STEPS = 2
_FAR = 40.0


class Constraint(NamedTuple):
    """A normal distribution cut at the range of its parameter.

    Attributes:
        centre, sigma: of the normal distribution.
        lower, upper: range; infinite where there is no bound.
    """

    centre: Array
    sigma: Array
    lower: Array
    upper: Array


def log_density(known: Constraint, x: Point) -> Point:
    """ln of a normal density cut at its range: −p²/2 − ln[σ√2π (Φ(u) − Φ(l))].

    Args:
        known: the constraint.
        x: where; outside the range the same smooth formula.

    Returns:
        The log density, in the shape of x.

    >>> one = Constraint(*(jnp.asarray(v) for v in (0.0, 0.28, -1.0, jnp.inf)))
    >>> round(float(log_density(one, jnp.asarray(0.28))), 3)
    -0.146
    """

    def pull_of(end: Array, without: float) -> Array:
        finite = jnp.isfinite(end)
        return jnp.where(
            finite, (jnp.where(finite, end, 0.0) - known.centre) / known.sigma, without
        )

    low, high = pull_of(known.lower, -_FAR), pull_of(known.upper, _FAR)
    # Of the two equal differences of Φ, the one whose terms are small keeps its digits.
    flip = low > 0
    inside = ndtr(jnp.where(flip, -low, high)) - ndtr(jnp.where(flip, -high, low))
    pull = (x - known.centre) / known.sigma
    return -0.5 * pull * pull - jnp.log(known.sigma * inside) - 0.5 * math.log(2.0 * math.pi)


def log_integral(height: Height, operands: Any, known: Constraint, shape: tuple = ()) -> Point:
    """ln ∫ dx p(x) L(x) of a likelihood with one peak, over the range of a constrained parameter.

    24 Gauss–Legendre nodes lie between the points where L p has fallen by e^−20 from its peak, or
    the ends of the range. The nodes carry no gradient; what they stand for does not depend on them.

    Args:
        height: (operands, x) to ln L, elementwise in x.
        operands: everything the likelihood depends on beside x: what may carry gradients.
        known: p(x).
        shape: () for one integral; (bins,) for one per bin (static).

    Returns:
        The logarithm, of that shape; differentiable forward (twice) and in reverse.

    Validity: exact to 1e−8 where ln L is concave and smooth; finite for any finite ln L.
    Source: the integral over α of [D20] (arXiv:2006.09386) Eq. 6.4.

    >>> known = Constraint(*(jnp.asarray(v) for v in (0.0, 0.5, -jnp.inf, jnp.inf)))
    >>> value = log_integral(lambda rate, x: rate * x, jnp.asarray(2.0), known)
    >>> round(float(value), 6)  # ½ (2 × 0.5)²
    0.5
    """

    def full(operands, known: Constraint, x: Point) -> Point:
        return height(operands, x) + log_density(known, x)

    low, high = _ends(partial(full, *frozen((operands, known))), frozen(known), shape)
    x, w = gauss_legendre(NODES, 0.0, 1.0)
    share = jnp.asarray(x, low.dtype).reshape(-1, *(1 for _ in shape))
    log_weight = jnp.asarray(np.log(w), low.dtype).reshape(share.shape)
    nodes = low[None] + (high - low)[None] * share
    terms = jax.vmap(partial(full, operands, known))(nodes) + log_weight
    return logsumexp(terms, axis=0) + jnp.log(high - low)


def _slopes(function: Callable[[Point], Point], x: Point) -> tuple[Point, Point, Point]:
    """Value, first and second derivative of an elementwise function."""

    def first(x):
        return jax.jvp(function, (x,), (jnp.ones_like(x),))

    (value, slope), (_, curvature) = jax.jvp(first, (x,), (jnp.ones_like(x),))
    return value, slope, curvature


def _peak(function: Callable[[Point], Point], known: Constraint, shape: tuple) -> Point:
    """Where the function is largest: bracketed Newton steps, or an end of the range.

    On the falling side of the peak the root of (x − lower) f′ is taken in place of that of f′: with
    n ln r − S r of r = x − lower it is reached in one step, however far the peak lies below.
    """
    centre = jnp.broadcast_to(jnp.clip(known.centre, known.lower, known.upper), shape)
    low, high = (jnp.broadcast_to(end, shape) for end in (known.lower, known.upper))
    edges = jnp.stack([jnp.where(jnp.isfinite(end), end, centre) for end in (low, high)])
    outward = jax.vmap(lambda x: jax.jvp(function, (x,), (jnp.ones_like(x),))[1])(edges)
    bounded = jnp.isfinite(known.lower)
    at_low = jnp.isfinite(low) & (outward[0] <= 0)
    at_high = jnp.isfinite(high) & (outward[1] >= 0)

    def step(_, state):
        low, high, x = state
        _, slope, curvature = _slopes(function, x)
        rising = slope > 0
        scaled = ~rising & bounded
        room = jnp.where(scaled, x - known.lower, 1.0)
        curvature = jnp.where(scaled, slope / room + curvature, curvature)
        low, high = jnp.where(rising, x, low), jnp.where(rising, high, x)
        bent = curvature < 0
        newton = x - slope / jnp.where(bent, curvature, -1.0)
        newton = jnp.where(bent, newton, x + jnp.sign(slope) * known.sigma)
        middle = 0.5 * (x + jnp.where(rising, high, low))
        inside = (newton > low) & (newton < high)
        return low, high, jnp.where(inside | ~jnp.isfinite(middle), newton, middle)

    found = jax.lax.fori_loop(0, _PEAK_STEPS, step, (low, high, centre))[2]
    return jnp.where(at_low, low, jnp.where(at_high, high, found))


def _ends(
    function: Callable[[Point], Point], known: Constraint, shape: tuple
) -> tuple[Point, Point]:
    """Where the function has fallen by `FALL`: a parabola's points, corrected twice along slopes.

    A concave function lies below its tangents, so that a corrected point is not too near.
    """
    peak = _peak(function, known, shape)
    top, slope, curvature = _slopes(function, peak)
    bend = jnp.minimum(curvature, -1e-4 / known.sigma**2)
    steep = jnp.abs(slope)
    reach = 2.0 * FALL / (steep + jnp.sqrt(steep * steep - 2.0 * FALL * bend))
    sides = jnp.stack([-jnp.ones_like(peak), jnp.ones_like(peak)])
    points = jnp.clip(peak[None] + sides * reach[None], known.lower, known.upper)

    def corrected(point, side):
        value, slope = jax.jvp(function, (point,), (jnp.ones_like(point),))
        falling = side * slope < 0
        moved = point + (top - FALL - value) / jnp.where(falling, slope, 1.0)
        return jnp.clip(jnp.where(falling, moved, point), known.lower, known.upper)

    for _ in range(_END_STEPS):
        points = jax.vmap(corrected)(points, sides)
    return points[0], points[1]
