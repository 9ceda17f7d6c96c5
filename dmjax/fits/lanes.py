"""Many fits at once: a few run side by side, and one that has ended makes room for the next.

A batch under vmap runs until its slowest fit has ended, and most of it waits: toys take 3 to 5
steps as a rule, and a few of them 15.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from dmjax.fits.minimise import Box, advanced, begun, ended
from dmjax.fits.steps import Point, Step

Vector = Float[Array, " n"]

LANES = 50
"""Fits side by side: their counts and templates fit the cache."""


class Problem(NamedTuple):
    """What is minimised, for every item.

    Attributes:
        evaluate: (item, place, the point before) to the point there.
        first: an `unknown_point` at a start.
        box: of the parameters, at a start.
        step_of, precision, steps: see `minimise.descend`.
    """

    evaluate: Callable[[Any, Vector, Point], Point]
    first: Callable[[Vector], Point]
    box: Callable[[Vector], Box]
    step_of: Step
    precision: float
    steps: int


class Ends(NamedTuple):
    """Where minimisations ended.

    Attributes:
        x: (items, n).
        value, status, steps: (items,), see `minimise.Minimum`.
    """

    x: Float[Array, "items n"]
    value: Float[Array, " items"]
    status: Int[Array, " items"]
    steps: Int[Array, " items"]


class _Work(NamedTuple):
    """Descents of the lanes, the item of each, the next item, and what is known of all items."""

    lanes: Any
    items: Int[Array, " lanes"]
    coming: Int[Array, ""]
    ends: Ends


def minimise_many(
    problem: Problem, items: Any, starts: Float[Array, "items n"], lanes: int = LANES
) -> Ends:
    """The minimum of every item.

    Args:
        problem: what is minimised; static.
        items: tree of arrays with the items along their first axis.
        starts: where each begins.
        lanes: side by side; static.

    Returns:
        `Ends`. What an item gives does not depend on the others.

    >>> from dmjax.fits.minimise import box_of, unknown_point
    >>> from dmjax.fits.steps import axis_step, newton_point
    >>> far = jnp.full(1, 9.0)
    >>> cosh = lambda a, x, _: newton_point(lambda x: jnp.cosh(x[0] - a), x)
    >>> how = (unknown_point, lambda x: box_of(x, -far, far, None), axis_step, 0.5, 60)
    >>> found = minimise_many(Problem(cosh, *how), jnp.arange(4.0), jnp.zeros((4, 1)), lanes=2)
    >>> found.x[:, 0].round(6).tolist()
    [0.0, 1.0, 2.0, 3.0]
    """
    count = starts.shape[0]
    lanes = min(lanes, count)

    def at(tree: Any, numbers: Array) -> Any:
        inside = jnp.minimum(numbers, count - 1)
        return jax.tree.map(lambda leaf: leaf[inside], tree)

    def fresh(numbers: Array) -> Any:
        return jax.vmap(lambda x: begun(problem.first(x), problem.box(x)))(at(starts, numbers))

    def step(item, start, state):
        how = problem.box(start), problem.step_of, problem.precision
        return advanced(lambda x, old: problem.evaluate(item, x, old), state, *how)

    def going(work: _Work):
        return jnp.any(work.items < count)

    def turn(work: _Work) -> _Work:
        numbers = work.items
        moved = jax.vmap(step)(at(items, numbers), at(starts, numbers), work.lanes)
        done = jax.vmap(lambda state: ended(state, problem.steps))(moved)
        # Rows beyond the last are not written.
        rows = jnp.where(done, numbers, count)
        found = Ends(moved.point.x, moved.point.value, moved.status, moved.count)
        ends = jax.tree.map(lambda all, some: all.at[rows].set(some), work.ends, found)
        after = jnp.where(done, work.coming + jnp.cumsum(done) - 1, numbers)
        lanes = jax.tree.map(
            lambda new, old: jnp.where(done.reshape(-1, *(1,) * (old.ndim - 1)), new, old),
            fresh(after),
            moved,
        )
        return _Work(lanes, after, work.coming + jnp.sum(done), ends)

    numbers = jnp.arange(lanes)
    first = fresh(numbers)
    blank = Ends(
        x=jnp.zeros_like(starts),
        value=jnp.full(count, jnp.nan, starts.dtype),
        status=jnp.zeros(count, first.status.dtype),
        steps=jnp.zeros(count, first.count.dtype),
    )
    return jax.lax.while_loop(going, turn, _Work(first, numbers, jnp.asarray(lanes), blank)).ends
