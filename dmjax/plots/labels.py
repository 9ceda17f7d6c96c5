"""Labels that stand on their curves, where the figure has most room."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke

FONT = 7.5
HALO = 2.2
STEPS = 120
"""Points of a curve at which a label may stand."""
_WIDTH, _HEIGHT = 0.62, 1.5
"""Of a letter and of a line of text, in font sizes."""
_MARGIN = 6.0
"""Pixels kept free to the frame."""


def label_lines(figure: Figure, axes: Axes) -> None:
    """A label beside each line of a panel, along it, in its colour.

    Pieces of one label get one. A place is the better, the farther other lines, other labels and
    the frame are.

    Args:
        figure: of the panel.
        axes: its lines have labels; limits and scales are final.
    """
    figure.draw_without_rendering()
    size = FONT * figure.dpi / 72.0
    paths = [(line, _on_screen(axes, line)) for line in axes.get_lines()]
    box = axes.get_window_extent()
    frame = np.array([[box.x0, box.y0], [box.x1, box.y1]])
    longest: dict[str, tuple[Line2D, np.ndarray]] = {}
    for line, path in paths:
        name = str(line.get_label())
        if name not in longest or _length(path) > _length(longest[name][1]):
            longest[name] = line, path
    placed: list[np.ndarray] = []
    for name, (line, path) in longest.items():
        others = [p for other, p in paths if other is not line]
        spot = _best(path, others, placed, frame, len(name) * _WIDTH * size, size)
        if spot is None:
            continue
        (x, y), angle, footprint = spot
        placed.append(footprint)
        bold = line.get_linewidth() > 2.0
        axes.annotate(
            name,
            axes.transData.inverted().transform((x, y)),
            color=line.get_color(),
            fontsize=FONT,
            fontweight="bold" if bold else "normal",
            rotation=angle,
            rotation_mode="anchor",
            ha="center",
            va="center",
            zorder=6,
            path_effects=[withStroke(linewidth=HALO, foreground="white")],
        )


def _on_screen(axes: Axes, line: Line2D) -> np.ndarray:
    """Points along a line in pixels, equal steps of its length, those inside of the frame."""
    at = axes.transData.transform(line.get_xydata())
    steps = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(at, axis=0).T))])
    even = np.linspace(0.0, steps[-1], STEPS)
    path = np.column_stack([np.interp(even, steps, at[:, i]) for i in (0, 1)])
    box = axes.get_window_extent()
    inside = (path >= [box.x0, box.y0]) & (path <= [box.x1, box.y1])
    return path[inside.all(axis=1)]


def _length(path: np.ndarray) -> float:
    return float(np.hypot(*np.diff(path, axis=0).T).sum()) if len(path) > 1 else 0.0


def _best(
    path: np.ndarray,
    others: list[np.ndarray],
    placed: list[np.ndarray],
    frame: np.ndarray,
    width: float,
    size: float,
) -> tuple[np.ndarray, float, np.ndarray] | None:
    """Centre [pixels], angle [degrees] and footprint of the label with most room."""
    crowd = np.concatenate([*others, *placed, path[:0]])
    best, found = -np.inf, None
    for i in range(0, len(path), 2):
        near = path[np.hypot(*(path - path[i]).T) < 0.5 * width + size]
        along = _direction(near)
        across = np.array([-along[1], along[0]])
        for side in (1.0, -1.0):
            centre = path[i] + side * 0.5 * _HEIGHT * size * across
            footprint = centre + np.linspace(-0.5, 0.5, 9)[:, None] * width * along
            edge = np.minimum(footprint - frame[0], frame[1] - footprint).min() - 0.5 * size
            if edge < _MARGIN:
                continue
            room = _gap(footprint, crowd) - 2.0 * _bend(near, along)
            own = _gap(footprint, path)
            room = min(room, 12.0 * size) + 2.0 * min(own - 0.5 * size, 0.0)
            if room > best:
                angle = np.degrees(np.arctan2(along[1], along[0]))
                best, found = room, (centre, float(angle), footprint)
    return found


def _direction(near: np.ndarray) -> np.ndarray:
    """Unit vector along points, to the right."""
    step = near[-1] - near[0]
    norm = np.hypot(*step)
    if norm == 0.0:
        return np.array([1.0, 0.0])
    return step / norm * (1.0 if step[0] >= 0.0 else -1.0)


def _bend(near: np.ndarray, along: np.ndarray) -> float:
    """Largest distance of points from the straight line through their ends [pixels]."""
    away = near - near[0]
    return float(np.abs(away[:, 0] * along[1] - away[:, 1] * along[0]).max())


def _gap(footprint: np.ndarray, crowd: np.ndarray) -> float:
    """Smallest distance between two sets of points [pixels]."""
    if len(crowd) == 0:
        return np.inf
    apart = footprint[:, None, :] - crowd[None, :, :]
    return float(np.sqrt((apart**2).sum(axis=-1)).min())
