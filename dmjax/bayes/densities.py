"""Piecewise-linear densities: their cumulative functions and the inverse, exactly."""

import jax.numpy as jnp
from jaxtyping import Array, Float

Scalar = Float[Array, ""]
Knots = Float[Array, " knots"]


def cumulative(knots: Knots, density: Knots) -> Knots:
    """Integral of a density up to each knot.

    >>> cumulative(jnp.asarray([0.0, 1.0, 3.0]), jnp.asarray([1.0, 3.0, 3.0])).tolist()
    [0.0, 2.0, 8.0]
    """
    pieces = 0.5 * (density[1:] + density[:-1]) * jnp.diff(knots)
    return jnp.concatenate([jnp.zeros(1, density.dtype), jnp.cumsum(pieces)])


def cell(knots: Knots, value: Scalar) -> Array:
    """Number of the piece that holds a value; the first or last one beyond the ends."""
    return jnp.clip(jnp.searchsorted(knots, value, side="right") - 1, 0, knots.size - 2)


def density_at(knots: Knots, density: Knots, x: Scalar) -> Scalar:
    """The density, constant beyond the first and last knot."""
    k = cell(knots, x)
    u = jnp.clip((x - knots[k]) / (knots[k + 1] - knots[k]), 0.0, 1.0)
    return density[k] + u * (density[k + 1] - density[k])


def cdf(knots: Knots, density: Knots, total: Knots, x: Scalar) -> Scalar:
    """Integral from the first knot to x, negative below it; `total` from `cumulative`."""
    inside = jnp.clip(x, knots[0], knots[-1])
    k = cell(knots, inside)
    here = density_at(knots, density, x)
    return total[k] + 0.5 * (inside - knots[k]) * (density[k] + here) + (x - inside) * here


def inverse_cdf(knots: Knots, density: Knots, total: Knots, target: Scalar) -> Scalar:
    """The x at which `cdf` is `target`.

    >>> knots, density = jnp.asarray([0.0, 1.0, 3.0]), jnp.asarray([1.0, 3.0, 3.0])
    >>> total = cumulative(knots, density)
    >>> x = inverse_cdf(knots, density, total, cdf(knots, density, total, jnp.asarray(0.3)))
    >>> round(float(x), 6)
    0.3
    """
    inside = jnp.clip(target, 0.0, total[-1])
    k = cell(total, inside)
    missing = inside - total[k]
    gradient = (density[k + 1] - density[k]) / (knots[k + 1] - knots[k])
    square = density[k] ** 2 + 2.0 * gradient * missing
    smallest = jnp.minimum(density[k], density[k + 1]) ** 2
    x = knots[k] + 2.0 * missing / (density[k] + jnp.sqrt(jnp.maximum(square, smallest)))
    return x + (target - inside) / jnp.where(target < 0, density[0], density[-1])


def share_between(knots: Knots, density: Knots, ends: Float[Array, "2"]) -> Scalar:
    """Integral of a density between two values."""
    total = cumulative(knots, density)
    return cdf(knots, density, total, ends[1]) - cdf(knots, density, total, ends[0])
