"""Adaptive scans: a coarse grid, made finer where a contour runs; the rest is interpolated.

A level of refinement is an axis of its own in what is kept: its chunks are those of the whole grid,
with the points that the level adds.
"""

import itertools
from typing import Any, NamedTuple

import numpy as np

from dmjax.scan.axes import Grid, is_logarithmic
from dmjax.scan.memory import STATUS, Arrays
from dmjax.scan.settings import LEVEL, ScanSettings
from dmjax.scan.status import WITH_VALUE, PointStatus

_CHECKED = 16
"""One of so many new points is computed wherever it lies, so that the error is known there too."""

_VALUES = np.array([code.value for code in WITH_VALUE])


class Refined(NamedTuple):
    """A scan put together from its levels.

    Attributes:
        arrays: of the grid, without the axis of levels.
        error: largest relative difference of interpolated and computed values, where both are.
    """

    arrays: Arrays
    error: float


def is_refined(grid: Grid) -> bool:
    """Whether the first axis of a grid is that of levels."""
    return grid.names[:1] == (LEVEL,)


def wanted_at(settings: ScanSettings, grid: Grid, arrays: Arrays, level: int) -> np.ndarray:
    """The points that a level computes, in the shape of the grid without levels.

    Level 0 is every 2^steps-th point of each axis of numbers, and the last. Level s is the points
    between those of level s − 1, twice as fine, in cells that the contour crosses, in cells where
    some corners have no value, and one of 16 others.

    Args:
        settings: with the level of the contour.
        grid: with the axis of levels.
        arrays: of the grid; levels below are finished.
        level: of refinement.
    """
    shape = grid.shape[1:]
    wanted = np.zeros(shape, bool)
    here = _lattice(grid, level)
    if level == 0:
        wanted[np.ix_(*here)] = True
        return wanted
    below = _lattice(grid, level - 1)
    held = merged(grid, arrays, level - 1).arrays
    corners = held["value"][np.ix_(*below)]
    seen = np.isin(held[STATUS][np.ix_(*below)], _VALUES)
    points = _touched(_cells(corners, seen, settings.refine_level or 0.0), below, here)
    places = np.ix_(*(np.arange(len(x)) for x in here))
    points |= sum(places) % _CHECKED == 0
    wanted[np.ix_(*here)] = points
    wanted[np.ix_(*below)] = False
    return wanted


def merged(grid: Grid, arrays: Arrays, level: int | None = None) -> Refined:
    """The levels of a scan as one grid: computed values, and others interpolated between them.

    Interpolation is linear in the logarithm of the value where all are above 0, and of axes of
    equal ratios; only the value is interpolated, other columns are NaN there.

    Args:
        grid, arrays: with the axis of levels.
        level: the last one used; None: all.
    """
    last = grid.shape[0] - 1 if level is None else level
    made = {name: x[0].copy() for name, x in arrays.items()}
    for number in range(1, last + 1):
        new = arrays[STATUS][number] != PointStatus.PENDING
        for name, x in arrays.items():
            made[name][new] = x[number][new]
    made, error = _filled(grid, made, last)
    return Refined(made, error)


def _filled(grid: Grid, made: Arrays, last: int) -> tuple[Arrays, float]:
    computed = np.isin(made[STATUS], _VALUES)
    value = np.where(computed, made["value"], np.nan)
    logarithmic = bool(np.all(value[computed] > 0.0))
    height = np.log(value) if logarithmic else value
    error = 0.0
    held = height[np.ix_(*_lattice(grid, 0))]
    for number in range(1, last + 1):
        here, below = _lattice(grid, number), _lattice(grid, number - 1)
        guess = _upsampled(grid, held, below, here)
        known = height[np.ix_(*here)]
        both = np.isfinite(known) & np.isfinite(guess)
        fresh = both & ~_on(below, here)
        error = max(error, _difference(known[fresh], guess[fresh], logarithmic))
        pending = made[STATUS][np.ix_(*here)] == PointStatus.PENDING
        held = np.where(pending, guess, known)
    place = np.ix_(*_lattice(grid, last))
    filled = (made[STATUS][place] == PointStatus.PENDING) & np.isfinite(held)
    number = np.exp(held) if logarithmic else held
    made["value"][place] = np.where(filled, number, made["value"][place])
    made[STATUS][place] = np.where(filled, PointStatus.INTERPOLATED, made[STATUS][place])
    return made, error


def _difference(known: np.ndarray, guess: np.ndarray, logarithmic: bool) -> float:
    """Largest relative difference of values, given by their heights."""
    if logarithmic:
        return float(np.max(np.abs(np.expm1(guess - known)), initial=0.0))
    some = known != 0.0
    return float(np.max(np.abs(guess[some] / known[some] - 1.0), initial=0.0))


def _lattice(grid: Grid, level: int) -> list[np.ndarray]:
    """Places of a level's points along each axis; all of a choice."""
    step = 2 ** (grid.shape[0] - 1 - level)
    found = []
    for values in grid.values[1:]:
        n = len(values)
        coarse = not isinstance(values[0], str | tuple)
        found.append(np.unique([*range(0, n, step if coarse else 1), n - 1]))
    return found


def _on(below: list[np.ndarray], here: list[np.ndarray]) -> np.ndarray:
    """Which points of a level are those of the one below."""
    flags = [np.isin(x, old) for x, old in zip(here, below, strict=True)]
    return np.logical_and.reduce(np.meshgrid(*flags, indexing="ij"))


def _cells(values: np.ndarray, seen: np.ndarray, level: float) -> np.ndarray:
    """Which cells between neighbouring points the contour crosses, or have corners of two kinds."""
    low, high = np.where(seen, values, np.inf), np.where(seen, values, -np.inf)
    some, every = seen, seen
    for axis in range(values.ndim):
        if values.shape[axis] > 1:
            low, high = _paired(np.minimum, low, axis), _paired(np.maximum, high, axis)
            some, every = _paired(np.logical_or, some, axis), _paired(np.logical_and, every, axis)
    return ((low <= level) & (level <= high)) | (some & ~every)


def _paired(join: Any, values: np.ndarray, axis: int) -> np.ndarray:
    first = np.take(values, range(values.shape[axis] - 1), axis)
    return join(first, np.take(values, range(1, values.shape[axis]), axis))


def _touched(cells: np.ndarray, below: list[np.ndarray], here: list[np.ndarray]) -> np.ndarray:
    """Points of a level in or on cells of the one below that are marked."""
    sides = []
    for old, new, count in zip(below, here, cells.shape, strict=True):
        low = np.searchsorted(old, new, side="right") - 1
        high = np.searchsorted(old, new, side="left") - 1
        sides.append([np.clip(x, 0, count - 1) for x in (low, high)])
    made = np.zeros([len(x) for x in here], bool)
    for chosen in itertools.product(*sides):
        made |= cells[np.ix_(*chosen)]
    return made


def _upsampled(
    grid: Grid, held: np.ndarray, below: list[np.ndarray], here: list[np.ndarray]
) -> np.ndarray:
    """Heights of a level at the points of the next, linear along each axis of numbers."""
    for axis, (old, new) in enumerate(zip(below, here, strict=True)):
        if len(old) == len(new):
            continue
        values = np.asarray(grid.values[1 + axis], float)
        scale = np.log(values) if is_logarithmic(values) else values
        place = np.interp(scale[new], scale[old], np.arange(len(old)))
        low = np.minimum(place.astype(int), len(old) - 2)
        share = np.expand_dims(place - low, [i for i in range(held.ndim) if i != axis])
        first, second = np.take(held, low, axis), np.take(held, low + 1, axis)
        between = (1.0 - share) * first + share * second
        held = np.where(share == 0.0, first, np.where(share == 1.0, second, between))
    return held
