"""What an upper limit is, in a number and a line of text."""

from enum import IntEnum

import jax.numpy as jnp
from jaxtyping import Array


class LimitStatus(IntEnum):
    """What an upper limit is."""

    FOUND = 0
    UNREACHED = 1
    AT_ZERO = 2
    FIT_FAILED = 3


LIMIT_TEXT = (
    "ok",
    "unconstrained",
    "zero: every strength is excluded",
    "a fit did not converge",
)
"""One line per `LimitStatus`."""


def limit_status(fitted: Array, reached: Array, base: Array) -> Array:
    """`LimitStatus` of a root: status of the fits there, whether it exists, of the fits below."""
    status = jnp.where(fitted == 0, LimitStatus.FOUND, LimitStatus.FIT_FAILED)
    status = jnp.where(reached, status, LimitStatus.UNREACHED)
    return jnp.where(base == 0, status, LimitStatus.FIT_FAILED)
