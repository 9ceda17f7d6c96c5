"""Programs on the local devices: how many rows each takes, and rows shared among several."""

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh
from jax.sharding import PartitionSpec as P

from dmjax.errors import InputError
from dmjax.prediction.points import Numbers
from dmjax.scan.programs import Columns, How, Question, answer

Devices = tuple[jax.Device, ...]

CPU_ROWS = 64
"""Rows of a program on a processor: more rows need more cache, and save no time."""

DEVICE_ROWS, MOST_ROWS = 4096, 65536
"""Rows of a program on an accelerator: as a rule, and at most."""

_SHARE = 0.8
"""Of a device's memory that a program may take."""


def local_devices(count: int | None) -> Devices:
    """The devices that share the work; InputError where there are not as many."""
    here = jax.local_devices()
    if count is not None and count > len(here):
        raise InputError(f"run.devices = {count}: there are {len(here)} here ({here[0].platform})")
    return tuple(here[:count])


def program(devices: Devices) -> Callable[[Question, Numbers], Columns]:
    """`answer` compiled for devices, of which each works on its own rows.

    Compiled once for each static part of a question and number of rows. Devices exchange nothing:
    each sees as many rows as one alone would.
    """
    run = _program(devices)
    return lambda question, rows: run(*_parts(question), rows)


def _parts(question: Question) -> tuple["_Static", Any]:
    arrays, static = eqx.partition(question, eqx.is_array)
    return _Static(question.how, *jax.tree.flatten(static)), arrays


class _Static:
    """What of a question is no array; equal where its text and its tree are."""

    def __init__(self, how: How, leaves: list, tree: Any) -> None:
        self.how, self.leaves, self.tree = how, tuple(leaves), tree

    def __hash__(self) -> int:
        return hash((self.how, self.leaves, self.tree))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, _Static):
            return False
        return (self.how, self.leaves, self.tree) == (other.how, other.leaves, other.tree)

    def with_arrays(self, arrays: Any) -> Question:
        """The whole question."""
        return eqx.combine(arrays, jax.tree.unflatten(self.tree, self.leaves))


@lru_cache
def _program(devices: Devices) -> Any:
    mesh = Mesh(np.array(devices), ("rows",))

    def run(static: _Static, arrays: Any, rows: Numbers) -> Columns:
        def each(arrays: Any, rows: Numbers) -> Columns:
            return answer(static.with_arrays(arrays), rows)

        if len(devices) == 1:
            return each(arrays, rows)
        shared = {"in_specs": (P(), P("rows")), "out_specs": P("rows"), "check_vma": False}
        return jax.shard_map(each, mesh=mesh, **shared)(arrays, rows)

    return jax.jit(run, static_argnums=0)


def program_rows(question: Question, numbers: Numbers, devices: Devices) -> int:
    """Rows of a question's program on devices together.

    On an accelerator the number whose intermediate arrays, as XLA plans them, fill its memory.

    Args:
        question, numbers: of which the program is.
        devices: that share it.
    """
    return len(devices) * _rows_of_one(*_parts(question), numbers, devices[0])


_KNOWN: dict[tuple, int] = {}


def _rows_of_one(static: "_Static", arrays: Any, numbers: Numbers, device: Any) -> int:
    if device.platform == "cpu":
        return CPU_ROWS
    key = (static, device)
    if key not in _KNOWN:
        some = jax.tree.map(lambda x: jnp.repeat(x[:1], DEVICE_ROWS), numbers)
        planned = _program((device,)).lower(static, arrays, some).compile().memory_analysis()
        limit = (device.memory_stats() or {}).get("bytes_limit", 0)
        _KNOWN[key] = fitting_rows(planned.temp_size_in_bytes, limit)
    return _KNOWN[key]


def fitting_rows(planned: int, limit: int) -> int:
    """A power of two of rows whose memory fits.

    Args:
        planned: bytes that `DEVICE_ROWS` rows take.
        limit: bytes of the device; 0: not known.

    >>> fitting_rows(2**30, 80 * 2**30), fitting_rows(2**34, 8 * 2**30), fitting_rows(2**30, 0)
    (65536, 1024, 4096)
    """
    if planned <= 0 or limit <= 0:
        return DEVICE_ROWS
    fit = DEVICE_ROWS * _SHARE * limit / planned
    return int(min(MOST_ROWS, max(CPU_ROWS, 2 ** math.floor(math.log2(fit)))))
