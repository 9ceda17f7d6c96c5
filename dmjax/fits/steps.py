"""Steps of a minimiser: what is known at a point, and where the parabola there is lowest."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax.scipy.linalg import cho_solve
from jaxtyping import Array, Bool, Float

Scalar = Float[Array, ""]
Vector = Float[Array, " n"]
Matrix = Float[Array, "n n"]

FLAT = 1e-13
"""Curvature, of a parabola scaled to 1, below which a direction is flat."""


class Point(NamedTuple):
    """A function at a place.

    Attributes:
        x: the place.
        value, gradient, hessian: there; the Hessian may be an approximation.
        safe: a Hessian without negative curvature, for `factor_step`; None elsewhere.
        memory: what the next evaluation is helped by.
    """

    x: Vector
    value: Scalar
    gradient: Vector
    hessian: Matrix
    safe: Matrix | None = None
    memory: Any = ()


_TINY = 1e-30

Step = Callable[[Point, Any, Scalar], tuple[Vector, Scalar]]
"""(point, box, damping) to (step, estimated distance ½ gᵀH⁻¹g to the minimum)."""


class Quadratic(NamedTuple):
    """The local parabola on the parameters that may move, in unit-curvature coordinates."""

    held: Bool[Array, " n"]
    scale: Vector
    gradient: Vector
    hessian: Matrix


def newton_point(function: Callable[[Vector], Scalar], x: Vector) -> Point:
    """Value, gradient and exact Hessian, forward over forward, in one pass."""

    def once(x):
        value = function(x)
        return value, value

    def twice(x):
        gradient, value = jax.jacfwd(once, has_aux=True)(x)
        return gradient, (gradient, value)

    hessian, (gradient, value) = jax.jacfwd(twice, has_aux=True)(x)
    return Point(x, value, gradient, hessian)


def secant_hessian(hessian: Matrix, moved: Vector, change: Vector) -> Matrix:
    """BFGS: H − (Hs)(Hs)ᵀ/sᵀHs + yyᵀ/yᵀs, for a step s and the change y of the gradient.

    H stays as it is where yᵀs is not positive: the parabola would open downward.

    Source: J. Nocedal and S. J. Wright, Numerical Optimization (2006), Eq. 6.19.

    >>> made = secant_hessian(jnp.eye(2), jnp.asarray([1.0, 0.0]), jnp.asarray([3.0, 0.0]))
    >>> made.tolist()
    [[3.0, 0.0], [0.0, 1.0]]
    """
    along = hessian @ moved
    steep, rise = moved @ along, change @ moved
    usable = (steep > _TINY) & (rise > 1e-10 * steep)
    off = jnp.outer(along, along) / jnp.where(usable, steep, 1.0)
    on = jnp.outer(change, change) / jnp.where(usable, rise, 1.0)
    return hessian + jnp.where(usable, on - off, 0.0)


def quadratic(point: Point, box: Any) -> Quadratic:
    """The parabola at a point of a `minimise.Box`."""
    outward = ((point.x <= box.lower) & (point.gradient > 0)) | (
        (point.x >= box.upper) & (point.gradient < 0)
    )
    held = box.fixed | outward
    size = jnp.abs(jnp.diagonal(point.hessian))
    used = (size > 0) & jnp.isfinite(size) & ~held
    scale = jnp.where(used, 1.0 / jnp.sqrt(jnp.where(used, size, 1.0)), 1.0)
    hessian = point.hessian * scale[:, None] * scale[None, :]
    moving = ~held[:, None] & ~held[None, :]
    hessian = jnp.where(moving, hessian, jnp.eye(held.size, dtype=scale.dtype))
    hessian = jnp.where(jnp.isfinite(hessian), hessian, 0.0)
    return Quadratic(held, scale, jnp.where(held, 0.0, point.gradient * scale), hessian)


def axis_step(point: Point, box: Any, damping: Scalar) -> tuple[Vector, Scalar]:
    """Damped step −(|H| + λ)⁻¹ g along the axes of any Hessian; a saddle is left downhill."""
    q = quadratic(point, box)
    curvatures, axes = jnp.linalg.eigh(q.hessian)
    gradient = axes.T @ q.gradient
    stiff = jnp.maximum(jnp.abs(curvatures), FLAT)
    step = axes @ (-gradient / (stiff + damping))
    distance = 0.5 * jnp.sum(gradient * gradient / stiff)
    return jnp.where(q.held, 0.0, step * q.scale), distance


def factor_step(point: Point, box: Any, damping: Scalar) -> tuple[Vector, Scalar]:
    """The same by Cholesky, many times faster: with the Hessian, or what is safe where that fails.

    The distance is that of the damped parabola, so without damping alone that of the point.
    """
    unit = jnp.eye(point.x.size, dtype=point.x.dtype)
    hessians = (point.hessian,) if point.safe is None else (point.hessian, point.safe)
    ways = [quadratic(point._replace(hessian=hessian), box) for hessian in hessians]
    # All in one call: two that wait for the same threads at once can wait for ever.
    matrices = jnp.stack([way.hessian for way in ways]) + (1e-12 + damping) * unit[None]
    gradients = jnp.stack([way.gradient for way in ways])
    lower = jnp.linalg.cholesky(matrices)
    solved = jax.vmap(lambda half, g: cho_solve((half, True), g))(lower, gradients)
    solved = solved * jnp.stack([way.scale for way in ways])
    good = jnp.all(jnp.isfinite(solved), axis=1)
    step = -jnp.where(good[0], solved[0], jnp.where(good[-1], solved[-1], _downhill(ways[0])))
    step = jnp.where(ways[0].held, 0.0, step)
    distance = -0.5 * jnp.sum(point.gradient * step)
    return step, jnp.where(good[0] | good[-1], distance, jnp.inf)


def _downhill(way: Quadratic) -> Vector:
    return way.gradient * way.scale
