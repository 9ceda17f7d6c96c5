"""Figure of limits: one with the bands expected without signal, or several compared."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dmjax.errors import InputError
from dmjax.plots.canvas import Saved, check_same, masses_text, new_figure, numbers, plain

LABELS = {
    "Y": r"$Y=\epsilon^2\alpha_D(m_\chi/m_V)^4$",
    "alpha_B": r"$\alpha_B=g_B^2/4\pi$",
    "eps": r"$\epsilon$",
    "g": r"$g$",
}
"""Of the axis, by quantity; another is written as it is."""
COLOURS = ("#000000", "#2166ac", "#d6604d", "#1b7837", "#a6761d", "#762a83")
_INNER, _OUTER = "#7fbf7b", "#fee08b"
_SHARED = ("model", "dm", "mass_ratio", "m_chi", "alpha_d")
"""Of the signal: what limits must share to stand on one axis."""


def _label(result: Mapping[str, Any]) -> str:
    names = " + ".join(result["datasets"]) or result["experiment"]
    return f"{names} ({result['method']}, {100 * result['cl']:g} % C.L.)"


def _terms(result: Mapping[str, Any]) -> dict[str, Any]:
    """What a limit holds for."""
    signal, chosen = result["signal"], result["conventions"]
    terms = {name: signal[name] for name in _SHARED if name in signal}
    return terms | {"conventions": chosen["name"], "changed conventions": chosen["changed"]}


def _check(results: list[Mapping[str, Any]]) -> None:
    for result in results:
        if result.get("kind") != "limit" or not result.get("m_v"):
            raise InputError("not a limit against masses: save one with dmjax limit --out FILE")
        if result["quantity"] != results[0]["quantity"]:
            raise InputError(
                f"limits on {result['quantity']} and {results[0]['quantity']} do not share an axis"
            )
        check_same(_terms(results[0]), _terms(result), "limit")


def _draw_bands(axes: Axes, result: Mapping[str, Any]) -> None:
    bands = np.array([numbers(row) for row in result["expected"]]).T
    shifts = dict(zip(result["sigmas"], bands, strict=True))
    for low, high, colour in ((-2.0, 2.0, _OUTER), (-1.0, 1.0, _INNER)):
        label = rf"expected $\pm${high:.0f}$\sigma$"
        axes.fill_between(result["m_v"], shifts[low], shifts[high], color=colour, lw=0, label=label)
    axes.plot(result["m_v"], shifts[0.0], "k--", lw=1.0, label="expected median")


def _title(result: Mapping[str, Any]) -> str:
    signal, chosen = result["signal"], result["conventions"]
    parts = [f"{signal.get('model', '')}, {signal.get('dm', '')} $\\chi$"]
    if result["quantity"] == "Y":
        parts.append(rf"$\alpha_D$ = {signal['alpha_d']:g}")
    parts += masses_text(signal)
    changed = [f"{key} = {value}" for key, value in chosen["changed"].items()]
    return ", ".join([*parts, " ".join([chosen["name"], *changed])])


def plot_limits(results: Sequence[Saved]) -> Figure:
    """Upper limits against the mediator mass.

    Args:
        results: `LimitResult`s, or what their files hold, of one quantity, the same signal and the
            same conventions. One alone is drawn with the bands it has; an interval with both ends.

    Raises:
        InputError: none, another kind of result, or other signals or conventions.
    """
    if not results:
        raise InputError("name at least one saved limit")
    drawn = [plain(result) for result in results]
    _check(drawn)
    figure, axes = new_figure(3.6)
    if len(drawn) == 1 and drawn[0]["expected"]:
        _draw_bands(axes, drawn[0])
    for result, colour in zip(drawn, COLOURS * len(drawn), strict=False):
        limit, lower = numbers(result["limit"]), numbers(result["lower"])
        axes.plot(result["m_v"], limit, color=colour, lw=1.4, label=_label(result))
        if np.any(lower > 0):
            seen = np.where(lower > 0, lower, np.nan)
            axes.plot(result["m_v"], seen, ":", color=colour, lw=1.4)
    masses = np.concatenate([result["m_v"] for result in drawn])
    axes.set_xscale("log")
    axes.set_yscale("log")
    if masses.min() < masses.max():
        axes.set_xlim(masses.min(), masses.max())
    axes.set_xlabel(r"$m_V$ [MeV]")
    quantity = drawn[0]["quantity"]
    axes.set_ylabel(LABELS[quantity] if quantity in LABELS else str(quantity))
    axes.set_title(_title(drawn[0]), fontsize=8.5)
    axes.legend(fontsize=7.5, frameon=False, loc="upper left")
    return figure
