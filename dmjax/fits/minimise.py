"""A bounded damped Newton minimiser with a fixed budget, for batches of small fits.

Bounds are kept by projection: a parameter at a bound whose gradient points outward is held for
that step. Every element of a batch ends with a status.
"""

from collections.abc import Callable
from enum import IntEnum
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from dmjax.fits.steps import FLAT, Point, Step, axis_step, newton_point, quadratic

Scalar = Float[Array, ""]
Vector = Float[Array, " n"]
Matrix = Float[Array, "n n"]
Evaluate = Callable[[Vector, Point], Point]
"""A place, and the point that the step to it began at, to the point there."""

_SMALL_DAMPING, _LARGEST_DAMPING = 1e-2, 1e12


class Status(IntEnum):
    """How a minimisation ended."""

    CONVERGED = 0
    BUDGET = 1
    STALLED = 2
    BAD_START = 3
    ABOVE_TRUTH = 4


STATUS_TEXT = (
    "converged",
    "steps used up before convergence",
    "no downhill step found",
    "function not finite at the start",
    "ended above the likelihood of what was thrown",
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
        status: a `Status`; where the start is bad, `x` is the start and the value NaN.
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


class Box(NamedTuple):
    """Where parameters may move.

    Attributes:
        lower, upper: ends, (n,); infinite where there is no bound, equal where fixed.
        fixed: parameters that do not move.
    """

    lower: Vector
    upper: Vector
    fixed: Bool[Array, " n"]


def box_of(start: Vector, lower: Vector, upper: Vector, fixed: Bool[Array, " n"] | None) -> Box:
    """The box of a start whose fixed parameters stay there."""
    fixed = jnp.zeros(start.shape, bool) if fixed is None else fixed
    lower, upper = (jnp.where(fixed, start, end.astype(start.dtype)) for end in (lower, upper))
    return Box(lower, upper, fixed)


def is_finite(point: Point) -> Bool[Array, ""]:
    """Whether value, gradient and Hessian are numbers."""
    parts = (point.value, point.gradient, point.hessian)
    return jnp.all(jnp.stack([jnp.all(jnp.isfinite(part)) for part in parts]))


class Descent(NamedTuple):
    """A minimisation under way.

    Attributes:
        point: the lowest so far; of value +inf before the first evaluation.
        damping: of the next step.
        there: where it ends.
        distance: estimated vertical distance to the minimum.
        status: a `Status`; BUDGET while it goes on.
        count: evaluations used.
    """

    point: Point
    damping: Scalar
    there: Vector
    distance: Scalar
    status: Int[Array, ""]
    count: Int[Array, ""]


def unknown_point(x: Vector, hessian: Matrix | None = None) -> Point:
    """A place where nothing has been evaluated yet."""
    unit = jnp.eye(x.size, dtype=x.dtype)
    hessian = unit if hessian is None else hessian
    return Point(x, jnp.full((), jnp.inf, x.dtype), jnp.zeros_like(x), hessian)


def begun(first: Point, box: Box) -> Descent:
    """A minimisation before its first evaluation, at an `unknown_point`."""
    zero = jnp.zeros((), first.x.dtype)
    good = jnp.all(jnp.isfinite(first.x))
    status = jnp.where(good, Status.BUDGET, Status.BAD_START)
    there = jnp.clip(first.x, box.lower, box.upper)
    return Descent(first, zero, there, zero + jnp.inf, status, jnp.zeros((), int))


def advanced(
    evaluate: Evaluate, state: Descent, box: Box, step_of: Step, precision: float
) -> Descent:
    """One evaluation, and where the next one will be; see `descend`."""
    point, damping = state.point, state.damping
    epsilon = jnp.finfo(point.x.dtype).eps
    trial = evaluate(state.there, point)
    slack = 8.0 * epsilon * (1.0 + jnp.abs(point.value))
    better = is_finite(trial) & (trial.value <= point.value + slack)
    point = jax.tree.map(lambda new, old: jnp.where(better, new, old), trial, point)
    less = jnp.where(damping <= _SMALL_DAMPING, 0.0, 0.1 * damping)
    damping = jnp.where(better, less, jnp.maximum(10.0 * damping, _SMALL_DAMPING))
    move, distance = step_of(point, box, damping)
    status = jnp.where(damping > _LARGEST_DAMPING, Status.STALLED, Status.BUDGET)
    near = (distance < epsilon**precision) & (damping == 0.0)
    status = jnp.where(near, Status.CONVERGED, status)
    status = jnp.where(jnp.isfinite(point.value), status, Status.BAD_START)
    there = jnp.clip(point.x + move, box.lower, box.upper)
    return Descent(point, damping, there, distance, status, state.count + 1)


def ended(state: Descent, steps: int) -> Bool[Array, ""]:
    """Whether a minimisation has a status, or no steps left."""
    return (state.status != Status.BUDGET) | (state.count >= steps)


def minimum_at(state: Descent, box: Box) -> Minimum:
    """What a minimisation that has ended found."""
    point = state.point
    return Minimum(
        x=point.x,
        value=jnp.where(jnp.isfinite(point.value), point.value, jnp.nan),
        gradient=point.gradient,
        hessian=point.hessian,
        held=quadratic(point, box).held,
        distance=state.distance,
        status=state.status,
        steps=state.count,
    )


def descend(
    evaluate: Evaluate,
    first: Point,
    box: Box,
    steps: int,
    step_of: Step = axis_step,
    precision: float = 0.5,
) -> Minimum:
    """Damped steps downhill from an `unknown_point`.

    A trial that is not finite or higher is not taken, and the damping grows; it falls again with
    every step that is. The function stands once in one loop: it compiles once.

    Args:
        evaluate: the function with its slope and curvature.
        first: where to begin; its Hessian and memory are handed to the first evaluation.
        box: of the parameters.
        steps: budget of evaluations; static.
        step_of: how a step follows from a point; static.
        precision: converged is a distance to the minimum below ε to this power; static. Newton's
            last step goes far beyond it; steps that converge slower need more.

    Returns:
        `Minimum`.
    """

    def going(state):
        return ~ended(state, steps)

    def step(state):
        return advanced(evaluate, state, box, step_of, precision)

    return minimum_at(jax.lax.while_loop(going, step, begun(first, box)), box)


def minimise(
    function: Callable[[Vector], Scalar],
    start: Vector,
    lower: Vector,
    upper: Vector,
    fixed: Bool[Array, " n"] | None = None,
    steps: int = 60,
) -> Minimum:
    """Minimum of a smooth function in a box. vmap it over anything it closes over, or the start.

    Few parameters, smooth function: the Hessian is taken forward over forward.

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
    box = box_of(start, lower, upper, fixed)
    return descend(lambda x, _: newton_point(function, x), unknown_point(start), box, steps)


def covariance(minimum: Minimum) -> Matrix:
    """Inverse Hessian of the parameters that could move; 0 for the others, +inf where flat.

    With `value` = −ln L it is the covariance matrix of the estimates.
    """
    everywhere = jnp.full(minimum.x.shape, jnp.inf, minimum.x.dtype)
    point = Point(minimum.x, minimum.value, minimum.gradient, minimum.hessian)
    q = quadratic(point, Box(-everywhere, everywhere, minimum.held))
    curvatures, axes = jnp.linalg.eigh(q.hessian)
    flat = jnp.abs(curvatures) <= 10.0 * FLAT
    inverse = (axes / jnp.where(flat, 1.0, jnp.abs(curvatures))[None, :]) @ axes.T
    touched = jnp.sum(jnp.where(flat[None, :], axes**2, 0.0), axis=1) > 1e-6
    inverse = inverse * q.scale[:, None] * q.scale[None, :]
    free = ~minimum.held[:, None] & ~minimum.held[None, :]
    inverse = jnp.where(free, inverse, 0.0)
    return inverse + jnp.diag(jnp.where(touched & ~minimum.held, jnp.inf, 0.0))
