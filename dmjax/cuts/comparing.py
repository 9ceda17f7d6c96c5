"""Windows, a learned region and all bins, side by side, and toys of the first two."""

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np

from dmjax.analyses.projections import Projection
from dmjax.cuts.binned import whole_range
from dmjax.cuts.cells import cells_of, region_yields, window_cells
from dmjax.cuts.learning import learned_regions
from dmjax.cuts.objectives import Aim, is_something
from dmjax.cuts.tables import CutTables, held_of
from dmjax.cuts.trials import Trial, trial
from dmjax.cuts.windows import Found

ABSENT = Trial(np.nan, np.nan, np.nan, np.nan)
"""Of a mass without signal."""


class Compared(NamedTuple):
    """A learned region beside its rivals.

    Attributes:
        kept: cells of the region, (masses, energies, times).
        merit: of it, as one count, (masses,).
        all_bins: merit of the likelihood of all the detector's own bins.
        trusted: whether there are enough counts for `all_bins`.
        windows, learned: toys of each mass; none but for limits.
    """

    kept: np.ndarray
    merit: np.ndarray
    all_bins: np.ndarray
    trusted: np.ndarray
    windows: list[Trial]
    learned: list[Trial]


def compare(
    tables: CutTables,
    aim: Aim,
    strengths: np.ndarray,
    setting: Projection,
    windows: Found,
    toys: int,
    seed: int,
) -> Compared:
    """Learn a region at every mass, and try it and the windows on toys.

    Args:
        tables, aim, strengths, setting: see `whole_range`.
        windows: the best ones.
        toys: of each selection, without and with signal; see `trial`.
        seed: of the toys, which are drawn after everything is chosen.
    """
    found = learned_regions(tables, aim, strengths)
    sizes = (len(tables.energy) - 1, len(tables.time) - 1)
    kept, merit = np.asarray(found.kept).reshape(-1, *sizes), np.asarray(found.merit)
    ceiling = whole_range(tables, aim, strengths, setting, windows.nodes[0])
    tried: list[list[Trial]] = [[], []]
    if aim.objective == "limit":
        rng = np.random.default_rng(seed)
        inside = np.stack([window_cells(nodes, sizes) for nodes in windows.nodes])
        for mine, cells, merits in zip(tried, (inside, kept), (windows.merit, merit), strict=True):
            mine += [
                _trial(tables, aim, mass, cells[mass], float(merits[mass]), toys, rng)
                for mass in range(len(strengths))
            ]
    return Compared(kept, merit, ceiling.merit, ceiling.settled, *tried)


def _trial(
    tables: CutTables,
    aim: Aim,
    mass: int,
    kept: np.ndarray,
    merit: float,
    toys: int,
    rng: np.random.Generator,
) -> Trial:
    if not is_something(merit):
        return ABSENT
    share = jnp.asarray(kept.ravel(), float)
    yields = region_yields(cells_of(held_of(tables, mass)), share)
    return trial(tables.rules, yields, -merit, aim.level, toys, rng)
