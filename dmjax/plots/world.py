"""Figure of limits of many searches, with a label on each curve."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dmjax.errors import InputError
from dmjax.plots.canvas import Saved, check_same, masses_text, new_figure, plain
from dmjax.plots.labels import label_lines
from dmjax.plots.limits import LABELS

SIZE = (6.4, 4.6)
"""Width and height [inches]: across both columns in print."""
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#8c6d00", "#5e3c99", "#666666")
"""Of Okabe and Ito but for three, told apart by colour-blind readers too."""
STYLES = ("-", (0, (5, 1)), (0, (1, 1)), (0, (4, 1, 1, 1)))
"""One after the other, so that neighbours differ in more than colour."""
OWN = ("#000000", "#7f0000", "#00366b")
PROJECTED = (0, (6, 3))
TARGET = "#3b7d00"
AXES = {"m_V": r"$m_V$ [MeV]", "m_chi": r"$m_\chi$ [MeV]"}
NAMES = LABELS | {
    "eps2": r"$\epsilon^2$",
    "eps4_alpha_D": r"$\epsilon^4\alpha_D$",
    "kappa_V": r"$\kappa_V$",
    "br_kaon": r"BR($K^+\to\pi^+V$)",
}
_SHARED = ("x_quantity", "y_quantity", "model", "charges", "alpha_d", "mass_ratio", "m_chi")


def plot_world(curves: Sequence[Saved], y_limits: tuple[float, float] | None = None) -> Figure:
    """Exclusions as shaded regions, one's own limits in bold, projections dashed, targets.

    Args:
        curves: curves, or what their files hold, of one pair of quantities and the same terms.
        y_limits: ends of the axis of the coupling; None: around the curves.

    Raises:
        InputError: none, another kind of result, or curves of other terms.
    """
    drawn = [plain(curve) for curve in curves]
    if not drawn:
        raise InputError("no curve to draw")
    for one in drawn:
        if one.get("kind") != "curve":
            raise InputError(f"not a curve but a {one.get('kind')} result")
        check_same(_terms(drawn[0]), _terms(one), str(one["label"]))
    figure, axes = new_figure(SIZE[1], SIZE[0])
    axes.set_xscale("log")
    axes.set_yscale("log")
    _set_limits(axes, drawn, y_limits)
    _draw_all(axes, drawn)
    axes.set_xlabel(AXES[drawn[0]["x_quantity"]], fontsize=10)
    axes.set_ylabel(NAMES[drawn[0]["y_quantity"]], fontsize=10)
    axes.set_title(_title(drawn), fontsize=8.5)
    label_lines(figure, axes)
    return figure


def _terms(curve: Mapping[str, Any]) -> dict[str, Any]:
    return {name: curve[name] for name in _SHARED}


def _title(drawn: Sequence[Mapping[str, Any]]) -> str:
    first = drawn[0]
    spins = sorted({one["dm"] for one in drawn if one["dm"]})
    parts = [first["model"]]
    if len(spins) == 1:
        parts.append(rf"{spins[0]} $\chi$")
    if first["alpha_d"] is not None:
        parts.append(rf"$\alpha_D$ = {first['alpha_d']:g}")
    usual = _usual_level(drawn)
    level = [] if usual is None else [f"{100.0 * usual:g} % C.L."]
    return ", ".join([*parts, *masses_text(first), *level])


def _usual_level(drawn: Sequence[Mapping[str, Any]]) -> float | None:
    """The confidence level of most curves; the lowest of several."""
    levels = sorted(float(one["cl"]) for one in drawn if one["cl"] is not None)
    return max(levels, key=levels.count) if levels else None


def _set_limits(
    axes: Axes, drawn: Sequence[Mapping[str, Any]], y_limits: tuple[float, float] | None
) -> None:
    lowest = [np.min(one["y"]) for one in drawn]
    highest = max(np.median(one["y"]) for one in drawn)
    bottom, top = y_limits or (0.3 * min(lowest), 30.0 * max(*lowest, highest))
    axes.set_ylim(bottom, top)
    points = np.concatenate([np.array([one["x"], one["y"]], float) for one in drawn], axis=1)
    seen = points[0][(points[1] > bottom) & (points[1] < top)]
    x = seen if seen.size else points[0]
    low, high = x.min(), x.max()
    axes.set_xlim(*((low, high) if low < high else (0.5 * low, 2.0 * high)))


def _draw_all(axes: Axes, drawn: Sequence[Mapping[str, Any]]) -> None:
    numbers = {"others": 0, "own": 0}
    usual = _usual_level(drawn)
    for one in drawn:
        own = bool(one["simulated"]) and one["role"] != "target"
        group = "own" if own else "others"
        look = _look(one, own, numbers[group])
        numbers[group] += one["role"] != "target"
        _draw(axes, one, look, _label(one, usual))
    excluded = [one for one in drawn if one["role"] == "exclusion" and not one["simulated"]]
    if excluded:
        _shade(axes, excluded)


def _label(one: Mapping[str, Any], usual: float | None) -> str:
    """The label, with the confidence level where it is not the usual one."""
    level, label = one["cl"], str(one["label"])
    return label if level in (None, usual) else f"{label} ({100.0 * float(level):g} %)"


def _look(one: Mapping[str, Any], own: bool, number: int) -> dict[str, Any]:
    """Colour, width and style of a curve."""
    if one["role"] == "target":
        return {"color": TARGET, "lw": 1.8, "ls": "-", "zorder": 2.5}
    palette = OWN if own else COLOURS
    style = "-" if own else STYLES[number % len(STYLES)]
    if one["role"] == "projection":
        style = PROJECTED
    look = {"color": palette[number % len(palette)], "ls": style}
    return look | {"lw": 2.2 if own else 1.2, "zorder": 4 if own else 3}


def _pieces(one: Mapping[str, Any], *names: str) -> list[list[np.ndarray]]:
    """Columns of each piece."""
    number = np.array(one["piece"])
    columns = [np.array(one[name], float) for name in names]
    return [[column[number == n] for column in columns] for n in np.unique(number)]


def _draw(axes: Axes, one: Mapping[str, Any], look: dict[str, Any], label: str) -> None:
    for x, y in _pieces(one, "x", "y"):
        axes.plot(x, y, label=label, solid_capstyle="round", **look)
    if one["low"] is not None and one["high"] is not None:
        for x, low, high in _pieces(one, "x", "low", "high"):
            axes.fill_between(x, low, high, color=look["color"], alpha=0.2, lw=0, zorder=2)


def _shade(axes: Axes, excluded: Sequence[Mapping[str, Any]]) -> None:
    """What any of them excludes, in one shade."""
    parts = [part for one in excluded for part in _pieces(one, "x", "y")]
    at = np.unique(np.concatenate([x for x, _ in parts]))
    lowest = np.full(at.size, np.inf)
    for x, y in parts:
        near = np.exp(np.interp(np.log(at), np.log(x), np.log(y), left=np.inf, right=np.inf))
        lowest = np.minimum(lowest, near)
    top = axes.get_ylim()[1]
    axes.fill_between(at, lowest, top, where=lowest < top, color="0.9", lw=0, zorder=1)
