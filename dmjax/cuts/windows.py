"""The best windows at many masses: batches of (mass, window) pairs through two programs."""

from functools import partial
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from dmjax.batches import in_blocks
from dmjax.cuts.ascent import ascend, settle
from dmjax.cuts.objectives import Aim, merit
from dmjax.cuts.selection import hard_yields, soft_yields
from dmjax.cuts.starts import best_starts
from dmjax.cuts.tables import CutTables, held_of
from dmjax.programs import kept

HARD_BLOCK, SOFT_BLOCK = 512, 32
"""Windows that are tried, and starts that are improved, at once."""
MASSES = 32
"""In the tables of a program."""


class Found(NamedTuple):
    """Windows at many masses.

    Attributes:
        nodes: of the edges (E₁, E₂, t₁, t₂, …), (masses, edges).
        merit: ln of the figure of merit, (masses,); see `objectives.merit`.
        settled: whether no step from node to node is better.
        merit_start: of the published selection.
    """

    nodes: np.ndarray
    merit: np.ndarray
    settled: np.ndarray
    merit_start: np.ndarray


class Pairs(NamedTuple):
    """Windows, each with its mass.

    Attributes:
        mass: index, (n,).
        edges: nodes or shares of the axes, (n, edges).
    """

    mass: Int[Array, " n"]
    edges: Array


@kept
def _hard_merits(
    tables: CutTables, aim: Aim, strengths: Float[Array, " masses"], pairs: Pairs
) -> Float[Array, " n"]:
    def one(mass: Array, nodes: Array) -> Array:
        held = held_of(tables, mass)
        return merit(aim, tables.rules, hard_yields(held, nodes), strengths[mass])

    return jax.vmap(one)(pairs.mass, pairs.edges)


@kept
def _ascended(
    tables: CutTables, aim: Aim, strengths: Float[Array, " masses"], pairs: Pairs
) -> Float[Array, "n edges"]:
    def one(mass: Array, shares: Array) -> Array:
        held = held_of(tables, mass)

        def soft(stride: Array, at: Array) -> Array:
            return merit(aim, tables.rules, soft_yields(held, stride, at), strengths[mass])

        return ascend(soft, shares)

    return jax.vmap(one)(pairs.mass, pairs.edges)


def hard_merits(
    tables: CutTables, aim: Aim, strengths: np.ndarray, mass: np.ndarray, nodes: np.ndarray
) -> np.ndarray:
    """ln of the figure of merit of hard windows at nodes.

    Args:
        tables: of the detector and the masses.
        aim: what is wanted.
        strengths: of the signal, for objectives that need one, (masses,).
        mass: index of the mass of each window, (n,).
        nodes: (E₁, E₂, t₁, t₂, …) of each, (n, edges).
    """
    pairs = Pairs(mass.astype(np.int32), nodes.astype(np.int32))  # pyright: ignore
    run = partial(_hard_merits, tables, aim, jnp.asarray(strengths))
    return np.asarray(in_blocks(run, pairs, HARD_BLOCK))


def best_windows(
    tables: CutTables,
    aim: Aim,
    strengths: np.ndarray,
    published: np.ndarray,
    starts: int,
) -> Found:
    """The best windows of an objective at every mass: multi-start, gradient, nodes.

    Starts are the published selection and the best of a coarse grid. Each is improved by Adam on
    smooth edges that narrow, and from where that leads, or from the start if it is better, moved
    from node to node as a hard cut; the best of all is kept. It is never worse than the published
    selection.

    Args:
        tables, aim, strengths: see `hard_merits`.
        published: nodes of the published selection, (edges,).
        starts: of the coarse grid.
    """
    masses = tables.signal.shape[0]
    parts = [
        _some_windows(tables, aim, strengths, published, starts, slice(low, low + MASSES))
        for low in range(0, masses, MASSES)
    ]
    return Found(*(np.concatenate(each) for each in zip(*parts, strict=True)))


def _block_of(
    tables: CutTables, strengths: np.ndarray, some: slice
) -> tuple[CutTables, np.ndarray]:
    """Some masses, the last repeated so that no number of masses compiles anew."""

    def filled(rows: np.ndarray) -> np.ndarray:
        kept = rows[some]
        ends = ((0, MASSES - len(kept)), *((0, 0),) * (kept.ndim - 1))
        return np.pad(kept, ends, mode="edge")

    signal, errors = (
        jnp.asarray(filled(np.asarray(x))) for x in (tables.signal, tables.source_errors)
    )
    block = eqx.tree_at(lambda t: (t.signal, t.source_errors), tables, (signal, errors))
    return block, filled(strengths)


def _some_windows(
    whole: CutTables,
    aim: Aim,
    strength: np.ndarray,
    published: np.ndarray,
    starts: int,
    some: slice,
) -> Found:
    tables, strengths = _block_of(whole, strength, some)
    signal = np.asarray(whole.signal[some, ..., 0])
    masses, sizes = len(signal), (signal.shape[1] - 1, signal.shape[2] - 1)
    merits = partial(hard_merits, tables, aim, strengths)
    later = tuple(int(node - published[2]) for node in published[4::2])
    coarse = best_starts(signal, merits, starts, later)
    begun = np.concatenate([np.tile(published, (masses, 1, 1)), coarse], axis=1)
    edges, count = begun.shape[2], begun.shape[1]
    last = np.array([sizes[0]] * 2 + [sizes[1]] * (edges - 2))
    rows = np.repeat(np.arange(masses, dtype=np.int32), count)
    pairs = Pairs(rows, (begun / last).reshape(-1, edges))  # pyright: ignore
    ascent = partial(_ascended, tables, aim, jnp.asarray(strengths))
    ended = np.asarray(in_blocks(ascent, pairs, SOFT_BLOCK)).reshape(begun.shape)
    rounded = np.round(ended * last).astype(int)
    mass = np.arange(masses)
    both = np.concatenate([begun, rounded], axis=1).reshape(-1, edges)
    found = merits(np.repeat(mass, 2 * count), both).reshape(masses, 2, count)
    improved = (found[:, 1] > found[:, 0])[..., None]
    begin = np.where(improved, rounded, begun).reshape(-1, edges)
    ends = settle(lambda row, nodes: merits(row // count, nodes), begin, sizes)
    nodes, merit, settled = (one.reshape(masses, count, -1) for one in ends)
    best = merit[..., 0].argmax(axis=1)
    return Found(nodes[mass, best], merit[mass, best, 0], settled[mass, best, 0], found[:, 0, 0])
