"""Fits that failed, tried again: by surer ways and from other starts."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from dmjax.likelihood.parameters import ParameterSet

Values = Float[Array, " parameters"]
Fields = tuple[Any, ...]
"""Arrays with one row per fit."""

ATTEMPTS = 4
"""Attempts at a fit, each by a slower and surer way than the last; see `fit.WAYS`."""

ROWS = 16
"""Fits of one batch tried again together."""


def start_at(parameters: ParameterSet, usual: Values, key: Array, attempt: Array) -> Values:
    """Where an attempt begins: twice the usual start, then the centres, then a place drawn.

    The last is normal around the usual start: as wide as the constraint, or half the value of a
    free parameter and at least ½; inside the ranges.

    Args:
        parameters: of the model.
        usual: start of the first attempt.
        key: of `jax.random`.
        attempt: from 0; may be traced.
    """
    dtype = usual.dtype
    sigmas, lower, upper = (
        part.astype(dtype) for part in (parameters.sigmas, parameters.lower, parameters.upper)
    )
    width = jnp.where(jnp.isfinite(sigmas), sigmas, 0.5 * jnp.maximum(jnp.abs(usual), 1.0))
    moved = usual + width * jax.random.normal(key, usual.shape, dtype)
    drawn = jnp.clip(moved, lower, upper)
    centres = parameters.centres.astype(dtype)
    return jnp.where(attempt < 2, usual, jnp.where(attempt == 2, centres, drawn))


def tried_again(make: Callable[[np.ndarray, int], Fields], found: Fields) -> Fields:
    """Rows whose last field, a status, is not 0, made again until it is or attempts are used up.

    Args:
        make: numbers of `ROWS` rows and an attempt ≥ 1 to their fields.
        found: fields of the first attempt, (rows, ...) each.

    Returns:
        The fields; a row that failed every time stays as it was found first.

    >>> def make(rows, attempt):
    ...     return 10 * rows, np.where(rows == 3, 1, 0)
    >>> [x.tolist() for x in tried_again(make, (np.arange(4), np.array([0, 2, 0, 2])))]
    [[0, 10, 2, 3], [0, 0, 0, 2]]
    """
    found = tuple(np.array(field) for field in found)
    for attempt in range(1, ATTEMPTS):
        lost = np.flatnonzero(found[-1] != 0)
        for first in range(0, lost.size, ROWS):
            rows = lost[first : first + ROWS]
            made = make(np.pad(rows, (0, ROWS - rows.size), mode="edge"), attempt)
            made = [np.asarray(field)[: rows.size] for field in made]
            good = made[-1] == 0
            for field, new in zip(found, made, strict=True):
                field[rows[good]] = new[good]
    return found
