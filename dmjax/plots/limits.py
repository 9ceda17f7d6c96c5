"""Figure of saved limits: one with the bands expected without signal, or several compared."""

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dmjax.errors import InputError
from dmjax.plots.fits import check_same_conventions, new_figure, save_figure
from dmjax.store.files import read_json

LABELS = {
    "Y": r"$Y=\epsilon^2\alpha_D(m_\chi/m_V)^4$",
    "alpha_B": r"$\alpha_B=g_B^2/4\pi$",
}
COLOURS = ("#000000", "#2166ac", "#d6604d", "#1b7837", "#a6761d", "#762a83")
_INNER, _OUTER = "#7fbf7b", "#fee08b"


def _numbers(values: list) -> np.ndarray:
    """Saved numbers; null (no limit) as NaN, which is not drawn."""
    return np.array([np.nan if value is None else value for value in values], float)


def _settings(result: dict) -> dict:
    return result.get("configuration", result)


def _label(result: dict) -> str:
    about = _settings(result)
    names = about.get("datasets") or [about.get("dataset", "")]
    method = about.get("method", "chi2")
    return f"{' + '.join(names)} ({method}, {100 * about['cl']:.0f} % C.L.)"


def _check(results: list[dict]) -> None:
    for result in results:
        if result.get("quantity") not in LABELS or not result.get("m_v"):
            raise InputError("not a limit against masses: save one with dmjax limit --out FILE")
        if result["quantity"] != results[0]["quantity"]:
            raise InputError(
                f"limits on {result['quantity']} and {results[0]['quantity']} do not share an axis"
            )
        check_same_conventions(_settings(results[0]), _settings(result), "limit")


def _draw_bands(axes: Axes, result: dict) -> None:
    bands = np.array([_numbers(row) for row in result["expected"]]).T
    shifts = dict(zip(result["sigmas"], bands, strict=True))
    for low, high, colour in ((-2.0, 2.0, _OUTER), (-1.0, 1.0, _INNER)):
        label = rf"expected $\pm${high:.0f}$\sigma$"
        axes.fill_between(result["m_v"], shifts[low], shifts[high], color=colour, lw=0, label=label)
    axes.plot(result["m_v"], shifts[0.0], "k--", lw=1.0, label="expected median")


def plot_limits(results: list[dict]) -> Figure:
    """Upper limits against the mediator mass.

    Args:
        results: saved `LimitScan` or `LimitCurve`, of one quantity and the same conventions. One
            alone is drawn with the bands it has; a Feldman–Cousins interval with both ends.

    Raises:
        InputError: none, another kind of result, or other conventions.
    """
    if not results:
        raise InputError("name at least one saved limit")
    _check(results)
    figure, axes = new_figure(3.6)
    if len(results) == 1 and results[0].get("expected"):
        _draw_bands(axes, results[0])
    for result, colour in zip(results, COLOURS * len(results), strict=False):
        limit = _numbers(result["limit"])
        axes.plot(result["m_v"], limit, color=colour, lw=1.4, label=_label(result))
        lower = _numbers(result.get("lower") or [None] * limit.size)
        if np.any(lower > 0):
            seen = np.where(lower > 0, lower, np.nan)
            axes.plot(result["m_v"], seen, ":", color=colour, lw=1.4)
    about = _settings(results[0])
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlim(min(results[0]["m_v"]), max(results[0]["m_v"]))
    axes.set_xlabel(r"$m_V$ [MeV]")
    axes.set_ylabel(LABELS[results[0]["quantity"]])
    dark = rf"$\alpha_D$ = {about['alpha_d']:g}, " if results[0]["quantity"] == "Y" else ""
    axes.set_title(
        rf"{about['dm']} $\chi$, {dark}$m_V/m_\chi$ = {about['mass_ratio']:g}, "
        f"conventions {about['conventions']}",
        fontsize=9,
    )
    axes.legend(fontsize=7.5, frameon=False, loc="upper left")
    return figure


def draw_limits(files: list[Path], path: Path) -> list[Path]:
    """The figure of saved limits, as PDF and PNG."""
    return save_figure(plot_limits([read_json(file) for file in files]), path)
