"""Figures from saved results: each function takes results and returns a matplotlib figure."""

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from dmjax.errors import InputError
from dmjax.plots.canvas import check_same, masses_text, new_figure, numbers, save_figure
from dmjax.store.draws import read_netcdf
from dmjax.store.folders import CONFIG
from dmjax.store.plain import read_json
from dmjax.store.reading import exists
from dmjax.store.steps import LIST, check_finished

STYLE = {"cuts": ("#2166ac", "with cuts"), "no-cuts": ("#1b7837", "without cuts")}
STACK = (
    ("off", "steady state (AC)", "#d6604d"),
    ("neutrons", "beam-related neutrons", "#bdbdbd"),
    ("prompt", r"prompt $\nu_\mu$", "#5aae61"),
    ("delayed", r"delayed $\nu_e+\bar\nu_\mu$", "#a6761d"),
    ("signal", "dark matter", "#4393c3"),
)


def plot_spectrum(result: dict) -> Figure:
    """Recoil spectrum: predictions stacked under the data ([D20] Fig. 6, right).

    Signal and neutrinos are scaled by 1 + α, fitted between the dashed lines. Error bars: counting
    error of the coincidence data and, in quadrature, of the measured steady state below it.

    Args:
        result: a saved `Spectrum`.
    """
    figure, axes = new_figure(3.5)
    draw_spectrum(axes, result)
    return figure


def draw_spectrum(axes: Axes, result: dict) -> None:
    """The stack and the data of a saved `Spectrum` on given axes."""
    edges = np.asarray(result["pe_edges"]) * result["kev_per_pe"]
    scale = {name: 1.0 + result["alpha"] for name in ("prompt", "delayed", "signal")}
    base = np.zeros(len(edges) - 1)
    for name, label, colour in STACK:
        top = base + np.asarray(result[name]) * scale.get(name, 1.0)
        axes.stairs(top, edges, baseline=base, fill=True, color=colour, label=label, alpha=0.9)
        base = top
    on, off = np.asarray(result["on"]), np.asarray(result["off"])
    centres = 0.5 * (edges[1:] + edges[:-1])
    axes.errorbar(
        centres,
        on,
        yerr=np.sqrt(np.maximum(on + off, 1.0)),
        fmt="ko",
        ms=3.5,
        lw=1.0,
        label="COHERENT 2017 (coincidence)",
    )
    for pe in (16.0, 30.0):
        axes.axvline(pe * result["kev_per_pe"], color="k", ls="--", lw=0.8)
    axes.set_xlim(edges[0], edges[-1])
    axes.set_ylim(0.0, 1.25 * float((on + np.sqrt(on + off)).max()))
    axes.set_xlabel(r"nuclear recoil energy $E_r$ [keV]")
    axes.set_ylabel(f"events / {edges[1] - edges[0]:.2f} keV")
    axes.set_title(
        rf"$t < 1.5\,\mu$s, $m_V$ = {result['m_v']:.0f} MeV, $Y$ = {_power(result['y'])}, "
        rf"1+$\alpha$ = {1 + result['alpha']:.2f}",
        fontsize=9,
    )
    axes.legend(fontsize=7.5, framealpha=0.9, edgecolor="none")


def _power(value: float) -> str:
    exponent = int(np.floor(np.log10(value)))
    return rf"${value / 10**exponent:.1f}\times10^{{{exponent}}}$"


def plot_credible(posteriors: dict[str, dict], limits: dict[str, dict], settings: dict) -> Figure:
    """1σ and 2σ credible regions of (m_V, Y) with and without cuts ([D20] Fig. 6, left).

    Args:
        posteriors: window → saved posterior.
        limits: window → saved limit curve, drawn as lines.
        settings: of the fit; the limits must share them.
    """
    for name, curve in limits.items():
        check_same(settings["signal"], curve["signal"], f"limit curve ({name})")
    figure, axes = new_figure(3.7)
    handles = []
    for name, (colour, label) in reversed(STYLE.items()):
        saved = posteriors[name]
        masses, couplings = np.exp(saved["log_m_v"]), np.exp(saved["log_y"])
        density = np.asarray(saved["log_density"]).T
        one, two = np.asarray(saved["levels"])
        axes.contourf(
            masses,
            couplings,
            density,
            levels=[one, float(density.max()) + 1.0],
            colors=[colour],
            alpha=0.35,
        )
        axes.contour(
            masses, couplings, density, levels=[one], colors=colour, linewidths=1.3, linestyles="-"
        )
        axes.contour(
            masses,
            couplings,
            density,
            levels=[two],
            colors=colour,
            linewidths=0.9,
            linestyles="--",
        )
        handles.append(Patch(color=colour, alpha=0.5, label=rf"{label}: 68 % content"))
        handles.append(
            Line2D([], [], color=colour, ls="--", lw=0.9, label=rf"{label}: 95 % content")
        )
        curve = limits[name]
        axes.plot(curve["m_v"], numbers(curve["limit"]), color=colour, ls=":", lw=1.4)
        handles.append(Line2D([], [], color=colour, ls=":", lw=1.4, label=f"{label}: 90 % C.L."))
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_ylim(*settings["y_range"])
    axes.set_xlim(*settings["m_v_range"])
    axes.set_xlabel(r"$m_V$ [MeV]")
    axes.set_ylabel(r"$Y=\epsilon^2\alpha_D(m_\chi/m_V)^4$")
    axes.set_title(
        rf"CsI 2017, {settings['dm']} $\chi$, $\alpha_D$ = {settings['alpha_d']:g}, "
        rf"{masses_text(settings['signal'])[0]}, {settings['conventions']}",
        fontsize=9,
    )
    axes.legend(handles=handles, fontsize=7.5, loc="upper left", frameon=False)
    return figure


def draw_fit(folder: Path) -> list[Path]:
    """Both figures of a saved fit, from its files alone.

    Raises:
        InputError: a file is missing, or is not what a run of the folder's configuration wrote.
    """
    settings = read_json(folder / CONFIG)
    if not exists(folder / LIST):
        raise InputError(f"{folder} holds no whole fit: dmjax fit csi2017 --out makes one")
    parts = [part for name in STYLE for part in (f"posterior_{name}.nc", f"limit_{name}.json")]
    check_finished(folder, [*parts, "spectrum.json"])
    posteriors = {name: read_netcdf(folder / f"posterior_{name}.nc") for name in STYLE}
    limits = {name: read_json(folder / f"limit_{name}.json") for name in STYLE}
    spectrum = plot_spectrum(read_json(folder / "spectrum.json"))
    credible = plot_credible(posteriors, limits, settings)
    return save_figure(spectrum, folder / "spectrum") + save_figure(credible, folder / "credible")
