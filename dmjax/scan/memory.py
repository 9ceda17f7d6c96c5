"""A scan that is not kept: the arrays of its grid in memory."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from dmjax.scan.axes import Grid, chunk_of
from dmjax.scan.status import PointStatus
from dmjax.store.plain import to_plain

STATUS = "status"
Arrays = dict[str, np.ndarray]


def blank(grid: Grid, names: tuple[str, ...]) -> Arrays:
    """Arrays of a grid without any number; every point is pending."""
    made: Arrays = {name: np.full(grid.shape, np.nan) for name in names if name != STATUS}
    return made | {STATUS: np.full(grid.shape, PointStatus.PENDING, np.int8)}


class Memory:
    """What `Checkpoint` is on a disk.

    Args:
        grid, names, head: see `Checkpoint`.
    """

    def __init__(self, grid: Grid, names: tuple[str, ...], head: Mapping[str, Any]) -> None:
        self.grid = grid
        self.head = to_plain(dict(head))
        self._arrays = blank(grid, names)
        self._finished: set[int] = set()

    def begin(self) -> set[int]:
        """The chunks that are finished: none."""
        return set()

    def commit(self, number: int, arrays: Arrays) -> None:
        """Keep a chunk."""
        where = chunk_of(self.grid, number).where
        for name, held in self._arrays.items():
            held[where] = arrays[name]
        self._finished.add(number)

    def everything(self) -> tuple[Arrays, list[int]]:
        """(arrays of the whole grid, numbers of the finished chunks)."""
        return self._arrays, sorted(self._finished)
