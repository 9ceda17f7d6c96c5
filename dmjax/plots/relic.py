"""Figure of thermal targets: their errors, the CMB's exclusion, nucleosynthesis."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dmjax.errors import InputError
from dmjax.plots.canvas import Saved, check_same, masses_text, new_figure, numbers, plain

_COLOURS = ("#2166ac", "#d6604d", "#1b7837", "#762a83")
_CMB, _BBN = "#fdae61", "0.45"
BBN_MEV = (5.0, 10.0)
"""Where nucleosynthesis and N_eff begin to object, depending on the spin (arXiv:1910.01649)."""
BAND = "target line uncertain by about 20 %"
_SHARED = ("model", "charges", "mass_ratio", "alpha_d")


def plot_relic(results: Sequence[Saved]) -> Figure:
    """y of thermal targets against m_χ, with bands of their errors.

    Args:
        results: `RelicResult`s, or what their files hold, of one model, ratio and α_D; of one alone
            what the CMB excludes is shaded.

    Raises:
        InputError: none, another kind of result, or other models.
    """
    held = [plain(result) for result in results]
    if not held or any(one.get("kind") != "relic" for one in held):
        raise InputError("not a thermal target: save one with dmjax relic --out FILE")
    for one in held:
        first, other = ({k: x["signal"].get(k) for k in _SHARED} for x in (held[0], one))
        check_same(first, other, "target")
    figure, axes = new_figure(3.8)
    axes.set_xscale("log")
    axes.set_yscale("log")
    for i, one in enumerate(held):
        _line(axes, one, _COLOURS[i % len(_COLOURS)], BAND if i == 0 else None)
    _limits(axes, held)
    if len(held) == 1:
        _cmb(axes, held[0])
    _bbn(axes)
    axes.set_xlabel(r"$m_\chi$ [MeV]")
    axes.set_ylabel(r"$y=\epsilon^2\alpha_D(m_\chi/m_V)^4$")
    axes.set_title(_title(held[0]), fontsize=8.5)
    axes.legend(fontsize=7.5, framealpha=0.9, loc="lower right")
    return figure


def _line(axes: Axes, held: Mapping[str, Any], colour: str, about_band: str | None) -> None:
    m_chi, y = numbers(held["m_chi"]), numbers(held["y"])
    error = numbers(held["relative_error"])
    name = rf"{_spin(held['signal'])}: $\Omega h^2$ = {held['omega_h2']:g}"
    marker = "o" if len(m_chi) == 1 else None
    axes.plot(m_chi, y, marker=marker, color=colour, lw=1.4, label=name)
    low, high = y * (1.0 - error), y * (1.0 + error)
    band = {"color": colour, "alpha": 0.25, "lw": 0}
    axes.fill_between(m_chi, low, high, label=about_band, **band)


def _limits(axes: Axes, held: list[Mapping[str, Any]]) -> None:
    """Axes around the targets alone; the other curves may lie far away."""
    m_chi, y = (np.concatenate([numbers(one[name]) for one in held]) for name in ("m_chi", "y"))
    if np.any(m_chi <= 0.0):
        raise InputError("a thermal target has masses above 0: run again")
    seen = y[np.isfinite(y) & (y > 0.0)]
    if m_chi.min() < m_chi.max():
        axes.set_xlim(m_chi.min(), m_chi.max())
    if seen.size:
        axes.set_ylim(0.01 * seen.min(), 10.0 * seen.max())


def _cmb(axes: Axes, held: Mapping[str, Any]) -> None:
    m_chi, y = numbers(held["m_chi"]), numbers(held["cmb_y"])
    top = axes.get_ylim()[1]
    seen = np.isfinite(y) & (y < top)
    if np.any(seen):
        shade = {"color": _CMB, "alpha": 0.35, "lw": 0, "zorder": 0.5}
        label = "excluded by the CMB (95 %), all of dark matter"
        axes.fill_between(m_chi, np.where(seen, y, np.nan), top, label=label, **shade)


def _bbn(axes: Axes) -> None:
    low, high = axes.get_xlim()
    if low < BBN_MEV[1]:
        style = {"facecolor": "none", "edgecolor": _BBN, "lw": 0, "zorder": 0.6}
        style |= {"hatch_linewidth": 0.5}
        first = min(BBN_MEV[0], high)
        axes.axvspan(low, first, hatch="///", label=r"BBN, $N_{\rm eff}$", **style)
        if first < high:
            axes.axvspan(first, min(BBN_MEV[1], high), hatch="/", **style)
        axes.set_xlim(low, high)


def _spin(signal: Mapping[str, Any]) -> str:
    gap = signal.get("splitting", 0.0)
    return f"{signal['dm']}, split by {gap:g} MeV" if gap else str(signal["dm"])


def _title(held: Mapping[str, Any]) -> str:
    signal = held["signal"]
    parts = [str(signal["model"]), rf"$\alpha_D$ = {signal['alpha_d']:g}", *masses_text(signal)]
    return ", ".join(parts)
