"""Figure of the best windows against the mass, the published ones drawn in, and the gain."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dmjax.plots.canvas import Saved, blank_figure, masses_text, numbers, plain

_CHOSEN, _PUBLISHED = "#2166ac", "#b2182b"
_WIDE = 20.0
"""Ratio of ends from where an axis is logarithmic."""
_NAMES = {
    "limit": "expected limit",
    "discovery": "expected significance",
    "s-over-root-b": r"$S/\sqrt{2B_{SS}+B_\nu+B_{BRN}}$",
    "information": "information",
}


def plot_cuts(result: Saved) -> Figure:
    """Windows in energy and in time, and what they gain over the published ones.

    Args:
        result: a `CutsResult`, or what its file holds.
    """
    found = plain(result)
    masses = np.asarray(found["m_v"], float)
    figure = blank_figure(6.2)
    panels = figure.subplots(3, 1, sharex=True, height_ratios=(1.0, 1.0, 0.7))
    energy = np.asarray(found["energy_kev"], float)[:, None, :]
    windows = np.asarray(found["time_us"], float).reshape(masses.size, -1, 2)
    published = found["table5"]
    _draw_windows(panels[0], masses, energy, np.reshape(published["energy_kev"], (-1, 2)))
    _draw_windows(panels[1], masses, windows, np.reshape(published["time_us"], (-1, 2)))
    panels[0].set_ylabel(r"$E_r$ [keV]")
    panels[1].set_ylabel(r"$t$ [$\mu$s]")
    panels[0].legend(fontsize=7.5, frameon=False, loc="best")
    panels[2].plot(masses, numbers(found["gain"]), color=_CHOSEN, lw=1.4, **_marks(masses))
    panels[2].axhline(1.0, color=_PUBLISHED, ls="--", lw=1.0)
    panels[2].set_ylabel("gain")
    panels[2].set_xlabel(r"$m_V$ [MeV]")
    if masses.size > 1:
        panels[2].set_xscale("log")
        panels[2].set_xlim(masses.min(), masses.max())
    for axes in panels:
        axes.tick_params(direction="in", which="both", top=True, right=True, labelsize=9)
    panels[0].set_title(_title(found), fontsize=8.5)
    return figure


def _marks(masses: np.ndarray) -> dict[str, Any]:
    """A single mass is a point."""
    return {} if masses.size > 1 else {"marker": "o"}


def _draw_windows(
    axes: Axes, masses: np.ndarray, windows: np.ndarray, published: np.ndarray
) -> None:
    """(masses, windows, 2) as bands, published ones as lines."""
    for i in range(windows.shape[1]):
        low, high = windows[:, i, 0], windows[:, i, 1]
        label = "best window" if i == 0 else None
        axes.fill_between(masses, low, high, color=_CHOSEN, alpha=0.25, lw=0, label=label)
        for end in (low, high):
            axes.plot(masses, end, color=_CHOSEN, lw=1.2, drawstyle="default", **_marks(masses))
    for i, end in enumerate(published.ravel()):
        label = "published" if i == 0 else None
        axes.axhline(end, color=_PUBLISHED, ls="--", lw=1.0, label=label)
    least = min(windows.min(), published.min())
    if least > 0.0 and max(windows.max(), published.max()) > _WIDE * least:
        axes.set_yscale("log")


def _title(found: Mapping[str, Any]) -> str:
    signal = found["signal"]
    how = "" if found["counting"] else ", binned"
    parts = [f"{found['experiment']}: {_NAMES[found['objective']]}{how}"]
    parts += [f"{signal.get('model', '')}", *masses_text(signal)]
    return ", ".join(parts)
