"""Figures of a saved `Diagnosis`: tornado of impacts, pulls, correlation matrix."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dmjax.errors import InputError
from dmjax.plots.canvas import Saved, blank_figure, plain, save_figure

_ROW = 0.27
_DOWN, _UP = "#2166ac", "#d6604d"
_LARGEST = 30
"""Parameters shown at most in a tornado: those with the largest impact."""


def _style(axes: Axes) -> Axes:
    axes.tick_params(direction="in", which="both", labelsize=8)
    return axes


def _title(result: Mapping[str, Any]) -> str:
    return " + ".join(result["datasets"])


def plot_tornado(result: Saved) -> Figure:
    """Impact of each parameter on the one of interest, with its pull beside it.

    Args:
        result: a `DiagnosisResult` with impacts, or what its file holds.

    Raises:
        InputError: it has none.
    """
    result = plain(result)
    found = result["impacts"]
    if found is None:
        raise InputError("no tornado: the fit has one parameter, so nothing has an impact on it")
    names = found["names"][:_LARGEST]
    figure = blank_figure(1.25 + _ROW * len(names), 5.6)
    left, right = figure.subplots(1, 2, sharey=True, width_ratios=[1.7, 1.0])
    rows = np.arange(len(names))[::-1]
    sides = (("up", _UP, "parameter at +1σ", 0.18), ("down", _DOWN, "at −1σ", -0.18))
    for side, colour, label, shift in sides:
        bars = np.array(found[side][: len(names)], float)
        left.barh(rows + shift, bars, height=0.34, color=colour, alpha=0.85, label=label)
    _style(left)
    left.axvline(0.0, color="k", lw=0.8)
    reach = np.abs(np.array([*found["down"], *found["up"]], float)).max(initial=0.0)
    left.set_xlim(*(np.array([-1.15, 1.15]) * (reach if reach > 0 else 1.0)))
    left.set_yticks(rows, names)
    left.set_ylim(-0.7, len(names) - 0.3)
    left.set_xlabel(f"shift of {found['poi']}", fontsize=9)
    right.tick_params(axis="y", length=0)
    pulls = result["pulls"]
    place = dict(zip(names, rows, strict=True))
    _draw_pulls(
        _style(right),
        [
            (place[n], p, e)
            for n, p, e in zip(pulls["names"], pulls["pulls"], pulls["errors"], strict=True)
            if n in place
        ],
    )
    error = found["error"]
    width = "" if error is None else f" ± {error:.3g}"
    figure.suptitle(f"{_title(result)}: {found['poi']} = {found['value']:.4g}{width}", fontsize=9)
    figure.legend(loc="outside lower left", ncols=2, fontsize=8, frameon=False)
    return figure


def _draw_pulls(axes: Axes, rows: list[tuple[float, float, float | None]]) -> None:
    """Pulls with their errors; one whose error is not known has no bar."""
    axes.axvspan(-1.0, 1.0, color="0.9", lw=0)
    axes.axvline(0.0, color="0.5", lw=0.8)
    for row, pull, error in rows:
        axes.errorbar(pull, row, xerr=error, fmt="ko", ms=3.5, lw=1.1, capsize=2)
    reach = max([2.0, *(abs(pull) + (error or 0.0) + 0.2 for _, pull, error in rows)])
    axes.set_xlim(-reach, reach)
    axes.set_xlabel("pull", fontsize=9)


def plot_pulls(result: Saved) -> Figure:
    """(best fit − centre)/σ of the constrained parameters, with post-fit errors in units of σ.

    Args:
        result: a `DiagnosisResult`, or what its file holds.
    """
    result = plain(result)
    found = result["pulls"]
    rows = np.arange(len(found["names"]))[::-1]
    figure = blank_figure(0.95 + _ROW * max(len(rows), 1))
    axes = _style(figure.add_subplot())
    _draw_pulls(axes, list(zip(rows, found["pulls"], found["errors"], strict=True)))
    axes.set_yticks(rows, found["names"])
    axes.set_ylim(-0.7, max(len(rows), 1) - 0.3)
    axes.set_title(_title(result), fontsize=9)
    return figure


def plot_correlations(result: Saved) -> Figure:
    """Post-fit correlation matrix; numbers of at least 0.005 are printed in up to 16 rows.

    Args:
        result: a `DiagnosisResult`, or what its file holds.
    """
    result = plain(result)
    found = result["correlations"]
    matrix, names = np.array(found["matrix"], float), found["names"]
    size = len(names)
    figure = blank_figure(min(1.9 + 0.34 * size, 8.0), min(2.6 + 0.36 * size, 8.5))
    axes = _style(figure.add_subplot())
    image = axes.imshow(matrix, cmap="RdBu_r", vmin=-1.0, vmax=1.0)
    axes.set_xticks(range(size), names, rotation=45, ha="right", rotation_mode="anchor")
    axes.set_yticks(range(size), names)
    axes.tick_params(length=0)
    for (row, column), value in np.ndenumerate(matrix):
        if size <= 16 and abs(value) >= 0.005:
            colour = "w" if abs(value) > 0.6 else "k"
            text = f"{value:.2f}".replace("-", "−")
            axes.text(column, row, text, ha="center", va="center", fontsize=6.5, color=colour)
    bar = figure.colorbar(image, ax=axes, shrink=0.85)
    bar.ax.tick_params(labelsize=7.5)
    bar.set_label("correlation", fontsize=8.5)
    axes.set_title(_title(result), fontsize=9)
    return figure


def draw_diagnosis(result: Saved, folder: Path) -> list[Path]:
    """The figures of a diagnosis, PDF and PNG, into a folder; of one parameter only its pull.

    Args:
        result: a `DiagnosisResult`, or what its file holds.
        folder: made where it does not exist.
    """
    drawn = {"pulls": plot_pulls}
    if plain(result)["impacts"] is not None:
        drawn |= {"correlations": plot_correlations, "tornado": plot_tornado}
    return [
        path for name, plot in drawn.items() for path in save_figure(plot(result), folder / name)
    ]
