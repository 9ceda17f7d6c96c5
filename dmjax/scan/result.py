"""What `scan` gives: values and statuses on a grid, with its axes."""

import dataclasses
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from dmjax._version import __version__
from dmjax.errors import InputError, unknown_name
from dmjax.scan.status import WITH_VALUE
from dmjax.store.fields import column
from dmjax.store.result import AbstractResult, container

if TYPE_CHECKING:
    import pandas
    import xarray
    from matplotlib.figure import Figure

    from dmjax.scan.contours import Contour


@container
class ScanResult(AbstractResult):
    """Values on a grid; a point without a value is NaN, and its status says why.

    Arrays hold the points of the grid one after the other, the last axis fastest; `grid_of` and
    `to_xarray` give them the shape of the grid.

    Attributes:
        quantity: what is limited, or at what coupling events are counted: "Y", "eps", …
        meaning: of the values, in words.
        axes: name → {"values", "unit"}, in the order of the dimensions.
        value: limit or events, (points,); pure numbers.
        status: a code each; status_text: what each code means, see `texts`.
        best_fit, q0: best coupling, and −2Δ ln L of no signal; None of events.
        expected_m2 … expected_p2: limits expected without signal, from −2 to +2 standard
            deviations; None where the method has none.
        error: of an adaptive scan: the largest relative error of interpolated values that was
            found where values were computed; None of a full scan.
        chunks: finished and all; a scan that still grows has pending points.
        datasets, experiment, signal, off_term, caveats: as of a limit; of choices: the first.
        conventions, configuration, version: see `LimitResult`.
    """

    kind: ClassVar[str] = "scan"
    axis: ClassVar[str] = "point"

    quantity: str
    meaning: str
    axes: dict
    value: np.ndarray = column("point", unit="1", empty=math.nan)
    status: np.ndarray = column("point")
    status_text: list[str]
    best_fit: np.ndarray | None = column("point", unit="1", empty=math.nan, default=None)
    q0: np.ndarray | None = column("point", unit="1", empty=math.nan, default=None)
    expected_m2: np.ndarray | None = column("point", unit="1", empty=math.nan, default=None)
    expected_m1: np.ndarray | None = column("point", unit="1", empty=math.nan, default=None)
    expected: np.ndarray | None = column("point", unit="1", empty=math.nan, default=None)
    expected_p1: np.ndarray | None = column("point", unit="1", empty=math.nan, default=None)
    expected_p2: np.ndarray | None = column("point", unit="1", empty=math.nan, default=None)
    error: float | None = None
    chunks: tuple[int, int]
    datasets: list[str]
    experiment: str | None = None
    signal: dict
    off_term: str | None = None
    caveats: list[str] = column(default_factory=list)
    conventions: dict
    configuration: dict
    version: str = __version__

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_axes(self.axes, self.value.size)
        _check_codes(self.status, len(self.status_text))

    @property
    def shape(self) -> tuple[int, ...]:
        """Points along each axis."""
        return tuple(len(axis["values"]) for axis in self.axes.values())

    def gridded(self, name: str = "value") -> np.ndarray:
        """A column in the shape of the grid."""
        held = getattr(self, name)
        if held is None:
            raise InputError(f"this scan has no {name}")
        return np.asarray(held).reshape(self.shape)

    def texts(self) -> np.ndarray:
        """The status of every point in words, in the shape of the grid."""
        return np.array(self.status_text)[self.gridded("status")]

    def has_value(self) -> np.ndarray:
        """Where the values are numbers, in the shape of the grid."""
        return np.isin(self.gridded("status"), np.array([code.value for code in WITH_VALUE]))

    def select(self, **point: Any) -> "ScanResult":
        """The part of a scan at values of some axes, which it then has no more.

        Raises:
            InputError: an axis, or a value, that is not there.
        """
        places: list[Any] = [slice(None)] * len(self.axes)
        for name, wanted in point.items():
            if name not in self.axes:
                raise unknown_name("axis", name, self.axes)
            places[list(self.axes).index(name)] = _place(name, self.axes[name]["values"], wanted)
        made: dict[str, Any] = {"axes": {k: x for k, x in self.axes.items() if k not in point}}
        for name in _columns(self):
            made[name] = self.gridded(name)[tuple(places)].ravel()
        return dataclasses.replace(self, **made)

    def at(self, **point: float) -> float:
        """The value between points of the grid; see `contours.interpolated`."""
        from dmjax.scan.contours import interpolated

        return interpolated(self, point)

    def contours(self, level: float) -> list["Contour"]:
        """Where a map of two axes is at most a level; see `contours.regions_below`."""
        from dmjax.scan.contours import regions_below

        return regions_below(self, level)

    def to_xarray(self) -> "xarray.Dataset":
        """A dataset with the axes as dimensions and coordinates; the rest as attributes."""
        import xarray

        flat = super().to_xarray()
        names = list(self.axes)
        variables = {
            name: (names, np.asarray(x.values).reshape(self.shape), x.attrs)
            for name, x in flat.variables.items()
        }
        coords = {
            name: (name, np.asarray(axis["values"]), {"units": axis["unit"]})
            for name, axis in self.axes.items()
        }
        return xarray.Dataset(variables, coords, flat.attrs)

    def to_pandas(self) -> "pandas.DataFrame":
        """A row for each point: its place on the axes, its values, its status in words."""
        import pandas

        places = np.meshgrid(*(np.asarray(x["values"]) for x in self.axes.values()), indexing="ij")
        made = {name: x.ravel() for name, x in zip(self.axes, places, strict=True)}
        made |= {name: getattr(self, name) for name in _columns(self) if name != "status"}
        return pandas.DataFrame(made | {"status": self.texts().ravel()})

    def save(self, path: Path | str) -> Path:
        """Write it whole: JSON, or NetCDF (.nc) with the axes as dimensions."""
        if Path(path).suffix != ".nc":
            return super().save(path)
        from dmjax.store.netcdf import ROOT, write_groups

        return write_groups(Path(path), {ROOT: self.to_xarray()})

    @classmethod
    def from_plain(cls, plain: dict[str, Any]) -> Self:
        """The result that `to_plain` or `save` wrote, its arrays flat or in the grid's shape."""
        axes = plain.get("axes")
        names = axes if isinstance(axes, dict) else {}
        held = {name: x for name, x in plain.items() if name not in names}
        flat = {n: x.ravel() if isinstance(x, np.ndarray) else x for n, x in held.items()}
        return super().from_plain(flat)

    def plot(self, *others: "ScanResult") -> "Figure":
        """Curves of one axis; a map of two with its closed regions and contours."""
        from dmjax.plots.scan import plot_scan

        return plot_scan([self, *others])


def _check_axes(axes: dict, points: int) -> None:
    """Raise InputError unless axes have values of one kind, and as many points as there are."""
    size = 1
    for name, axis in axes.items():
        held = axis.get("values") if isinstance(axis, dict) else None
        kinds = {isinstance(x, str) for x in held} if isinstance(held, list) else set()
        if len(kinds) != 1 or not isinstance(axis.get("unit"), str):
            raise InputError(f"axis '{name}' has no values of one kind with a unit")
        size *= len(held or [])
    if size != points:
        raise InputError(f"'axes' have {size} points, the values {points}")


def _check_codes(status: np.ndarray, known: int) -> None:
    """Raise InputError unless every code has a text."""
    if status.dtype.kind not in "iu" or np.any((status < 0) | (status >= known)):
        raise InputError(f"'status' holds codes that are none of the {known} that have a text")


def _columns(result: ScanResult) -> list[str]:
    names = [field.name for field in dataclasses.fields(result)]
    return [n for n in names if isinstance(getattr(result, n), np.ndarray)]


def _place(name: str, values: list, wanted: Any) -> int:
    if isinstance(wanted, str) or isinstance(values[0], str):
        if wanted not in values:
            raise unknown_name(name, str(wanted), map(str, values))
        return values.index(wanted)
    found = np.flatnonzero(np.isclose(values, wanted, rtol=1e-9, atol=0.0))
    if found.size == 0:
        near = values[int(np.argmin(np.abs(np.asarray(values) - wanted)))]
        raise InputError(f"{name} = {wanted:g} is no point of the grid; the nearest is {near:g}")
    return int(found[0])
