"""Settings of a scan: the fields of the other verbs, a grid, and how it is run."""

from dataclasses import dataclass
from typing import Any

from dmjax.errors import InputError
from dmjax.schema import Number
from dmjax.studies.options import MODEL_OPTIONS, OPTIONS, SIGNAL_OPTIONS, Option
from dmjax.studies.ranges import RANGES
from dmjax.studies.readers import one_of, whole
from dmjax.studies.settings import ModelOptions, SignalOptions

METHODS = ("chi2", "asymptotic", "events")
"""chi2: −2Δ ln L above the best fit, 2.71 at 90 %; asymptotic: CLs or p_sb by formulas, with bands;
events: signal events at a coupling."""

DTYPES = ("float64", "float32")
"""Of the templates; likelihoods are always float64."""

NUMBERS = (
    "m_v",
    "m_chi",
    "mass_ratio",
    "alpha_d",
    "splitting",
    "lifetime_ns",
    "m_x",
    "kappa_x",
    "kappa_d_x",
    "reference",
)
"""Parameters that vary inside of one compiled program."""

CHOICES = ("datasets", "experiment", "window", "model", "dm", "method")
"""Parameters with a compiled program for each value."""

UNITS = {"m_v": "MeV", "m_chi": "MeV", "splitting": "MeV", "lifetime_ns": "ns", "m_x": "MeV"}
"""Of axes; others are pure numbers."""

LEVEL = "level"
"""The axis of levels of an adaptive scan."""

PROJECTION = ("years", "pot", "background", "all_windows")
"""Options of a detector without data."""

Axis = tuple[str, tuple[Any, ...]]
"""Name and values."""


@dataclass(frozen=True, kw_only=True)
class ScanSettings(SignalOptions, ModelOptions):
    """Of `scan`; what varies is in `grid` and nowhere else.

    Attributes:
        datasets: whose data are asked; or
        experiment: a detector without data.
        grid: axes in order.
        method, cl, cls: see `METHODS`; None: chi2 of data, asymptotic of a detector without.
        reference: coupling at which events are counted; None: `points.REFERENCE`.
        years, pot, background, all_windows: of a detector without data.
        refine_level: value of a contour; far from it points are interpolated.
        refine_steps: how often the first, coarse grid is halved.
        batch: points that are computed and kept together.
        devices: local ones that share the work; None: all.
        dtype: of the templates.
    """

    datasets: tuple[str, ...] = ()
    experiment: str | None = None
    grid: tuple[Axis, ...] = ()
    method: str | None = None
    cl: float = 0.90
    cls: bool = True
    reference: float | None = None
    years: float | None = None
    pot: float | None = None
    background: str | None = None
    all_windows: bool = False
    refine_level: float | None = None
    refine_steps: int = 3
    batch: int = 4096
    devices: int | None = None
    dtype: str = "float64"


HOW_RUN = ("devices",)
"""Fields that change no number of the result."""

_RUN = {
    "batch": Option("Points that are computed and kept together.", whole),
    "devices": Option("Local devices that share the work; default: all.", whole),
    "dtype": Option("Of the templates; likelihoods are always float64.", one_of(*DTYPES)),
    "method": Option("How it is done.", one_of(*METHODS)),
    "datasets": OPTIONS["where"],
    "refine_level": OPTIONS["reference"],
    "refine_steps": Option("Halvings of the first grid.", whole),
}
_RANGES = {
    "batch": Number(1, 10**6, whole=True),
    "devices": Number(1, 10**4, whole=True),
    "refine_level": RANGES["reference"],
    "refine_steps": Number(1, 12, whole=True),
}

SECTIONS: dict[str, dict[str, str]] = {
    "": {"datasets": "datasets", "experiment": "experiment"},
    "signal": {name: name for name in SIGNAL_OPTIONS},
    "data": {name: name for name in (*MODEL_OPTIONS, *PROJECTION)},
    "method": {"name": "method", "cl": "cl", "cls": "cls", "reference": "reference"},
    "refine": {"level": "refine_level", "steps": "refine_steps"},
    "run": {name: name for name in ("batch", "devices", "dtype")},
}
"""Table of a scan file → its keys, each with the field that it is; "": of the file itself."""


def read_value(field: str, name: str, value: Any) -> Any:
    """The value of a field, read and inside its range.

    Args:
        field: of `ScanSettings`.
        name: how errors name it.
        value: as it was given.

    Raises:
        InputError: what cannot be read, or a number out of its range.

    >>> read_value("batch", "run.batch", 64)
    64
    """
    from dmjax.studies.options import read_option

    if field not in _RUN:
        return read_option(field, name, value)
    found = _RUN[field].reader(name, value)
    rule = _RANGES.get(field)
    if rule is not None and not rule.holds(found):
        raise InputError(f"{name} must be {rule.rule()}, got {found!r}")
    return found
