"""Figure of a prediction: its spectrum in recoil energy, or in missing energy."""

import numpy as np
from matplotlib.figure import Figure

from dmjax.plots.canvas import Saved, new_figure, plain

COLOURS = ("#d6604d", "#5aae61", "#a6761d", "#762a83", "#878787", "#bf812d", "#35978f", "#c51b7d")
_SHARE = 1e-3
"""Bins below this share of the tallest are left out of the range of the axes."""


def plot_prediction(result: Saved) -> Figure:
    """Events per bin of recoil energy, summed over time: signal and every background.

    Args:
        result: a `Prediction`, or what its file holds.
    """
    held = plain(result)
    edges = np.asarray(held["energy_edges_kev"], float)
    width = np.diff(edges)
    parts = {"dark matter": held["counts"]} | held["background_counts"]
    rates = {name: np.asarray(x, float).sum(axis=1) / width for name, x in parts.items()}
    figure, axes = new_figure(3.6)
    for (name, rate), colour in zip(rates.items(), ("#4393c3", *COLOURS * 4), strict=False):
        if rate.max() > 0:
            wide = 1.8 if name == "dark matter" else 1.1
            axes.stairs(rate, edges, baseline=None, color=colour, lw=wide, label=name)
    tallest = max((rate.max() for rate in rates.values()), default=0.0)
    if tallest > 0:
        seen = [rate.max() for rate in rates.values() if rate.max() > 0]
        inside = np.any([rate > _SHARE * rate.max() for rate in rates.values()], axis=0)
        reached = np.flatnonzero(inside)
        axes.set_xlim(float(edges[reached[0]]), float(edges[reached[-1] + 1]))
        axes.set_yscale("log")
        axes.set_ylim(_SHARE * min(seen), 3.0 * tallest)
        axes.legend(fontsize=7, frameon=False)
    missing = held.get("signature") == "missing-energy"
    axes.set_xlabel("missing energy [keV]" if missing else r"recoil energy $E_r$ [keV]")
    axes.set_ylabel("events / keV")
    couplings = ", ".join(f"{name} = {value:.3g}" for name, value in held["couplings"].items())
    axes.set_title(
        f"{held['experiment']}, {held['model']}, $m_V$ = {held['m_v']:g} MeV,\n{couplings}",
        fontsize=8.5,
    )
    return figure
