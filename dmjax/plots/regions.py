"""Figure of regions in (m_V, coupling)."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from dmjax.errors import InputError
from dmjax.plots.canvas import Saved, masses_text, new_figure, plain
from dmjax.plots.limits import LABELS

_COLOURS = ("#2166ac", "#67a9cf", "#d1e5f0", "#bdbdbd")
_METHODS = {
    "likelihood": r"$-2\Delta\ln L$, Wilks, 2 d.o.f.",
    "fc": "Feldman–Cousins",
}


def plot_regions(result: Saved) -> Figure:
    """Regions of the confidence levels, the best point, and where toys leave the edge open.

    Dotted lines are the edges with p moved by its Monte Carlo error.

    Args:
        result: a `RegionResult`, or what its file holds.
    """
    held = plain(result)
    if held.get("kind") != "regions":
        raise InputError("not a region: save one with dmjax regions --out FILE")
    figure, axes = new_figure(4.2)
    levels = sorted(held["levels"])
    height, error = np.array(held["p_value"], float), np.array(held["p_error"], float)
    handles = []
    for level, colour in reversed(list(zip(levels, _COLOURS, strict=False))):
        _draw(axes, held, height, error, level, colour)
        handles.append(Patch(color=colour, label=f"{100 * level:g} % C.L."))
    label = "best point"
    if held["best_coupling"] > 0:
        axes.plot(held["best_m_v"], held["best_coupling"], "k*", ms=9, zorder=5)
        label += f": {held['best_m_v']:.3g} MeV, {held['best_coupling']:.2g}"
        handles.append(Line2D([], [], color="k", marker="*", ls="", label=label))
    else:
        handles.append(Line2D([], [], ls="", label=f"{label}: no signal"))
    if np.any(error > 0):
        handles.append(Line2D([], [], color="0.2", ls=":", lw=0.9, label="toys: ± 1σ of p"))
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlim(min(held["m_v"]), max(held["m_v"]))
    axes.set_ylim(min(held["coupling"]), max(held["coupling"]))
    axes.set_xlabel(r"$m_V$ [MeV]")
    axes.set_ylabel(LABELS.get(held["quantity"], str(held["quantity"])))
    axes.set_title(_title(held), fontsize=8.5)
    axes.legend(handles=handles, fontsize=7.5, framealpha=0.9, edgecolor="none", loc="best")
    return figure


def _log(p: np.ndarray) -> np.ndarray:
    """−2 ln p, smooth across an edge; a p of 0 as one that no edge reaches."""
    return -2.0 * np.log(np.maximum(p, 1e-6))


def _draw(
    axes: Axes,
    held: Mapping[str, Any],
    height: np.ndarray,
    error: np.ndarray,
    level: float,
    colour: str,
) -> None:
    edge = -2.0 * np.log(1.0 - level)
    where = held["m_v"], held["coupling"]
    shown = _log(height).T
    if shown.min() < edge:
        axes.contourf(*where, shown, levels=[-1.0, edge], colors=[colour], alpha=0.8)
    if shown.min() < edge < shown.max():
        axes.contour(*where, shown, levels=[edge], colors="k", linewidths=0.8)
    for moved in (height - error, height + error) if np.any(error > 0) else ():
        other = _log(moved).T
        if other.min() < edge < other.max():
            axes.contour(*where, other, levels=[edge], colors="0.2", linewidths=0.7, linestyles=":")


def _title(held: Mapping[str, Any]) -> str:
    signal = held["signal"]
    how = _METHODS[held["method"]]
    if held["toys"]:
        how += f", {held['toys']} toys per point"
    parts = [" + ".join(held["datasets"]), f"{signal['model']}, {signal['dm']} $\\chi$"]
    if held["quantity"] == "Y":
        parts.append(rf"$\alpha_D$ = {signal['alpha_d']:g}")
    return ", ".join([*parts, *masses_text(signal)]) + f"\n{how}"
