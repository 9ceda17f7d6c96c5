"""Published fits beside ours: values with errors, in units of the published error."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
from matplotlib.figure import Figure

from dmjax.plots.canvas import new_figure
from dmjax.studies.best_fit import run_fit
from dmjax.studies.settings import FitSettings


class Beside(NamedTuple):
    """A published value with its error, and ours."""

    published: float
    published_error: float
    ours: float
    error: float


def fitted_to(where: str, names: Iterable[str], systematics: bool | None = None) -> dict[str, Any]:
    """Name → (value, error) of parameters in the best fit of a data set without dark matter."""
    found = run_fit(FitSettings(where=(where,), systematics=systematics)).parameters
    return {name: (found[name]["value"], found[name]["error"]) for name in names}


def rows_of(found: Mapping[str, Beside]) -> list[dict[str, Any]]:
    """One row per parameter."""
    return [{"parameter": name} | one._asdict() for name, one in found.items()]


def draw_beside(found: Mapping[str, Beside], title: str) -> Figure:
    """Ours minus the published value over the published error, with both errors."""
    figure, axes = new_figure(0.55 * len(found) + 1.3)
    places = np.arange(len(found))[::-1]
    for place, one in zip(places, found.values(), strict=True):
        unit = one.published_error
        axes.errorbar(
            [0.0],
            [place + 0.12],
            xerr=[1.0],
            fmt="ks",
            mfc="none",
            label="_" if place else "published",
        )
        away, error = (one.ours - one.published) / unit, one.error / unit
        axes.errorbar(
            [away],
            [place - 0.12],
            xerr=[error],
            fmt="o",
            color="#2166ac",
            label="_" if place else "dmjax",
        )
    axes.set_yticks(places, [_label(name, one) for name, one in found.items()], fontsize=7.5)
    axes.set_ylim(-0.6, len(found) + 0.3)
    axes.axvline(0.0, color="0.7", lw=0.8, zorder=0)
    axes.set_xlabel("(value − published) / published error", fontsize=8.5)
    axes.set_title(title, fontsize=8.5)
    axes.legend(fontsize=7.5, frameon=False)
    return figure


def _label(name: str, one: Beside) -> str:
    return f"{name}\n{one.published:g} ± {one.published_error:g}"
