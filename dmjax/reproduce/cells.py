"""A table as a figure: one cell per number, marked where print and ours differ."""

from collections.abc import Sequence

from matplotlib.figure import Figure
from matplotlib.transforms import Bbox

from dmjax.plots.canvas import blank_figure

AGREES, DIFFERS, PLAIN = "#e5f5e0", "#fdd0a2", "#ffffff"
_ROW, _WIDTH = 0.3, 7.2


def draw_cells(
    title: str, heads: Sequence[str], rows: Sequence[Sequence[str]], colours: Sequence[Sequence]
) -> Figure:
    """A table with coloured cells.

    Args:
        title: above it.
        heads: of the columns.
        rows: texts of the cells.
        colours: of the cells: `AGREES`, `DIFFERS` or `PLAIN`.
    """
    figure = blank_figure(_ROW * (len(rows) + 1) + 0.6, _WIDTH)
    axes = figure.add_subplot()
    axes.axis("off")
    table = axes.table(
        cellText=[list(row) for row in rows],
        colLabels=list(heads),
        cellColours=[list(row) for row in colours],
        cellLoc="center",
        bbox=Bbox.from_bounds(0.0, 0.0, 1.0, 1.0),
    )
    table.auto_set_font_size(False)
    table.set_fontsize(7.0)
    table.auto_set_column_width(list(range(len(heads))))
    axes.set_title(title, fontsize=8.5)
    return figure


def shade(agrees: bool | None) -> str:
    """The colour of a cell; None: nothing to compare with."""
    return PLAIN if agrees is None else AGREES if agrees else DIFFERS
