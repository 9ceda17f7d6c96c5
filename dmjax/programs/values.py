"""`kept_value`: what a function makes of plain values, kept on disk."""

import math
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer

from dmjax.programs.described import CannotDescribeError
from dmjax.programs.disk import read_kept, write_kept
from dmjax.programs.folder import kept_place
from dmjax.programs.rebuilt import outline, rebuilt

Made = TypeVar("Made")


def kept_value(function: Callable[..., Made]) -> Callable[..., Made]:
    """Keep on disk what a function of this package makes of plain values and shipped tables.

    It stands for many small computations that are the same in every process, such as the tables
    of a detector. What cannot be described or made again is computed each time.

    Args:
        function: named; of strings, numbers, frozen containers of them, to a tree of arrays.

    Returns:
        A function of the same arguments.
    """

    @wraps(function)
    def call(*given: Any, **named: Any) -> Made:
        path = _path(function, (given, named))
        if path is None:
            return function(*given, **named)
        found = _read(path)
        if found is not None:
            return found[0]
        made = function(*given, **named)
        _write(path, made)
        return made

    return call


def _path(function: Callable, arguments: Any) -> Path | None:
    if any(isinstance(leaf, jax.Array) for leaf in jax.tree.leaves(arguments)):
        return None
    try:
        return kept_place(function, arguments)
    except CannotDescribeError:
        return None


def _write(path: Path, made: Any) -> None:
    """Keep a value, where it can be made again."""
    arrays: list = []
    try:
        form = outline(made, arrays)
        described = [_described(one) for one in arrays]
    except CannotDescribeError:
        return
    content = b"".join(np.ascontiguousarray(one).tobytes() for one in arrays)
    write_kept(path, {"form": form, "arrays": described}, content)


def _described(array: Any) -> list:
    """[type, shape, whether its type gives way to that of others]."""
    if jnp.issubdtype(array.dtype, jax.dtypes.extended):
        raise CannotDescribeError("a random key")
    weak = isinstance(array, jax.Array) and bool(array.weak_type)
    if isinstance(array, Tracer) or (weak and array.ndim):
        raise CannotDescribeError("an array that has no value, or no type, of its own")
    return [str(array.dtype), list(array.shape), weak]


def _read(path: Path) -> tuple | None:
    """(the value,), or None."""
    held = read_kept(path)
    if held is None:
        return None
    head, content = held
    arrays, start = [], 0
    for name, shape, weak in head["arrays"]:
        stop = start + math.prod(shape) * np.dtype(name).itemsize
        array = np.frombuffer(content[start:stop], name).reshape(shape)
        arrays.append(jnp.asarray(array.item()) if weak else array)
        start = stop
    try:
        return (rebuilt(head["form"], arrays),)
    except (AttributeError, ImportError, CannotDescribeError):
        return None
