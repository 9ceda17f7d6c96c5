"""A strength where profile likelihoods meet a condition, nuisances and strength found together.

At every point −ln L is a parabola; refitted nuisances leave one in the strength alone. The
condition is met on these parabolas, and strength and nuisances move there at once: 4 to 6
evaluations where a search along refitted strengths takes some forty.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.linalg import cho_solve
from jaxtyping import Array, Bool, Float

from dmjax.fits.fit import fixed_mask, left_out, problem_of
from dmjax.fits.lanes import Problem
from dmjax.fits.roots import bracketed_root
from dmjax.fits.steps import Point, quadratic
from dmjax.likelihood.joint import Data, JointModel
from dmjax.limits.test_statistics import Strength

Scalar = Float[Array, ""]
Values = Float[Array, " parameters"]
Height = Callable[[Float[Array, " data"]], tuple[Scalar, Any]]
"""Statistics −2Δ ln L of each data set to (what rises through 0, anything else)."""

STEPS = 40
_NEAR, _FITTED, _TRUSTED = 1e-5, 1e-7, 0.1
_MODEL_STEPS, _REACH = 24, 8.0


class Side(NamedTuple):
    """One data set of a condition.

    Attributes:
        data: the data.
        start: where its nuisances begin, (parameters).
        base: −2 ln L that the statistic is counted from.
    """

    data: Data
    start: Values
    base: Scalar


class Along(NamedTuple):
    """−ln L along the strength, nuisances refitted, as a parabola around a point.

    Attributes:
        value, slope, bend: of the parabola.
        rest, turn: nuisances move by −rest − turn × the move of the strength, (parameters).
        distance: ½ gᵀH⁻¹g of the nuisances: how far they are from their fit.
    """

    value: Scalar
    slope: Scalar
    bend: Scalar
    rest: Values
    turn: Values
    distance: Scalar


class Met(NamedTuple):
    """Where a condition is met.

    Attributes:
        x: the strength, or the last one tried.
        info: what the condition returned beside its value there.
        values: of the parameters of every side, (sides, parameters).
        reached: whether the condition is met at all.
        found: whether the search has ended with one or the other.
        steps: evaluations of every side.
    """

    x: Scalar
    info: Any
    values: Float[Array, "sides parameters"]
    reached: Bool[Array, ""]
    found: Bool[Array, ""]
    steps: Array


def along(point: Point, box: Any, index: int) -> Along:
    """The parabola along one parameter of a box that holds it."""
    held = (point.hessian, point.hessian if point.safe is None else point.safe)
    ways = [quadratic(point._replace(hessian=hessian), box) for hessian in held]
    unit = 1e-12 * jnp.eye(point.x.size, dtype=point.x.dtype)
    lower = jnp.linalg.cholesky(jnp.stack([way.hessian + unit for way in ways]))
    scales = jnp.stack([way.scale for way in ways])
    free = ~ways[0].held
    mixed = jnp.stack([jnp.where(free, hessian[index], 0.0) for hessian in held])
    sides = jnp.stack([jnp.stack([way.gradient for way in ways]), mixed * scales], axis=2)
    solved = jax.vmap(lambda half, side: cho_solve((half, True), side))(lower, sides)
    solved = solved * scales[:, :, None]
    good = jnp.all(jnp.isfinite(solved[0]))
    rest, turn = jnp.where(good, solved[0], solved[1]).T
    mixed = jnp.where(good, mixed[0], mixed[1])
    gradient = jnp.where(free, point.gradient, 0.0)
    lost = 0.5 * gradient @ rest
    return Along(
        value=point.value - lost,
        slope=point.gradient[index] - turn @ gradient,
        bend=point.hessian[index, index] - mixed @ turn,
        rest=rest,
        turn=turn,
        distance=lost,
    )


class _Bracket(NamedTuple):
    """Where the condition is negative, its value there, where it is positive, and whether it is."""

    low: Scalar
    at_low: Scalar
    high: Scalar
    crossed: Bool[Array, ""]


class _Search(NamedTuple):
    x: Scalar
    places: Float[Array, "sides parameters"]
    memories: tuple[Any, ...]
    info: Any
    ends: _Bracket
    reached: Bool[Array, ""]
    found: Bool[Array, ""]
    count: Array


def _narrowed(state: _Search, height: Scalar, trusted: Bool[Array, ""]) -> _Bracket:
    """The bracket once the condition is known at another strength."""
    ends = state.ends
    below, above = trusted & (height < 0.0), trusted & (height > 0.0)
    return _Bracket(
        jnp.where(below, jnp.maximum(ends.low, state.x), ends.low),
        jnp.where(below & (state.x >= ends.low), height, ends.at_low),
        jnp.where(above, jnp.minimum(ends.high, state.x), ends.high),
        ends.crossed | above,
    )


def _evaluated(problem: Problem, sides: list[Side], places, memories) -> list[Point]:
    """A point of every side, in one program where the data have one form."""
    before = [problem.first(x)._replace(memory=m) for x, m in zip(places, memories, strict=True)]
    kinds = {jax.tree.structure(side.data) for side in sides}
    if len(sides) == 1 or len(kinds) > 1:
        each = zip(sides, places, before, strict=True)
        return [problem.evaluate(side.data, x, old) for side, x, old in each]
    stacked = jax.tree.map(
        lambda *parts: jnp.stack([part.astype(parts[-1].dtype) for part in parts]),
        *[(side.data, x, old) for side, x, old in zip(sides, places, before, strict=True)],
    )
    points = jax.vmap(problem.evaluate)(*stacked)
    return [jax.tree.map(lambda leaf, i=i: leaf[i], points) for i in range(len(sides))]


def profile_root(
    joint: JointModel,
    chosen: Strength,
    sides: list[Side],
    height: Height,
    first: Scalar,
    low: Scalar,
    at_low: Scalar,
    most: Scalar,
    unit: Scalar,
) -> Met:
    """Where a condition on profile likelihoods at a common strength is met.

    Args:
        joint, chosen: model and its strength.
        sides: data sets; of the same form where there are two, as a rule.
        height: the condition, negative at `low`, rising beyond.
        first: strength to begin at, ≥ low.
        low, at_low: where the condition is surely negative, and an estimate of it there.
        most: never looked beyond.
        unit: a strength of the size of one event.

    Returns:
        `Met`, without gradient. Where `found` is False the parabolas did not lead anywhere: a
        slower search may.
    """
    n = sides[0].start.size
    here = np.arange(n) == chosen.index
    problem = problem_of(joint, fixed_mask(joint, jnp.asarray(here)), STEPS)
    bases = jnp.stack([side.base - 2.0 * left_out(joint, side.data) for side in sides])

    def step(state: _Search) -> _Search:
        places = jnp.where(here[None], state.x, state.places)
        points = _evaluated(problem, sides, list(places), state.memories)
        parts = [along(point, problem.box(point.x), chosen.index) for point in points]
        every = Along(*(jnp.stack(column) for column in zip(*parts, strict=True)))

        # A parabola that opens downward holds near its point alone: its slope serves farther.
        curved = jnp.maximum(every.bend, 0.0)

        def model(x: Scalar):
            move = x - state.x
            rise = 2.0 * (every.value + every.slope * move) + curved * move * move
            return height(jnp.maximum(rise - bases, 0.0))

        here_height = model(state.x)[0]
        ends = _narrowed(state, here_height, jnp.all(every.distance < _TRUSTED))
        bend = jnp.max(curved)
        wide = jnp.where(bend > 0.0, 1.0 / jnp.sqrt(jnp.where(bend > 0.0, bend, 1.0)), unit)
        wide = _REACH * jnp.maximum(state.x - low, jnp.minimum(wide, 1e6 * unit))
        far = jnp.minimum(ends.high, state.x + wide)
        at_far = model(far)[0]
        met = bracketed_root(
            lambda x: model(x)[0], ends.low, far, ends.at_low, at_far, _MODEL_STEPS
        )
        beyond = jnp.where(far < ends.high, far, 0.5 * (ends.low + ends.high))
        beyond = jnp.where(ends.crossed, beyond, far)
        x = jnp.where(at_far > 0.0, met, beyond)
        move = x - state.x
        moved = places - every.rest - every.turn * move
        moved = jnp.clip(moved, joint.parameters.lower[None], joint.parameters.upper[None])
        still = jnp.abs(move) <= _NEAR * (x - low)
        known = jnp.isfinite(x) & jnp.all(jnp.isfinite(moved))
        ended = known & still & jnp.all(every.distance < _FITTED)
        memories = tuple(point.memory for point in points)
        crossed = ends.crossed | (at_far > 0.0)
        return _Search(x, moved, memories, model(x)[1], ends, crossed, ended, state.count + 1)

    def going(state: _Search):
        return ~state.found & (state.count < STEPS) & jnp.isfinite(state.x)

    starts = jnp.stack([side.start for side in sides])
    memories = tuple(problem.first(side.start).memory for side in sides)
    info = jax.tree.map(jnp.zeros_like, jax.eval_shape(height, jnp.zeros_like(bases))[1])
    no = jnp.zeros((), bool)
    nowhere = most <= low
    ends = _Bracket(low, at_low, most, no)
    x, count = jnp.maximum(first, low), jnp.zeros((), int)
    begin = _Search(x, starts, memories, info, ends, no, nowhere, count)
    end = jax.lax.while_loop(going, step, begin)
    return Met(end.x, end.info, end.places, end.reached, end.found, end.count)


def mended(limits: Callable, templates: Any, failed: Callable) -> Any:
    """Limits of many templates by a quick search, and by a sure one where that fails.

    Args:
        limits: (templates, whether surely) to a tree of arrays, one row per template.
        templates: tree of arrays with the templates along their first axis.
        failed: the tree to a mask of its rows.
    """
    found = limits(templates, False)
    rows = np.flatnonzero(np.asarray(failed(found)))
    if rows.size == 0:
        return found
    again = limits(jax.tree.map(lambda leaf: leaf[rows], templates), True)
    return jax.tree.map(lambda all, some: all.at[rows].set(some), found, again)
