"""Figure of the NSI fit to CsI 2017."""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from dmjax.errors import InputError
from dmjax.plots import fits
from dmjax.plots.canvas import Saved, new_figure, plain, save_figure

LEVELS = (2.2958, 6.1801)
"""−2Δ ln L of 68.27 % and 95.45 % for two parameters."""

STYLE = fits.STYLE | {"outside": ("#b35806", "all but the cuts")}


def plot_nsi(result: Saved) -> Figure:
    """Regions of (ε_ee, ε_µµ) with the cuts, without, and outside them, with the best fits.

    Args:
        result: an `NsiResult` with maps, or what its file holds.
    """
    result = plain(result)
    if not result["maps"]:
        raise InputError("the NSI fit has no maps: run it with both couplings and points above 2")
    figure, axes = new_figure(5.0, 5.0)
    eps, handles = np.asarray(result["eps"]), []
    for region, (colour, label) in STYLE.items():
        q = np.asarray(result["maps"][region]).T
        for level, line, width in zip(LEVELS, ("-", "--"), (1.5, 0.9), strict=True):
            axes.contour(eps, eps, q, [level], colors=colour, linestyles=line, linewidths=width)
        if region != "outside":
            axes.contourf(eps, eps, q, [-1.0, LEVELS[0]], colors=[colour], alpha=0.25)
        best = result["regions"][region]["minima"]
        axes.plot([m["eps_ee"] for m in best], [m["eps_mumu"] for m in best], "x", color=colour)
        handles.append(Line2D([], [], color=colour, marker="x", label=label))
    axes.plot(0.0, 0.0, "k+", ms=9)
    handles.append(Line2D([], [], color="k", marker="+", ls="", ms=9, label="no NSI"))
    for text, line in (("68.27 % (two parameters)", "-"), ("95.45 %", "--")):
        handles.append(Line2D([], [], color="0.4", ls=line, label=text))
    quark = " = ".join(rf"$\epsilon^{q}_{{{{{{}}}}}}$" for q in result["quarks"].split("="))
    axes.set_xlabel(quark.format("ee"))
    axes.set_ylabel(quark.format(r"\mu\mu"))
    p = result["compatibility"]["p_value"]
    axes.set_title(f"CsI 2017; one ε for the cuts and the rest: p = {p:.2g}", fontsize=9)
    figure.legend(handles=handles, fontsize=8, loc="outside lower center", ncols=2)
    return figure


def draw_nsi(result: Saved, path: Path) -> list[Path]:
    """Save the figure as PDF and PNG."""
    return save_figure(plot_nsi(result), path)
