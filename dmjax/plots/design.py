"""Tornado figure: what moves an expected limit most."""

import numpy as np
from matplotlib.figure import Figure

from dmjax.plots.canvas import Saved, new_figure, plain

_BETTER, _WORSE = "#2166ac", "#b2182b"
_LEAST = 5e-4
"""Elasticities below this are not drawn."""


def plot_design(result: Saved) -> Figure:
    """Bars of d ln(limit)/d ln(parameter), the largest on top; to the left more is better.

    Args:
        result: a `DesignResult`, or what its file holds.
    """
    found = plain(result)
    pairs = sorted(found["elasticities"].items(), key=lambda pair: abs(pair[1]))
    pairs = [pair for pair in pairs if abs(pair[1]) >= _LEAST]
    names, values = [name for name, _ in pairs], np.array([value for _, value in pairs])
    figure, axes = new_figure(1.2 + 0.24 * max(len(pairs), 1), 5.2)
    colours = [_BETTER if value < 0.0 else _WORSE for value in values]
    axes.barh(np.arange(len(pairs)), values, color=colours, height=0.7)
    axes.set_yticks(np.arange(len(pairs)), [_readable(name) for name in names], fontsize=8)
    axes.axvline(0.0, color="black", lw=0.8)
    axes.set_xlabel(r"$d\,\ln({\rm limit})/d\,\ln({\rm parameter})$")
    how = "cuts" if found["counting"] else "all bins"
    axes.set_title(
        f"{found['experiment']}, {how}, $m_V$ = {found['m_v']:g} MeV: "
        f"{found['coupling']} < {found['value']:.2g}",
        fontsize=8.5,
    )
    return figure


def _readable(name: str) -> str:
    kind, _, rest = name.partition(":")
    words = {"background": "background: ", "systematic": "error: "}
    return (words.get(kind, kind) + rest).replace("_", " ")
