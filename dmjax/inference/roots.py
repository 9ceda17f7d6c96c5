"""Bracketed root finding with a fixed number of steps, so that batches cost the same for all."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

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
    epsilon = jnp.finfo(low.dtype).eps

    def step(_, state):
        a, fa, b, fb, fraction = state
        x = a + fraction * (b - a)
        fx = function(x)
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

    start = (low, at_low, high, at_high, jnp.full_like(low, 0.5))
    a, fa, b, fb, _ = jax.lax.fori_loop(0, steps, step, start)
    return jnp.where(jnp.abs(fa) <= jnp.abs(fb), a, b)
