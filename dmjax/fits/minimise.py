"""A bounded damped Newton minimiser with a fixed budget, for batches of small fits.

Few parameters, smooth function: the Hessian is taken forward over forward. Bounds are kept by
projection: a parameter at a bound whose gradient points outward is held for that step. Every
element of a batch ends with a status; nothing is ever NaN.
"""

from collections.abc import Callable
from enum import IntEnum
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

Scalar = Float[Array, ""]
Vector = Float[Array, " n"]
Matrix = Float[Array, "n n"]

_LARGEST_DAMPING = 1e12
_FLAT = 1e-13


class Status(IntEnum):
    """How a minimisation ended."""

    CONVERGED = 0
    BUDGET = 1
    STALLED = 2
    BAD_START = 3


STATUS_TEXT = (
    "converged",
    "steps used up before convergence",
    "no downhill step found",
    "function not finite at the start",
)
"""One line per `Status`."""


class Minimum(NamedTuple):
    """Where a minimisation ended.

    Attributes:
        x: parameters, inside the bounds.
        value: function there.
        gradient, hessian: there.
        held: parameters fixed by the caller, or held at a bound.
        distance: estimated vertical distance to the minimum, ½ gᵀH⁻¹g.
        status: a `Status`.
        steps: evaluations used.
    """

    x: Vector
    value: Scalar
    gradient: Vector
    hessian: Matrix
    held: Bool[Array, " n"]
    distance: Scalar
    status: Int[Array, ""]
    steps: Int[Array, ""]


class _Point(NamedTuple):
    x: Vector
    value: Scalar
    gradient: Vector
    hessian: Matrix


def _evaluate(function: Callable[[Vector], Scalar], x: Vector) -> _Point:
    """Value, gradient and Hessian in one pass."""

    def once(x):
        value = function(x)
        return value, value

    def twice(x):
        gradient, value = jax.jacfwd(once, has_aux=True)(x)
        return gradient, (gradient, value)

    hessian, (gradient, value) = jax.jacfwd(twice, has_aux=True)(x)
    return _Point(x, value, gradient, hessian)


def _finite(point: _Point):
    parts = (point.value, point.gradient, point.hessian)
    return jnp.all(jnp.stack([jnp.all(jnp.isfinite(part)) for part in parts]))


class _Quadratic(NamedTuple):
    """The local parabola on the parameters that may move, in unit-curvature coordinates."""

    held: Bool[Array, " n"]
    scale: Vector
    gradient: Vector
    curvatures: Vector
    axes: Matrix


def _quadratic(point: _Point, lower: Vector, upper: Vector, fixed: Bool[Array, " n"]):
    outward = ((point.x <= lower) & (point.gradient > 0)) | (
        (point.x >= upper) & (point.gradient < 0)
    )
    held = fixed | outward
    size = jnp.abs(jnp.diagonal(point.hessian))
    used = (size > 0) & jnp.isfinite(size) & ~held
    scale = jnp.where(used, 1.0 / jnp.sqrt(jnp.where(used, size, 1.0)), 1.0)
    hessian = point.hessian * scale[:, None] * scale[None, :]
    moving = ~held[:, None] & ~held[None, :]
    hessian = jnp.where(moving, hessian, jnp.eye(held.size, dtype=scale.dtype))
    hessian = jnp.where(jnp.isfinite(hessian), hessian, 0.0)
    curvatures, axes = jnp.linalg.eigh(hessian)
    gradient = jnp.where(held, 0.0, point.gradient * scale)
    return _Quadratic(held, scale, axes.T @ gradient, curvatures, axes)


def _newton(q: _Quadratic, damping: Scalar) -> Vector:
    """Damped step −(|H| + λ)⁻¹ g; a saddle is left downhill."""
    stiff = jnp.maximum(jnp.abs(q.curvatures), _FLAT) + damping
    step = q.axes @ (-q.gradient / stiff)
    return jnp.where(q.held, 0.0, step * q.scale)


def _distance(q: _Quadratic) -> Scalar:
    """½ gᵀ|H|⁻¹g; flat directions count where the gradient is not zero."""
    stiff = jnp.maximum(jnp.abs(q.curvatures), _FLAT)
    return 0.5 * jnp.sum(q.gradient * q.gradient / stiff)


def minimise(
    function: Callable[[Vector], Scalar],
    start: Vector,
    lower: Vector,
    upper: Vector,
    fixed: Bool[Array, " n"] | None = None,
    steps: int = 60,
) -> Minimum:
    """Minimum of a smooth function in a box. vmap it over anything it closes over, or the start.

    Args:
        function: (n,) to scalar, twice differentiable forward.
        start: where to begin; moved into the box.
        lower, upper: the box; infinite where there is no bound.
        fixed: parameters that keep their start value.
        steps: budget of evaluations; static. A batch runs until its slowest element is done, at
            most this long.

    Returns:
        `Minimum`. Converged means that the estimated distance to the minimum is below √ε
        (1.5e−8 in float64) in units of the function.

    >>> from jax import numpy as jnp
    >>> ends = (jnp.asarray([-5.0, 0.0]), jnp.asarray([5.0, 5.0]))
    >>> def f(x):
    ...     return jnp.cosh(x[0] - 1.0) + (x[1] + 1.0) ** 2
    >>> found = minimise(f, jnp.asarray([4.0, 3.0]), *ends)
    >>> found.x.round(4).tolist(), int(found.status)
    ([1.0, 0.0], 0)
    """
    dtype = start.dtype
    lower, upper = lower.astype(dtype), upper.astype(dtype)
    fixed = jnp.zeros(start.shape, bool) if fixed is None else fixed
    lower, upper = jnp.where(fixed, start, lower), jnp.where(fixed, start, upper)
    epsilon = jnp.finfo(dtype).eps
    first = _evaluate(function, jnp.clip(start, lower, upper))
    good = _finite(first)
    first = jax.tree.map(lambda part: jnp.where(jnp.isfinite(part), part, 0.0), first)

    def judge(point, damping):
        q = _quadratic(point, lower, upper, fixed)
        near = _distance(q) < jnp.sqrt(epsilon)
        stuck = damping > _LARGEST_DAMPING
        status = jnp.where(stuck, Status.STALLED, Status.BUDGET)
        return jnp.where(near, Status.CONVERGED, status), q

    def going(state):
        _, _, count, status = state
        return (status == Status.BUDGET) & (count < steps)

    def step(state):
        point, damping, count, _ = state
        _, q = judge(point, damping)
        trial = _evaluate(function, jnp.clip(point.x + _newton(q, damping), lower, upper))
        slack = 8.0 * epsilon * (1.0 + jnp.abs(point.value))
        better = _finite(trial) & (trial.value <= point.value + slack)
        point = jax.tree.map(lambda new, old: jnp.where(better, new, old), trial, point)
        less = jnp.where(damping < 1e-3, 0.0, 0.1 * damping)
        damping = jnp.where(better, less, jnp.maximum(10.0 * damping, 1e-2))
        return point, damping, count + 1, judge(point, damping)[0]

    zero = jnp.zeros((), dtype)
    begun = jnp.where(good, judge(first, zero)[0], Status.BAD_START)
    state = (first, zero, jnp.asarray(1), begun)
    point, _, count, status = jax.lax.while_loop(going, step, state)
    q = _quadratic(point, lower, upper, fixed)
    return Minimum(
        x=point.x,
        value=point.value,
        gradient=point.gradient,
        hessian=point.hessian,
        held=q.held,
        distance=_distance(q),
        status=status,
        steps=count,
    )


def covariance(minimum: Minimum) -> Matrix:
    """Inverse Hessian of the parameters that could move; 0 for the others, +inf where flat.

    With `value` = −ln L it is the covariance matrix of the estimates.
    """
    everywhere = jnp.full(minimum.x.shape, jnp.inf, minimum.x.dtype)
    point = _Point(minimum.x, minimum.value, minimum.gradient, minimum.hessian)
    q = _quadratic(point, -everywhere, everywhere, minimum.held)
    flat = jnp.abs(q.curvatures) <= 10.0 * _FLAT
    inverse = (q.axes / jnp.where(flat, 1.0, jnp.abs(q.curvatures))[None, :]) @ q.axes.T
    touched = jnp.sum(jnp.where(flat[None, :], q.axes**2, 0.0), axis=1) > 1e-6
    inverse = inverse * q.scale[:, None] * q.scale[None, :]
    free = ~minimum.held[:, None] & ~minimum.held[None, :]
    inverse = jnp.where(free, inverse, 0.0)
    return inverse + jnp.diag(jnp.where(touched & ~minimum.held, jnp.inf, 0.0))
