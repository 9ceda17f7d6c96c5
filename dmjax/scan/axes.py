"""The grid of a scan, cut into chunks: blocks of points that are computed and kept together."""

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from dmjax.scan.settings import CHOICES, LEVEL, NUMBERS, UNITS, ScanSettings

DIMENSIONS = {"datasets": "dataset", "experiment": "detector"}
"""Axis → its name in what is saved, where that differs."""


class Grid(NamedTuple):
    """Axes of a scan: choices first, each a program of its own, then numbers.

    Attributes:
        names, values: of every axis, in order of the dimensions; first the levels of an adaptive
            scan.
        chunk: points along each axis that are kept together; 1 along choices and levels.
    """

    names: tuple[str, ...]
    values: tuple[tuple[Any, ...], ...]
    chunk: tuple[int, ...]

    @property
    def shape(self) -> tuple[int, ...]:
        """Points along each axis."""
        return tuple(map(len, self.values))

    @property
    def dimensions(self) -> tuple[str, ...]:
        """Names of the axes in what is saved."""
        return tuple(DIMENSIONS.get(name, name) for name in self.names)

    @property
    def blocks(self) -> tuple[int, ...]:
        """Chunks along each axis."""
        return tuple(-(-n // size) for n, size in zip(self.shape, self.chunk, strict=True))

    @property
    def count(self) -> int:
        """Chunks in all."""
        return math.prod(self.blocks)


class Chunk(NamedTuple):
    """Points that are kept together.

    Attributes:
        number: of the chunk.
        place: its index along each axis, in chunks.
        where: its points along each axis.
    """

    number: int
    place: tuple[int, ...]
    where: tuple[slice, ...]


def grid_of(settings: ScanSettings) -> Grid:
    """The grid of settings, in chunks of at most `batch` points.

    Chunks are equal and follow the order of the points: whole along the last axes, a part of one,
    single along the first ones.

    >>> grid_of(ScanSettings(grid=(("m_v", (1., 2., 3.)), ("m_chi", (1., 2.))), batch=4)).chunk
    (2, 2)
    """
    axes = dict(settings.grid)
    names = [name for name in axes if name in CHOICES] + [name for name in axes if name in NUMBERS]
    if settings.refine_level is not None:
        names, axes = [LEVEL, *names], axes | {LEVEL: tuple(range(settings.refine_steps + 1))}
    values = tuple(axes[name] for name in names)
    chunk, left = [], settings.batch
    for name, found in zip(reversed(names), reversed(values), strict=True):
        most = 1 if name not in NUMBERS else max(1, min(left, len(found)))
        size = -(-len(found) // -(-len(found) // most))
        left = left // size if size == len(found) else 1
        chunk.insert(0, size)
    return Grid(tuple(names), values, tuple(chunk))


def chunks_of(grid: Grid) -> Iterator[Chunk]:
    """Every chunk, in the order of its number."""
    for number in range(grid.count):
        yield chunk_of(grid, number)


def chunk_of(grid: Grid, number: int) -> Chunk:
    """One chunk by its number."""
    place = tuple(int(i) for i in np.unravel_index(number, grid.blocks))
    ends = zip(place, grid.chunk, grid.shape, strict=True)
    where = tuple(slice(i * size, min((i + 1) * size, n)) for i, size, n in ends)
    return Chunk(number, place, where)


def choices_at(grid: Grid, chunk: Chunk) -> dict[str, Any]:
    """Axis → its value, of the axes that have a program for each."""
    return {
        name: values[part.start]
        for name, values, part in zip(grid.names, grid.values, chunk.where, strict=True)
        if name in CHOICES
    }


def numbers_at(grid: Grid, chunk: Chunk) -> dict[str, np.ndarray]:
    """Axis → its value at every point of a chunk, (points,), the last axis fastest."""
    held = [
        (name, np.asarray(values[part], float))
        for name, values, part in zip(grid.names, grid.values, chunk.where, strict=True)
        if name in NUMBERS
    ]
    full = np.meshgrid(*(values for _, values in held), indexing="ij")
    return {name: x.ravel() for (name, _), x in zip(held, full, strict=True)}


def is_logarithmic(values: np.ndarray) -> bool:
    """Whether points of an axis lie nearer to equal ratios than to equal steps.

    >>> is_logarithmic(np.array([1.0, 10.0, 100.0])), is_logarithmic(np.array([1.0, 2.0, 3.0]))
    (True, False)
    """
    if len(values) < 3 or values[0] <= 0.0:
        return False
    steps, ratios = np.diff(values), np.diff(np.log(values))
    return bool(np.std(ratios) / np.mean(ratios) < np.std(steps) / np.mean(steps))


def label_of(value: Any) -> Any:
    """A value of an axis as it is saved: a number or a text."""
    return "+".join(value) if isinstance(value, tuple) else value


def axes_plain(grid: Grid) -> dict[str, dict[str, Any]]:
    """Axis → its values and unit, as saved."""
    return {
        DIMENSIONS.get(name, name): {
            "values": [label_of(x) for x in values],
            "unit": UNITS.get(name, "1"),
        }
        for name, values in zip(grid.names, grid.values, strict=True)
    }
