"""Bracketed root finding with a fixed number of steps, so that batches cost the same for all."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

Scalar = Float[Array, ""]


def bracketed_root(
    function: Callable[[Scalar], Scalar],
    low: Scalar,
    high: Scalar,
    at_low: Scalar,
    at_high: Scalar,
    steps: int = 16,
) -> Scalar:
    """Root of a function between two points where its signs differ: Chandrupatla's method.

    Inverse quadratic interpolation where it is safe, else bisection, for a fixed number of steps;
    once converged the point no longer moves.

    Args:
        function: scalar to scalar, continuous.
        low: one end of the bracket.
        high: the other end, in the same unit.
        at_low: the function at `low` (known to the caller, so not evaluated again).
        at_high: the function at `high`, of the opposite sign.
        steps: number of evaluations; static.

    Returns:
        The point of smallest |function| found. With equal signs at both ends it is an end or a
        point in between, never NaN: the caller checks the signs.

    Source: T. R. Chandrupatla, Adv. Eng. Software 28 (1997) 145.

    >>> ends = [jnp.asarray(v) for v in (0.0, 2.0, -2.0, 2.0)]
    >>> round(float(bracketed_root(lambda x: x**2 - 2.0, *ends)), 4)
    1.4142
    """

    def step(_, state):
        a, fa, b, fb, fraction = state
        x = a + fraction * (b - a)
        return _chandrupatla(a, fa, b, fb, x, function(x))

    start = (low, at_low, high, at_high, jnp.full_like(low, 0.5))
    a, fa, b, fb, _ = jax.lax.fori_loop(0, steps, step, start)
    return jnp.where(jnp.abs(fa) <= jnp.abs(fb), a, b)


def _chandrupatla(a, fa, b, fb, x, fx):
    """The bracket after the function is known at x, and where to look next as a fraction of it."""
    epsilon = jnp.finfo(a.dtype).eps
    same = (fx > 0) == (fa > 0)
    c, fc = jnp.where(same, a, b), jnp.where(same, fa, fb)
    b, fb = jnp.where(same, b, a), jnp.where(same, fb, fa)
    a, fa = x, fx

    distinct = (fa != fb) & (fb != fc) & (fc != fa) & (b != c) & (a != b)
    xi = (a - b) / jnp.where(distinct, c - b, 1.0)
    phi = (fa - fb) / jnp.where(distinct, fc - fb, 1.0)
    safe = distinct & (phi * phi < xi) & ((1.0 - phi) ** 2 < 1.0 - xi)
    quadratic = fa / jnp.where(safe, fb - fa, 1.0) * fc / jnp.where(safe, fb - fc, 1.0)
    quadratic += (
        ((c - a) / jnp.where(safe, b - a, 1.0))
        * (fa / jnp.where(safe, fc - fa, 1.0))
        * (fb / jnp.where(safe, fc - fb, 1.0))
    )
    width = jnp.abs(b - a)
    least = jnp.minimum(0.5, 2.0 * epsilon * jnp.abs(a) / jnp.where(width > 0, width, 1.0))
    fraction = jnp.where(safe, jnp.clip(quadratic, least, 1.0 - least), 0.5)
    return a, fa, b, fb, jnp.where(fa == 0, 0.0, fraction)


class Rise(NamedTuple):
    """Where a rising function crosses zero.

    Attributes:
        x: the crossing, or the last point tried.
        value: of the function there.
        info: what the function returned beside its value there.
        reached: whether the function rose above zero at all.
        steps: evaluations used.
    """

    x: Scalar
    value: Scalar
    info: Any
    reached: Bool[Array, ""]
    steps: Int[Array, ""]


def rising_root(
    function: Callable[[Scalar], tuple[Scalar, Any]],
    low: Scalar,
    at_low: Scalar,
    first: Scalar,
    most: Scalar,
    tolerance: float = 1e-6,
    steps: int = 48,
) -> Rise:
    """Root above `low` of a function that starts negative: growing steps, then Chandrupatla's.

    The function stands once in one loop: it compiles once however expensive it is.

    Args:
        function: x to (value, info), info an array or a tree of them.
        low: start of the search.
        at_low: its value there, < 0; an estimate will do.
        first: first step, > 0; later ones follow the secant, at most 16 times larger.
        most: never looked beyond.
        tolerance: on x, relative to its distance from `low`; static.
        steps: budget of evaluations; static.

    Returns:
        `Rise`. A batch runs until its slowest element is done.

    >>> ends = [jnp.asarray(v) for v in (0.0, -2.0, 0.1, 9.0)]
    >>> found = rising_root(lambda x: (x**2 - 2.0, x), *ends)
    >>> round(float(found.x), 5), bool(found.reached)
    (1.41421, True)
    """
    high_enough = most > low

    def going(state):
        return ~state[-1] & (state[-2] < steps)

    def step(state):
        growing, a, fa, b, fb, place, best, count, _ = state
        x = jnp.where(growing, jnp.minimum(place, most), a + place * (b - a))
        fx, info = function(x)
        above = fx > 0
        # Growing: the next point lies where the secant crosses zero, and a little beyond.
        secant = 1.2 * (x - low) * at_low / jnp.where(fx > at_low, at_low - fx, at_low)
        farther = low + jnp.clip(secant, 1.5 * (x - low), 16.0 * (x - low))
        chord = jnp.clip(fx / jnp.where(above, fx - fa, 1.0), 0.02, 0.98)
        grown = (x, fx, a, fa, jnp.where(above, chord, farther))
        halved = _chandrupatla(a, fa, b, fb, x, fx)
        new = jax.tree.map(lambda g, h: jnp.where(growing, g, h), grown, halved)
        still = growing & ~above
        nearer = growing | (jnp.abs(fx) < jnp.abs(best[1]))
        best = jax.tree.map(lambda n, o: jnp.where(nearer, n, o), (x, fx, info), best)
        narrow = jnp.abs(new[0] - new[2]) <= tolerance * jnp.abs(new[0] - low)
        flat = jnp.abs(fx) <= 0.01 * tolerance * jnp.abs(at_low)
        done = jnp.where(still, x >= most, ~growing & (narrow | flat))
        return (still, *new, best, count + 1, done)

    nothing = jax.tree.map(jnp.zeros_like, jax.eval_shape(function, low)[1])
    start = (high_enough, low, at_low, low, at_low, low + first)
    state = (*start, (low, at_low, nothing), jnp.asarray(0), ~high_enough)
    growing, *_, best, count, _ = jax.lax.while_loop(going, step, state)
    return Rise(*best, reached=high_enough & ~growing, steps=count)
