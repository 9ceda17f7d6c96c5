"""Contours of a map, with holes and in several pieces, and values between its points."""

import itertools
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dmjax.errors import InputError, unknown_name
from dmjax.scan.axes import is_logarithmic

if TYPE_CHECKING:
    from dmjax.scan.result import ScanResult


class Contour(NamedTuple):
    """A connected region of a map.

    Attributes:
        outer: its edge, (points, 2), on the first and the second axis; the first point is the last.
        holes: edges of what is cut out of it.
    """

    outer: np.ndarray
    holes: tuple[np.ndarray, ...]


def regions_below(found: "ScanResult", level: float) -> list[Contour]:
    """Where a map is at most a level: of limits, what excludes a coupling of that size.

    Edges are linear between points of the grid in the logarithm of the value, and of an axis of
    equal ratios. Points without a value belong to no region; an edge next to them is the grid's.

    Args:
        found: of two axes of numbers; `select` the others first.
        level: above 0, in the units of the values.

    Returns:
        Every connected region.

    Raises:
        InputError: not two axes of numbers with two points each, or a bad level.
    """
    from contourpy import FillType, contour_generator

    if not (np.isfinite(level) and level > 0.0):
        raise InputError(f"a contour needs a level above 0, got {level:g}")
    places = [_Scale(np.asarray(x)) for x in _number_axes(found, 2)]
    height = _heights(found) - np.log(level)
    made = contour_generator(
        places[0].inner,
        places[1].inner,
        np.ma.masked_invalid(height.T),
        fill_type=FillType.OuterOffset,
        corner_mask=True,
    ).filled(-np.inf, 0.0)
    contours = []
    for points, offsets in zip(*made, strict=True):
        outer = np.column_stack([s.back(points[:, i]) for i, s in enumerate(places)])
        edges = [outer[a:b] for a, b in itertools.pairwise(offsets)]
        contours.append(Contour(edges[0], tuple(edges[1:])))
    return contours


def interpolated(found: "ScanResult", point: Mapping[str, float]) -> float:
    """The value at a point between those of the grid.

    Linear in the logarithm of the value (where all are above 0) and of axes of equal ratios.

    Args:
        found: the scan.
        point: a number for every axis of numbers, a name for every choice.

    Returns:
        The value; NaN where a neighbour has none.

    Raises:
        InputError: an axis that is unknown or missing, or a point outside of the grid.
    """
    for name in point:
        if name not in found.axes:
            raise unknown_name("axis", name, found.axes)
    missing = [name for name in found.axes if name not in point]
    if missing:
        raise InputError(f"a point needs a value of every axis: {missing[0]} is missing")
    texts = {k: x for k, x in point.items() if isinstance(found.axes[k]["values"][0], str)}
    part = found.select(**texts)
    held = part.gridded()
    seen = np.where(part.has_value(), held, np.nan)
    logarithmic = bool(np.all(seen[np.isfinite(seen)] > 0.0))
    height = np.log(seen) if logarithmic else seen
    for name, axis in part.axes.items():
        height = _between(name, np.asarray(axis["values"], float), float(point[name]), height)
    return float(np.exp(height) if logarithmic else height)


def _between(name: str, values: np.ndarray, wanted: float, height: np.ndarray) -> np.ndarray:
    """Heights at one place of the first axis."""
    if not values[0] <= wanted <= values[-1]:
        raise InputError(
            f"{name} = {wanted:g} is outside of the scan, {values[0]:g} to {values[-1]:g}"
        )
    scale = _Scale(values)
    place = np.interp(scale.forth(np.array(wanted)), scale.inner, np.arange(len(values)))
    low, share = int(place), float(place - int(place))
    if share == 0.0:
        return height[low]
    return (1.0 - share) * height[low] + share * height[low + 1]


class _Scale:
    """An axis in the scale in which its points lie evenly."""

    def __init__(self, values: np.ndarray) -> None:
        self.logarithmic = is_logarithmic(values)
        self.inner = self.forth(values)

    def forth(self, values: np.ndarray) -> np.ndarray:
        return np.log(values) if self.logarithmic else np.asarray(values, float)

    def back(self, places: np.ndarray) -> np.ndarray:
        return np.exp(places) if self.logarithmic else places


def _heights(found: "ScanResult") -> np.ndarray:
    """ln of the values; a value of 0 lies below every level."""
    seen = np.where(found.has_value(), found.gridded(), np.nan)
    lowest = np.min(seen[seen > 0.0], initial=1.0)
    return np.log(np.where(seen == 0.0, 1e-3 * lowest, seen))


def _number_axes(found: "ScanResult", count: int) -> list[list[float]]:
    axes = list(found.axes.values())
    short = any(isinstance(x["values"][0], str) or len(x["values"]) < 2 for x in axes)
    if len(axes) != count or short:
        raise InputError(
            f"contours need two axes of numbers with two points or more; this has "
            f"{', '.join(found.axes) or 'none'}: select the others first"
        )
    return [axis["values"] for axis in axes]
