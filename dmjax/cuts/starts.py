"""Where the search for windows starts: the best of a coarse grid that follows the signal."""

from collections.abc import Callable

import numpy as np

EVEN = 4
"""Nodes of the coarse grid in equal steps of each axis."""
QUANTILES = (0.02, 0.2, 0.8, 0.98)
"""Of the signal along each axis, more of them."""
Merits = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""(index of a mass, nodes of windows), (n,) and (n, edges) → merit of each."""


def coarse_nodes(totals: np.ndarray) -> np.ndarray:
    """Sorted nodes: `EVEN` in equal steps, and at the quantiles of a signal.

    Args:
        totals: cumulative signal along the axis, over all of the other one.

    >>> coarse_nodes(np.arange(11.0)).tolist()
    [0, 1, 2, 3, 7, 8, 10, 10]
    """
    last = totals.size - 1
    even = np.round(np.linspace(0.0, last, EVEN)).astype(int)
    found = np.searchsorted(totals, np.array(QUANTILES) * totals[-1])
    return np.sort(np.concatenate([even, np.minimum(found, last)]))


def coarse_windows(
    along: np.ndarray, across: np.ndarray, later: tuple[int, ...]
) -> tuple[np.ndarray, int]:
    """Every window of the coarse grid of one mass.

    Args:
        along, across: cumulative signal in energy and in time.
        later: nodes by which each further time window is later than the first.

    Returns:
        ((energies · times, edges), number of energies); times run fastest.
    """
    size = EVEN + len(QUANTILES)
    pairs = np.array([(i, j) for j in range(size) for i in range(j)])
    energies, times = coarse_nodes(along)[pairs], coarse_nodes(across)[pairs]
    moved = [np.minimum(times + shift, across.size - 1) for shift in (0, *later)]
    every = np.sort(np.concatenate(moved, axis=1), axis=1)
    count = len(pairs)
    grid = [np.repeat(energies, count, axis=0), np.tile(every, (count, 1))]
    return np.concatenate(grid, axis=1), count


def best_starts(
    signal: np.ndarray, merits: Merits, count: int, later: tuple[int, ...]
) -> np.ndarray:
    """The best windows of the coarse grid, of different energies.

    Args:
        signal: cumulative, (masses, energies, times).
        merits: see `Merits`.
        count: of starts.
        later: see `coarse_windows`.

    Returns:
        Nodes, (masses, count, edges).
    """
    made = [coarse_windows(one[:, -1], one[-1, :], later) for one in signal]
    grids, energies = np.stack([grid for grid, _ in made]), made[0][1]
    masses, size, edges = grids.shape
    rows = np.repeat(np.arange(masses), size)
    found = merits(rows, grids.reshape(-1, edges)).reshape(masses, energies, -1)
    best, starts = found.argmax(axis=2), []
    for grid, inner, top in zip(grids, found, best, strict=True):
        order = np.argsort(-inner.max(axis=1), kind="stable")[:count]
        starts.append(grid.reshape(energies, -1, edges)[order, top[order]])
    return np.stack(starts)
