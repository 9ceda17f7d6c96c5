"""Figure of a fit: data, stacked components and the post-fit band, along each axis."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dmjax.errors import InputError
from dmjax.plots.canvas import Saved, blank_figure, plain

AXES = {
    "pe": ("photo-electrons", "PE"),
    "time_us": ("time [µs]", "µs"),
    "energy": ("energy [keVee]", "keVee"),
    "f90": (r"$F_{90}$", "unit"),
    "kev": ("energy [keV]", "keV"),
}
"""Axis → its label and its unit; another is written as it is."""

STEADY, NEUTRONS = "#d6604d", "#bdbdbd"
PARTS = {
    "steady": ("steady state", STEADY),
    "measured steady state": ("steady state (off data)", STEADY),
    "background": ("background", STEADY),
    "brn": ("beam-related neutrons", NEUTRONS),
    "brn_prompt": ("prompt neutrons", NEUTRONS),
    "brn_delayed": ("delayed neutrons", "#737373"),
    "nin": ("neutrino-induced neutrons", "#fdae61"),
    "cevns": ("CEvNS", "#5aae61"),
    "signal": ("dark matter", "#4393c3"),
}
"""Component → its name and colour, from the bottom of the stack to its top; others follow."""

_OTHERS = ("#a6761d", "#762a83", "#80b1d3", "#b3de69")


def plot_postfit(result: Saved) -> Figure:
    """Data with counting errors over the fitted components; the band is their post-fit error.

    Args:
        result: a `FitResult` with spectra, or what its file holds.

    Raises:
        InputError: it has none.
    """
    held = plain(result)
    spectra = {name: rows for name, rows in (held.get("spectra") or {}).items() if rows}
    if not spectra:
        raise InputError("this fit has no spectra: its data have no axes, or a nuisance integrated")
    widest = max(len(rows) for rows in spectra.values())
    figure = blank_figure(3.1 * len(spectra) + 0.3, 3.3 * widest + 2.0)
    grid = figure.subplots(len(spectra), widest, squeeze=False)
    for line, (name, rows) in zip(grid, spectra.items(), strict=True):
        for axes in line[len(rows) :]:
            axes.set_axis_off()
        for axes, row in zip(line, rows, strict=False):
            _draw(axes, row)
        line[0].set_title(f"{name}: {_title(held)}", fontsize=8.5, loc="left")
        where = {"loc": "center left", "bbox_to_anchor": (1.0, 0.5)}
        line[len(rows) - 1].legend(fontsize=7.5, frameon=False, **where)
    return figure


def _title(held: Mapping[str, Any]) -> str:
    if held["fitted"] == "none":
        return "fit without dark matter"
    about = f"fit with {held['fitted']}"
    return about if held["m_v"] is None else rf"{about}, $m_V$ = {held['m_v']:g} MeV"


def _draw(axes: Axes, row: Mapping[str, Any]) -> None:
    edges = np.array(row["edges"])
    label, unit = AXES.get(row["axis"], (row["axis"], "unit"))
    width = np.diff(edges)
    even = np.allclose(width, width[0])
    per = np.ones(width.size) if even else width
    _draw_stack(axes, row["components"], edges, per)
    total, error = np.array(row["total"]), np.array(row["error"], float)
    error = np.where(np.isfinite(error), error, 0.0)
    low, high = ((total + side * error) / per for side in (-1.0, 1.0))
    axes.fill_between(
        edges,
        np.append(low, low[-1]),
        np.append(high, high[-1]),
        step="post",
        facecolor="none",
        edgecolor="0.2",
        hatch="/////",
        lw=0,
        label="post-fit error",
    )
    data = np.array(row["data"])
    bars = np.sqrt(data)
    centres = 0.5 * (edges[1:] + edges[:-1])
    axes.errorbar(centres, data / per, bars / per, fmt="ko", ms=3, lw=0.9, label="data")
    axes.set_xlim(edges[0], edges[-1])
    axes.set_ylim(0.0, 1.1 * max(float(((data + bars) / per).max()), float(high.max()), 1e-12))
    axes.set_xlabel(label)
    axes.set_ylabel("events / bin" if even else f"events / {unit}")
    axes.tick_params(direction="in", which="both", top=True, right=True, labelsize=8)


def _draw_stack(axes: Axes, parts: Mapping[str, Any], edges: np.ndarray, per: np.ndarray) -> None:
    known, others = list(PARTS), iter(_OTHERS * len(parts))
    order = [name for name in known if name in parts and name != "signal"]
    order += [name for name in parts if name not in known] + ["signal"] * ("signal" in parts)
    base = np.zeros(len(per))
    for name in order:
        text, colour = PARTS.get(name) or (name, next(others))
        top = base + np.array(parts[name]) / per
        axes.stairs(top, edges, baseline=base, fill=True, color=colour, label=text)
        base = top
