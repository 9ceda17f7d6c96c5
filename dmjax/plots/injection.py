"""Figure of injected signals and what fits give back."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from dmjax.errors import InputError
from dmjax.plots.canvas import Saved, blank_figure, masses_text, plain

_COLOURS = ("#2166ac", "#d6604d", "#1b7837", "#762a83")


def plot_injection(result: Saved) -> Figure:
    """Bias, pulls and coverage against the injected events, with Monte Carlo errors.

    Args:
        result: an `InjectionResult`, or what its file holds.
    """
    held = plain(result)
    if held.get("kind") != "injection":
        raise InputError("not an injection: save one with dmjax inject --out FILE")
    figure = blank_figure(6.0, 5.6)
    bias, pulls, share = figure.subplots(3, 1, sharex=True)
    events = np.array(held["events"])
    dots = {"fmt": "o", "ms": 3.5, "lw": 1.0}
    bias.errorbar(events, held["bias"], held["fitted_error"], color="k", label="mean", **dots)
    median = np.array(held["median"]) - events
    bias.plot(events, median, "kx", ms=4, label="median")
    bias.axhline(0.0, color="0.5", lw=0.8)
    bias.set_ylabel("fitted − injected [events]", fontsize=9)
    means = {"color": _COLOURS[0], "label": "mean"}
    pulls.errorbar(events, held["pull"], held["pull_error"], **means, **dots)
    widths = {"color": _COLOURS[1], "label": "width"}
    pulls.errorbar(events, held["width"], held["width_error"], **widths, **dots)
    for wanted in (0.0, 1.0):
        pulls.axhline(wanted, color="0.5", lw=0.8)
    pulls.set_ylabel("pull", fontsize=9)
    columns = zip(held["levels"], np.transpose(held["coverage"]), strict=True)
    errors = np.transpose(held["coverage_error"])
    for (level, values), error, colour in zip(columns, errors, _COLOURS, strict=False):
        label = f"{100 * level:.4g} % interval"
        share.errorbar(events, values, error, color=colour, label=label, **dots)
        share.axhline(level, color=colour, ls="--", lw=0.8)
    share.set_ylabel("coverage", fontsize=9)
    share.set_xlabel("injected signal [events]")
    for axes in (bias, pulls, share):
        axes.tick_params(direction="in", which="both", labelsize=8)
        axes.legend(fontsize=7.5, frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5))
    bias.set_title(_title(held), fontsize=8.5)
    return figure


def _title(held: Mapping[str, Any]) -> str:
    signal = held["signal"]
    about = [" + ".join(held["datasets"]), signal["model"]]
    if held["m_v"] is not None:
        about += [rf"$m_V$ = {held['m_v']:g} MeV", *masses_text(signal)]
    return ", ".join([*about, f"{held['toys']} toys per point"])
