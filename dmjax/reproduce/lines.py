"""How curves of one plane are drawn in a target: exclusions shaded, ours bold, the target black."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes

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
