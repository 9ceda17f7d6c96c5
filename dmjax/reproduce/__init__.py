"""Figures of arXiv:2006.09386: one file each, `compute` for its numbers, `draw` for the figure."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from matplotlib.figure import Figure

from dmjax.conventions import D20, Conventions
from dmjax.errors import unknown_name
from dmjax.plots.canvas import save_figure
from dmjax.reproduce import fig3, fig4, fig5
from dmjax.store.plain import write_json
from dmjax.store.writing import check_writable


class PaperFigure(NamedTuple):
    """How one figure is made: numbers from a profile, and the drawing of those numbers."""

    compute: Callable
    draw: Callable[..., Figure]


FIGURES = {
    "fig3": PaperFigure(fig3.compute, fig3.draw),
    "fig4": PaperFigure(fig4.compute, fig4.draw),
    "fig5": PaperFigure(fig5.compute, fig5.draw),
}


class Reproduced(NamedTuple):
    """One figure on disk: the numbers behind it, and where they and the drawing are."""

    result: NamedTuple
    files: list[Path]


def figure_names(name: str) -> tuple[str, ...]:
    """The figures meant by a name; "all" for every one.

    >>> figure_names("all")
    ('fig3', 'fig4', 'fig5')
    """
    if name == "all":
        return tuple(FIGURES)
    if name not in FIGURES:
        raise unknown_name("figure", name, (*FIGURES, "all"))
    return (name,)


def reproduce(name: str, folder: Path, conventions: Conventions = D20) -> Reproduced:
    """Compute one figure and write `name`.json and `name`.png, each whole or not at all.

    Args:
        name: a key of `FIGURES`.
        folder: where to.
        conventions: profile; `d20` compares with the paper.
    """
    if name not in FIGURES:
        raise unknown_name("figure", name, FIGURES)
    for suffix in (".json", ".png"):
        check_writable(folder / f"{name}{suffix}")
    result = FIGURES[name].compute(conventions)
    numbers = write_json(folder / f"{name}.json", result)
    drawing = save_figure(FIGURES[name].draw(result), folder / name, (".png",))
    return Reproduced(result, [numbers, *drawing])
