"""Figure of a detector: its response against recoil, its backgrounds in observable and time."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dmjax.plots.canvas import Saved, blank_figure, plain

COLOURS = {
    "prompt": "#4393c3",
    "delayed": "#2166ac",
    "kaon": "#92c5de",
    "in-flight": "#053061",
}
OTHERS = ("#d6604d", "#5aae61", "#a6761d", "#762a83", "#bf812d", "#35978f")
UNITS = {"pe": "photo-electrons", "keVee": "keVee", "keV": "keV"}
_SHARE = 1e-4
"""Of the tallest bin: lower ones are left out of the axes."""


def plot_check(result: Saved) -> Figure:
    """Response and efficiency against recoil energy; backgrounds in the observable and in time.

    Args:
        result: a `CheckResult`, or what its file holds.
    """
    held = plain(result)
    figure = blank_figure(3.6, 10.5)
    left, middle, right = figure.subplots(1, 3, width_ratios=(1.1, 1.0, 1.0))
    _response(left, held)
    counts = {name: np.asarray(n, float) for name, n in held["background_counts"].items()}
    observable = UNITS[held["observable"]]
    unit = "PE" if held["observable"] == "pe" else observable
    _spectrum(
        middle,
        {name: n.sum(axis=1) for name, n in counts.items()},
        np.asarray(held["energy_edges"], float),
        f"observable [{observable}]",
        f"events / {unit}",
    )
    _spectrum(
        right,
        {name: n.sum(axis=0) for name, n in counts.items()},
        np.asarray(held["time_edges_us"], float),
        r"time [$\mu$s]",
        r"events / $\mu$s",
    )
    figure.suptitle(
        f"{held['experiment']}: {held['mass_kg']:g} kg at {held['distance_m']:g} m, "
        f"{held['pot']:.3g} protons on target",
        fontsize=9.5,
    )
    return figure


def _response(axes: Axes, held: Mapping) -> None:
    t = np.asarray(held["recoil_kev"], float)
    axes.plot(t, held["accepted"], color="#2166ac", lw=1.8, label="accepted share")
    if held["threshold_kev"] is not None:
        label = f"half of it: {held['threshold_kev']:.3g} keV"
        axes.axvline(held["threshold_kev"], color="#878787", lw=0.9, ls=":", label=label)
    axes.set_xscale("log")
    axes.set_xlim(t[0], t[-1])
    axes.set_ylim(0.0, 1.08 * max(float(np.max(held["accepted"])), 1e-3))
    axes.set_xlabel("recoil energy [keV]")
    axes.set_ylabel("accepted share of recoils")
    other = axes.twinx()
    other.plot(t, held["mean"], color="#d6604d", lw=1.2, ls="--", label="mean observable")
    other.set_yscale("log")
    other.set_ylabel(f"mean observable [{UNITS[held['observable']]}]")
    lines, texts = axes.get_legend_handles_labels()
    more, words = other.get_legend_handles_labels()
    axes.legend(lines + more, texts + words, fontsize=7, frameon=False, loc="upper left")


def _spectrum(
    axes: Axes, parts: Mapping[str, np.ndarray], edges: np.ndarray, x: str, y: str
) -> None:
    others = iter(OTHERS * 4)
    rates = {name: n / np.diff(edges) for name, n in parts.items()}
    for name, rate in rates.items():
        colour = COLOURS.get(name) or next(others)
        axes.stairs(rate, edges, baseline=None, color=colour, lw=1.3, label=name)
    tallest = max((float(rate.max()) for rate in rates.values()), default=0.0)
    if tallest > 0.0:
        lowest = min(float(r[r > 0.0].min()) for r in rates.values() if r.max() > 0.0)
        axes.set_yscale("log")
        axes.set_ylim(max(0.5 * lowest, _SHARE * tallest), 6.0 * tallest)
        axes.legend(fontsize=7, frameon=False)
    axes.set_xlim(float(edges[0]), float(edges[-1]))
    axes.set_xlabel(x)
    axes.set_ylabel(y)
