"""Binned likelihoods inside windows, for which the whole range is always the best window.

A profile likelihood of more bins is the smallest of a sum, which is at least the sum of the
smallest: q_A(all bins) ≥ q_A(bins inside). So does information. There is nothing to search for;
what all bins give is the ceiling that a count in windows can be compared with. It is as high as the
bins are fine: a window whose edges lie inside of wide bins can still be better.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from dmjax.analyses.projections import Projection
from dmjax.cuts.nodes import place
from dmjax.cuts.objectives import Aim, merit
from dmjax.cuts.tables import CutTables
from dmjax.cuts.windows import Found
from dmjax.cuts.yields import Yields
from dmjax.limits.low_counts import FEW, effective_counts
from dmjax.programs import kept


def bins_inside(nodes: np.ndarray, native: tuple[float, ...], ends: np.ndarray) -> np.ndarray:
    """Nodes of the detector's own edges inside windows, closed by their ends; gaps are bins.

    >>> bins_inside(np.arange(5.0), (0.0, 2.0, 4.0), np.array([1, 4])).tolist()
    [1, 2, 4]
    """
    own = np.array([place(nodes, edge) for edge in native])
    kept = [own[(own > low) & (own < high)] for low, high in ends.reshape(-1, 2)]
    return np.unique(np.concatenate([ends, *kept]))


def binned_yields(
    tables: CutTables, native: tuple[tuple[float, ...], tuple[float, ...]], nodes: np.ndarray
) -> Yields:
    """Counts of every mass in the detector's own bins inside hard windows.

    Args:
        tables: of the detector.
        native: its edges in energy and in time.
        nodes: of the windows, (E₁, E₂, t₁, t₂, …).

    Returns:
        `Yields` with a leading axis of masses; the background is repeated.
    """
    rows = bins_inside(np.asarray(tables.energy), native[0], nodes[:2])
    columns = bins_inside(np.asarray(tables.time), native[1], nodes[2:])
    middle = 0.5 * (columns[1:] + columns[:-1])
    pairs = nodes[2:].reshape(-1, 2)
    inside = np.any([(low < middle) & (middle < high) for low, high in pairs], axis=0)

    def counts(table: Array) -> Array:
        kept = jnp.diff(jnp.diff(table[..., rows, :, :][..., columns, :], axis=-3), axis=-2)
        kept = jnp.maximum(kept[..., np.flatnonzero(inside), :], 0.0)
        return jnp.moveaxis(kept.reshape(*kept.shape[:-3], -1, kept.shape[-1]), -1, -2)

    signal, background = counts(tables.signal), counts(tables.background)
    many = jnp.broadcast_to(background[None], (signal.shape[0], *background.shape))
    return Yields(signal, many, tables.source_errors)


@kept
def binned_merit(
    tables: CutTables, aim: Aim, yields: Yields, strengths: Float[Array, " masses"]
) -> Float[Array, " masses"]:
    """ln of the figure of merit of a binned likelihood at each mass."""
    return jax.vmap(lambda one, at: merit(aim, tables.rules, one, at))(yields, strengths)


def whole_range(
    tables: CutTables,
    aim: Aim,
    strengths: np.ndarray,
    setting: Projection,
    published: np.ndarray,
) -> Found:
    """The whole range as the best window of a binned likelihood, beside the published one.

    Args:
        tables, aim, strengths, published: see `windows.best_windows`.
        setting: gives the detector's own bins.

    Returns:
        `Found`; not settled where so few counts decide that the formulas of large samples fail.
    """
    detector = setting.search.experiment
    native = (detector.edges, detector.time_edges)
    every = np.array([0, len(tables.energy) - 1, 0, len(tables.time) - 1])
    at = jnp.asarray(strengths)
    inside = [binned_yields(tables, native, nodes) for nodes in (every, published)]
    best, before = (np.asarray(binned_merit(tables, aim, one, at)) for one in inside)
    masses = len(strengths)
    enough = np.ones(masses, bool)
    if aim.objective == "limit":
        signals = np.asarray(inside[0].signal[:, 0])
        background = np.asarray(inside[0].background[0].sum(0))
        enough = np.array([effective_counts(row, background) >= FEW for row in signals])
    return Found(np.tile(every, (masses, 1)), best, enough, before)
