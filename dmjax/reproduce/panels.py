"""How recoil spectra are drawn: one row per detector, before and after the time cut."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dmjax.plots.canvas import blank_figure
from dmjax.plots.fits import STACK
from dmjax.reproduce.spectra import MASSES, EnergyPanel, label
from dmjax.units import KEV_PER_MEV

WIDTH = 7.2
COLOURS = {name: colour for name, _, colour in STACK} | {"kaon": "#8073ac", "in-flight": "#b8e186"}
LABELS = {name: text for name, text, _ in STACK} | {
    "kaon": r"$K^+\to\mu^+\nu_\mu$",
    "in-flight": r"$\nu_\mu$ in flight, $\mu^-$ capture",
}
BLUE, RED, ORANGE = "#2166ac", "#b2182b", "#e08214"
DARK = dict(zip((label(mass) for mass in MASSES), (BLUE, RED), strict=True))
ORDER = ("off", "neutrons", "in-flight", "kaon", "prompt", "delayed")


def blank(rows: int, columns: int, height: float) -> tuple[Figure, np.ndarray]:
    """A figure with (rows, columns) axes."""
    figure = blank_figure(height, WIDTH)
    grid = figure.subplots(rows, columns, squeeze=False)
    for axes in grid.ravel():
        axes.tick_params(direction="in", which="both", top=True, right=True, labelsize=8)
    return figure, grid


def draw_recoils(
    panels: tuple[EnergyPanel, ...], number: int, conventions: dict, log_y: bool
) -> Figure:
    """Neutrinos and other backgrounds stacked, dark matter as lines over them.

    Args:
        panels: rows of the figure.
        number: of the figure in the paper.
        conventions: as described by the profile.
        log_y: whether events are drawn on a logarithmic axis.
    """
    figure, grid = blank(len(panels), 2, 2.9 * len(panels))
    for row, panel in zip(grid, panels, strict=True):
        top = _draw_one(row[0], panel, panel.before, f"{panel.title}, before the time cut", log_y)
        _draw_one(row[1], panel, panel.after, rf"after: $t < {panel.time_cut_us:g}\,\mu$s", log_y)
        row[0].legend(fontsize=6.5, frameon=False, loc="upper right")
        if log_y:
            for axes in row:
                axes.set_ylim(1e-4 * top, 10.0 * top)
        else:
            for axes, spectra in zip(row, (panel.before, panel.after), strict=True):
                axes.set_ylim(0.0, 1.15 * _top(spectra))
    figure.suptitle(
        f"arXiv:2006.09386 Fig. {number} by dmjax, conventions {conventions['conventions']}; "
        "dark-matter coupling arbitrary",
        fontsize=8.5,
    )
    return figure


def _draw_one(
    axes: Axes, panel: EnergyPanel, spectra: dict[str, np.ndarray], title: str, log_y: bool
) -> float:
    unit, scale = ("MeV", KEV_PER_MEV) if panel.edges_kev[-1] > 1e4 else ("keV", 1.0)
    edges = panel.edges_kev / scale
    base = np.zeros(len(edges) - 1)
    for name in ORDER:
        if name in spectra and spectra[name].any():
            top = base + spectra[name]
            axes.stairs(top, edges, baseline=base, fill=True, color=COLOURS[name])
            axes.plot([], [], color=COLOURS[name], lw=5, label=LABELS[name])
            base = top
    for name, colour in DARK.items():
        text = rf"$(m_V, m_\chi)$ = {name}"
        axes.stairs(spectra[name], edges, baseline=None, color=colour, lw=1.4, label=text)
    for cut in panel.energy_cut_kev:
        axes.axvline(cut / scale, color="k", ls="--", lw=0.9)
    if log_y:
        axes.set_yscale("log")
    axes.set_xlim(edges[0], edges[-1])
    particle = "electron" if unit == "MeV" else "nuclear"
    axes.set_xlabel(rf"{particle} recoil energy $E_r$ [{unit}]", fontsize=8.5)
    axes.set_ylabel(f"events / {edges[2] - edges[1]:.3g} {unit}", fontsize=8.5)
    axes.set_title(title, fontsize=8.5)
    return _top(spectra)


def _top(spectra: dict[str, np.ndarray]) -> float:
    """The highest of the stack and of each dark-matter line."""
    stack = sum(spectra[name] for name in ORDER if name in spectra)
    return float(max(np.max(stack), *(spectra[name].max() for name in DARK)))
