"""Figure of p-values of no signal against the mass."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from scipy.special import ndtr

from dmjax.errors import InputError
from dmjax.plots.canvas import Saved, masses_text, new_figure, plain

_INNER, _OUTER = "#7fbf7b", "#fee08b"


def plot_significance(result: Saved) -> Figure:
    """Local p-values observed and, of a stated signal, expected; the global one in words.

    Args:
        result: a `SignificanceResult`, or what its file holds.
    """
    held = plain(result)
    if held.get("kind") != "significance":
        raise InputError("not a significance: save one with dmjax significance --out FILE")
    figure, axes = new_figure(3.8)
    masses, seen = np.array(held["m_v"]), np.array(held["p_local"])
    lowest = float(seen.min())
    if held["expected"] is not None:
        bands = dict(zip(held["sigmas"], np.array(held["expected"]).T, strict=True))
        for reach, colour in ((2.0, _OUTER), (1.0, _INNER)):
            label = rf"expected $\pm${reach:.0f}$\sigma$"
            axes.fill_between(masses, bands[-reach], bands[reach], color=colour, lw=0, label=label)
        label = f"expected, {held['quantity']} = {held['expected_at']:.3g}"
        axes.plot(masses, bands[0.0], "k--", lw=1.0, label=label)
        lowest = min(lowest, float(bands[0.0].min()))
    axes.plot(masses, seen, "k-", lw=1.4, label="observed (large samples)")
    if held["p_toys"] is not None:
        toys, error = np.array(held["p_toys"]), np.array(held["p_toys_error"])
        shown = toys > 0
        label = f"observed ({held['toys']} toys)"
        axes.errorbar(
            masses[shown], toys[shown], error[shown], fmt="o", ms=2.5, lw=0.8, color="#2166ac",
            label=label,
        )  # fmt: skip
    bottom = max(0.2 * lowest, 1e-12)
    for z in range(1, 8):
        if ndtr(-z) > bottom:
            axes.axhline(ndtr(-z), color="#b2182b", ls=":", lw=0.8)
            axes.text(masses[-1], ndtr(-z), rf" {z}$\sigma$", color="#b2182b", va="center", size=8)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlim(masses[0], masses[-1])
    axes.set_ylim(bottom, 1.0)
    axes.set_xlabel(r"$m_V$ [MeV]")
    axes.set_ylabel("local p-value of no signal")
    axes.set_title(_title(held), fontsize=8.5)
    axes.legend(fontsize=7.5, framealpha=0.9, edgecolor="none", loc="lower left")
    return figure


def _title(held: Mapping[str, Any]) -> str:
    signal = held["signal"]
    about = [" + ".join(held["datasets"]), f"{signal['model']}, {signal['dm']} $\\chi$"]
    text = ", ".join([*about, *masses_text(signal)])
    if held["p_global"] is None:
        return text
    return (
        f"{text}\nglobal p = {held['p_global']:.2g} ± {held['p_global_error']:.1g} (toys), "
        f"{held['p_upcrossings']:.2g} ± {held['p_upcrossings_error']:.1g} (upcrossings)"
    )
