"""How curves of one plane are drawn in a target: exclusions shaded, ours bold, the target black."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes

from dmjax.plots.limits import LABELS
from dmjax.recast.curve import Curve


class Look(NamedTuple):
    """Colour and style of a line."""

    colour: str
    style: str = "-"


def draw_curves(
    axes: Axes,
    curves: Mapping[str, Curve],
    looks: Mapping[str, Look],
    y_limits: tuple[float, float],
    square: bool = False,
) -> None:
    """Curves on logarithmic axes, labelled in a legend.

    Args:
        axes: of the panel.
        curves: label → curve, of one pair of quantities.
        looks: label → look.
        y_limits: ends of the axis of the coupling.
        square: draw the square of the coupling.
    """
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_ylim(*y_limits)
    power = 2.0 if square else 1.0
    for label, curve in curves.items():
        look, name = looks[label], label
        ours = curve.role == "projection" or (bool(curve.simulated) and curve.role == "exclusion")
        for piece in np.unique(curve.piece):
            x, y = curve.x[curve.piece == piece], curve.y[curve.piece == piece] ** power
            width = 1.8 if ours or curve.role == "target" else 1.0
            axes.plot(x, y, color=look.colour, ls=look.style, lw=width, label=name)
            name = "_"
            if not ours and curve.role == "exclusion":
                axes.fill_between(x, y, y_limits[1], color=look.colour, alpha=0.12, lw=0)


def frame(axes: Axes, masses: np.ndarray, title: str, size: float = 7.0) -> None:
    """Ends, labels, title and legend of the plane of Y against m_V.

    Args:
        axes: of the figure, with its curves.
        masses: m_V [MeV], increasing, from one end to the other.
        title: above it.
        size: of the legend's letters.
    """
    axes.set_xlim(masses[0], masses[-1])
    axes.set_xlabel(r"$m_V$ [MeV]")
    axes.set_ylabel(LABELS["Y"])
    axes.set_title(title, fontsize=8.0)
    axes.legend(fontsize=size, frameon=False, ncols=2, loc="upper left")
