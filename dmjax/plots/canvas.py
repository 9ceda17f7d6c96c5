"""The paper that figures are drawn on, and how they are saved."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from dmjax.errors import InputError
from dmjax.store.result import AbstractResult
from dmjax.store.writing import whole

WIDTH = 4.6
"""Of a column in print [inches]."""

Saved = AbstractResult | Mapping[str, Any]
"""A result, or what its file holds."""


def blank_figure(height: float, width: float = WIDTH) -> Figure:
    """An empty figure [inches] that needs no display."""
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def new_figure(height: float, width: float = WIDTH) -> tuple[Figure, Axes]:
    """One panel, of the width of a column in print unless told."""
    figure = blank_figure(height, width)
    axes = figure.add_subplot()
    axes.tick_params(direction="in", which="both", top=True, right=True, labelsize=9)
    return figure, axes


def plain(result: Saved) -> Mapping[str, Any]:
    """What the file of a result holds."""
    return result.to_plain() if isinstance(result, AbstractResult) else result


def check_same(first: Mapping[str, Any], second: Mapping[str, Any], what: str) -> None:
    """Raise where two results differ in one of the settings that both state."""
    for key in first.keys() & second.keys():
        if first[key] != second[key]:
            raise InputError(
                f"{what} has {key} = {second[key]}, the figure {first[key]}: convert it first"
            )


def numbers(values: Sequence) -> np.ndarray:
    """Saved numbers; null (no limit) as NaN, which is not drawn."""
    found = np.array(values, float)
    return np.where(np.isfinite(found), found, np.nan)


def masses_text(signal: Mapping[str, Any]) -> list[str]:
    """m_χ of a saved signal, fixed or in ratio, for a title; empty where it has none."""
    if signal.get("m_chi") is not None:
        return [rf"$m_\chi$ = {signal['m_chi']:g} MeV"]
    if signal.get("mass_ratio") is not None:
        return [rf"$m_V/m_\chi$ = {signal['mass_ratio']:g}"]
    return []


def save_figure(
    figure: Figure, path: Path, suffixes: tuple[str, ...] = (".pdf", ".png")
) -> list[Path]:
    """PDF and PNG beside each other, each written whole."""
    written = []
    for suffix in suffixes:
        target = path.with_suffix(suffix)
        with whole(target) as file:
            figure.savefig(file, dpi=200)
        written.append(target)
    return written
