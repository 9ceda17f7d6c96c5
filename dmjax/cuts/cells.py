"""Any region of energy and time as the cells between nodes: its counts, and cuts on a score."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from dmjax.cuts.objectives import Aim, merit
from dmjax.cuts.selection import Held
from dmjax.cuts.yields import Rules, Scalar, Yields

CUTS = 128
"""Thresholds of a score that are tried."""


class Cells(NamedTuple):
    """Counts of one mass between the nodes.

    Attributes:
        place: centres from −1 to 1, (cells, 4): energy and time as shares of the axes' nodes, and
            both as shares of the signal below them, which are fine where the signal is.
        signal: (cells, parts).
        background: (cells, components).
        source_errors: (sources,).
    """

    place: Float[Array, "cells 4"]
    signal: Float[Array, "cells parts"]
    background: Float[Array, "cells components"]
    source_errors: Float[Array, " sources"]


def cells_of(held: Held) -> Cells:
    """The cells of cumulative counts, times fastest.

    >>> table = jnp.arange(3.0)[:, None, None] * jnp.arange(5.0)[None, :, None]
    >>> found = cells_of(Held(table, table, jnp.zeros(0)))
    >>> found.signal.shape, found.place[0].tolist(), float(found.signal.sum())
    ((8, 1), [-0.5, -0.75, -0.5, -0.75], 8.0)
    """

    def counts(table: Array) -> Array:
        apart = jnp.diff(jnp.diff(table, axis=0), axis=1)
        return jnp.maximum(apart, 0.0).reshape(-1, table.shape[-1])

    energies, times = held.background.shape[:2]
    signal = jax.lax.dynamic_slice_in_dim(held.signal, held.first, energies)
    even = [jnp.linspace(0.0, 1.0, size) for size in (energies, times)]
    total = jnp.maximum(signal[-1, -1, 0], 1e-300)
    below = [signal[:, -1, 0] / total, signal[-1, :, 0] / total]
    rows, columns, more, later = (one[1:] + one[:-1] - 1.0 for one in (*even, *below))
    pairs = [jnp.meshgrid(*axes, indexing="ij") for axes in ((rows, columns), (more, later))]
    place = jnp.stack([x.ravel() for pair in pairs for x in pair], axis=-1)
    return Cells(place, counts(signal), counts(held.background), held.source_errors)


def region_yields(cells: Cells, share: Float[Array, " cells"]) -> Yields:
    """Counts of cells that are kept to a share, as one bin."""
    signal, background = ((share @ table)[:, None] for table in (cells.signal, cells.background))
    return Yields(signal, background, cells.source_errors)


def window_cells(nodes: np.ndarray, sizes: tuple[int, int]) -> np.ndarray:
    """Cells inside windows (E₁, E₂, t₁, t₂, …), (energies, times).

    >>> window_cells(np.array([1, 2, 0, 1, 2, 3]), (2, 3)).astype(int).tolist()
    [[0, 0, 0], [1, 0, 1]]
    """
    inside = np.zeros(sizes, bool)
    for start, stop in nodes[2:].reshape(-1, 2):
        inside[nodes[0] : nodes[1], start:stop] = True
    return inside


def best_cut(
    aim: Aim, rules: Rules, cells: Cells, score: Float[Array, " cells"], strength: Scalar
) -> tuple[Bool[Array, " cells"], Float[Array, ""]]:
    """The cells above the best threshold of a score.

    Args:
        aim, rules, strength: see `merit`.
        cells, score: of one mass.

    Returns:
        (cells that are kept, the merit of them): the best of `CUTS` thresholds, between which lie
        equal shares of the signal.
    """
    order = jnp.argsort(-score)
    signal, background = (
        jnp.cumsum(table[order], axis=0) for table in (cells.signal, cells.background)
    )
    steps = (jnp.arange(float(CUTS)) + 1.0) / CUTS * (1.0 - 1e-9) * signal[-1, 0]
    last = jnp.minimum(jnp.searchsorted(signal[:, 0], steps), score.size - 1)
    every = Yields(
        signal[last][..., None],
        background[last][..., None],
        jnp.broadcast_to(cells.source_errors, (CUTS, *cells.source_errors.shape)),
    )
    found = jax.vmap(lambda one: merit(aim, rules, one, strength))(every)
    top = jnp.argmax(found)
    return score >= score[order][last[top]], found[top]
