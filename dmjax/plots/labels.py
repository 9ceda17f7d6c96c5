"""Labels that stand on their curves, where the figure has most room."""

from typing import NamedTuple

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
    first = sorted(longest.items(), key=lambda one: -one[1][0].get_linewidth())
    for name, (line, path) in first:
        others = np.concatenate([path[:0], *(p for other, p in paths if other is not line)])
        crowd = Crowd(path, others, np.concatenate([path[:0], *placed]), frame)
        spot = _best(crowd, len(name) * _WIDTH * size, size)
        if spot is None:
            continue
        (x, y), angle, footprint = spot
        placed.append(footprint)
        bold = line.get_linewidth() > 2.0
        axes.annotate(
            name,
            tuple(axes.transData.inverted().transform((x, y))),
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


class Crowd(NamedTuple):
    """What a label has to do with: its own line, other lines, other labels, the frame [pixels]."""

    path: np.ndarray
    lines: np.ndarray
    labels: np.ndarray
    frame: np.ndarray


def _best(crowd: Crowd, width: float, size: float) -> tuple[np.ndarray, float, np.ndarray] | None:
    """Centre [pixels], angle [degrees] and footprint of the label with most room."""
    best, found = -np.inf, None
    for i in range(0, len(crowd.path), 2):
        near = crowd.path[np.hypot(*(crowd.path - crowd.path[i]).T) < 0.5 * width + size]
        along = _direction(near)
        across = np.array([-along[1], along[0]])
        for side in (1.0, -1.0):
            centre = crowd.path[i] + side * 0.5 * _HEIGHT * size * across
            footprint = centre + np.linspace(-0.5, 0.5, 15)[:, None] * width * along
            score = _room(footprint, crowd, size) - _bend(near, along)
            if score > best:
                angle = np.degrees(np.arctan2(along[1], along[0]))
                best, found = score, (centre, float(angle), footprint)
    return found


def _room(footprint: np.ndarray, crowd: Crowd, size: float) -> float:
    """Free pixels around a label; what it would cover counts four times, the frame forbids."""
    low, high = crowd.frame
    if np.minimum(footprint - low, high - footprint).min() < 0.5 * size + _MARGIN:
        return -np.inf
    room = min(
        _gap(footprint, crowd.lines) - 0.6 * size,
        _gap(footprint, crowd.labels) - 1.4 * size,
        6.0 * size,
    )
    own = min(_gap(footprint, crowd.path) - 0.55 * size, 0.0)
    return (room if room > 0.0 else 4.0 * room) + 4.0 * own


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
