"""Figure of a scan: curves of one axis of numbers, maps of two."""

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import FormatStrFormatter, LogLocator, NullFormatter

from dmjax.errors import InputError
from dmjax.plots.canvas import WIDTH, Saved, blank_figure, plain
from dmjax.plots.limits import COLOURS, LABELS

AXES = {
    "m_v": r"$m_V$ [MeV]",
    "m_chi": r"$m_\chi$ [MeV]",
    "m_x": r"$m_X$ [MeV]",
    "mass_ratio": r"$m_V/m_\chi$",
    "alpha_d": r"$\alpha_D$",
    "splitting": r"$\Delta$ [MeV]",
    "lifetime_ns": r"$\tau$ [ns]",
}
"""Labels by axis; another is written as it is."""

_MOST_CURVES, _MOST_PANELS = 8, 6
_CLOSED, _NONE = "#d9d9d9", "#fdd49e"
_CLOSED_TEXT = "closed"


def plot_scan(results: Sequence[Saved]) -> Figure:
    """One scan as a map or as curves.

    Args:
        results: one `ScanResult`, or what its file holds.

    Raises:
        InputError: several scans, or more axes than a figure shows.
    """
    if len(results) != 1:
        raise InputError("a figure shows one scan: give one result")
    held = plain(results[0])
    if held.get("kind") != "scan":
        raise InputError("not a scan: make one with dmjax scan FILE.toml")
    axes = held["axes"]
    wide = [n for n, x in axes.items() if len(x["values"]) > 1 and not _is_text(x)]
    others = [n for n in axes if n not in wide]
    if not wide or len(wide) > 2:
        raise InputError(
            f"a figure shows one or two axes of several numbers, this scan has {len(wide)}: "
            "select(...) values of the others in Python"
        )
    parts = _parts(held, wide, others)
    return _curves(held, wide[0], parts) if len(wide) == 1 else _maps(held, wide, parts)


def _is_text(axis: Mapping[str, Any]) -> bool:
    return isinstance(axis["values"][0], str)


def _parts(held: Mapping[str, Any], wide: list[str], others: list[str]) -> list[tuple]:
    """(label, values, status) for every choice, in the shape of the wide axes."""
    shape = [len(axis["values"]) for axis in held["axes"].values()]
    order = [list(held["axes"]).index(name) for name in (*others, *wide)]
    value, status = (
        np.array(held[name], float).reshape(shape).transpose(order) for name in ("value", "status")
    )
    found = []
    for place in itertools.product(*(range(value.shape[i]) for i in range(len(others)))):
        named = [_named(held, name, i) for name, i in zip(others, place, strict=True)]
        found.append((", ".join(named), value[place], status[place].astype(int)))
    return found


def _named(held: Mapping[str, Any], name: str, place: int) -> str:
    value = held["axes"][name]["values"][place]
    return value if isinstance(value, str) else f"{AXES.get(name, name)} = {value:g}"


def _label(held: Mapping[str, Any]) -> str:
    if held["meaning"].startswith("signal events"):
        return "signal events"
    quantity = held["quantity"]
    kind = "expected limit" if "expected" in held["meaning"] else "upper limit"
    return f"{kind} on {LABELS.get(quantity, quantity)}"


def _title(held: Mapping[str, Any]) -> str:
    signal, axes = held["signal"], held["axes"]
    names = " + ".join(held["datasets"]) or held["experiment"]
    parts = [names] if "dataset" not in axes and "detector" not in axes else []
    parts += [f"{signal['model']}"] if "model" not in axes else []
    parts += [rf"{signal['dm']} $\chi$"] if "dm" not in axes else []
    if "alpha_d" in signal:
        parts.append(rf"$\alpha_D$ = {signal['alpha_d']:g}")
    if signal.get("mass_ratio") is not None and "m_chi" not in axes:
        parts.append(rf"$m_V/m_\chi$ = {signal['mass_ratio']:g}")
    if signal.get("m_chi") is not None:
        parts.append(rf"$m_\chi$ = {signal['m_chi']:g} MeV")
    return ", ".join(parts) + f"\n{held['meaning']}"


def _curves(held: Mapping[str, Any], name: str, parts: list[tuple]) -> Figure:
    if len(parts) > _MOST_CURVES:
        raise InputError(f"a figure shows {_MOST_CURVES} curves, this scan has {len(parts)}")
    figure = blank_figure(3.6)
    axes = figure.add_subplot()
    _ticks(axes)
    places = np.array(held["axes"][name]["values"])
    for (label, value, _), colour in zip(parts, COLOURS * 2, strict=False):
        axes.plot(places, value, color=colour, lw=1.4, marker=".", ms=3, label=label or None)
    _scale(axes, "x", places)
    if np.nanmin([np.nanmin(x, initial=np.inf) for _, x, _ in parts]) > 0.0:
        axes.set_yscale("log")
    axes.set_xlabel(AXES.get(name, name))
    axes.set_ylabel(_label(held))
    axes.set_title(_title(held), fontsize=8.5)
    if any(label for label, _, _ in parts):
        axes.legend(fontsize=7.5, frameon=False)
    return figure


def _maps(held: Mapping[str, Any], wide: list[str], parts: list[tuple]) -> Figure:
    if len(parts) > _MOST_PANELS:
        raise InputError(f"a figure shows {_MOST_PANELS} maps, this scan has {len(parts)}")
    columns = min(len(parts), 3)
    rows = -(-len(parts) // columns)
    figure = blank_figure(3.6 * rows, WIDTH * (1.0 if columns == 1 else 0.8 * columns))
    panels = np.ravel(figure.subplots(rows, columns, squeeze=False))
    seen = np.concatenate([x[np.isfinite(x) & (x > 0.0)] for _, x, _ in parts])
    ends = (seen.min(), seen.max()) if seen.size else (0.1, 1.0)
    norm = LogNorm(ends[0], max(ends[1], 1.001 * ends[0]))
    drawn = None
    for panel, part in itertools.zip_longest(panels, parts):
        if part is None:
            panel.set_visible(False)
            continue
        drawn = _map(held, wide, panel, part, norm)
    figure.suptitle(_title(held), fontsize=8.5)
    if drawn is not None:
        figure.colorbar(drawn, ax=list(panels), label=_label(held))
    return figure


def _map(held: Mapping[str, Any], wide: list[str], axes: Axes, part: tuple, norm: LogNorm) -> Any:
    label, value, status = part
    places = [np.array(held["axes"][name]["values"]) for name in wide]
    texts = held["status_text"]
    closed = np.isin(status, [i for i, text in enumerate(texts) if text.startswith(_CLOSED_TEXT)])
    none = ~np.isfinite(value) & ~closed
    _ticks(axes)
    handles = []
    for where, colour, text in ((closed, _CLOSED, "closed"), (none, _NONE, "no value")):
        if where.any():
            shown = np.where(where, 0.5, np.nan).T
            axes.pcolormesh(*places, shown, cmap=_flat(colour), vmin=0, vmax=1, rasterized=True)
            handles.append(Patch(color=colour, label=text))
    positive = np.ma.masked_invalid(np.where(value > 0.0, value, np.nan).T)
    drawn = axes.pcolormesh(*places, positive, norm=norm, cmap="viridis_r", rasterized=True)
    if positive.count() > 3 and min(positive.shape) > 1:
        decades = LogLocator().tick_values(float(positive.min()), float(positive.max()))
        inside = [x for x in decades if positive.min() < x < positive.max()]
        if inside:
            axes.contour(*places, positive, levels=inside, colors="k", linewidths=0.6)
    for side, found in zip("xy", places, strict=True):
        _scale(axes, side, found)
    axes.set_xlabel(AXES.get(wide[0], wide[0]))
    axes.set_ylabel(AXES.get(wide[1], wide[1]))
    if label:
        axes.set_title(label, fontsize=8)
    if handles:
        axes.legend(handles=handles, fontsize=7.5, loc="upper left", framealpha=0.9)
    return drawn


def _flat(colour: str) -> Any:
    from matplotlib.colors import ListedColormap

    return ListedColormap([colour])


def _ticks(axes: Axes) -> None:
    axes.tick_params(direction="in", which="both", top=True, right=True, labelsize=9)


def _scale(axes: Axes, side: str, values: np.ndarray) -> None:
    """A logarithmic axis where points lie nearer to equal ratios than to equal steps."""
    if values[0] > 0.0 and len(values) > 2:
        steps, ratios = np.diff(values), np.diff(np.log(values))
        if np.std(ratios) / np.mean(ratios) < np.std(steps) / np.mean(steps):
            (axes.set_xscale if side == "x" else axes.set_yscale)("log")
            one = axes.xaxis if side == "x" else axes.yaxis
            one.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
            one.set_major_formatter(FormatStrFormatter("%g"))
            one.set_minor_formatter(NullFormatter())
    (axes.set_xlim if side == "x" else axes.set_ylim)(values[0], values[-1])
