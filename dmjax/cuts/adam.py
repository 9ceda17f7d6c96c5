"""Optax's Adam along a course: a function and a largest step that change from step to step."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float


def climbed(
    slope: Callable[[Any, Any], Any],
    start: Any,
    course: Float[Array, " steps"],
    rates: tuple[float, float],
    held: Callable[[Any], Any] = lambda place: place,
) -> Any:
    """Follow a slope uphill.

    Args:
        slope: of (entry of the course, place); where it is not finite it is taken as 0.
        start: arrays to begin with, one or a tree of them.
        course: what differs between steps, one entry each.
        rates: largest step at the start and at the end.
        held: brings a place back to where it may be.

    >>> top = climbed(lambda _, x: -2.0 * (x - 3.0), jnp.zeros(()), jnp.zeros(400), (0.1, 0.001))
    >>> round(float(top), 2)
    3.0
    """
    method = optax.scale_by_adam()

    def one(carry, how):
        at, state = carry
        entry, rate = how
        uphill = jax.tree.map(
            lambda x: jnp.where(jnp.isfinite(x), x, jnp.zeros_like(x)), slope(entry, at)
        )
        # Optax mixes its step counter with decay rates: strict promotion refuses that.
        with jax.numpy_dtype_promotion("standard"):
            moved, state = method.update(uphill, state)
        return (held(jax.tree.map(lambda x, step: x + rate * step, at, moved)), state), None

    steps = jnp.asarray(np.geomspace(*rates, course.size), course.dtype)
    (found, _), _ = jax.lax.scan(one, (start, method.init(start)), (course, steps))
    return found
