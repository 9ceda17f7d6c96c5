"""Regions of (m_V, coupling) of published data sets."""

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import jax.numpy as jnp
import numpy as np

from dmjax._version import __version__
from dmjax.errors import InputError, unknown_name
from dmjax.fits.minimise import STATUS_TEXT
from dmjax.limits.likelihood_limits import likelihood_limits
from dmjax.limits.plane import Plane
from dmjax.limits.regions import Region, feldman_cousins_region, likelihood_region
from dmjax.prediction.signal import EVENTS
from dmjax.store.fields import column, number
from dmjax.store.progress import Say, nothing
from dmjax.store.result import AbstractResult, container
from dmjax.studies.answer_settings import RegionSettings
from dmjax.studies.plan import open_store, stated, throwing
from dmjax.studies.question import Asked, asked_of
from dmjax.studies.setting import (
    needed_signal,
    setting_of,
    signal_of,
    strengths_at,
    to_coupling,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

METHODS = ("likelihood", "fc")
"""−2Δ ln L by Wilks' theorem with two degrees of freedom; Feldman–Cousins by toys."""

_BELOW, _ABOVE, _DECADES = 30.0, 3.0, 1e3


Question = Asked[RegionSettings]


@container
class RegionResult(AbstractResult):
    """Regions of (m_V, coupling), and the best point.

    The region of confidence level C holds the points with p > 1 − C.

    Attributes:
        method: one of `METHODS`.
        degrees: of freedom of the likelihood's formula: 2; None where toys stand in its place.
        levels: confidence levels asked for.
        m_v: [MeV], (masses,).
        coupling: in `quantity`, (couplings,); the largest one bounds every fit.
        events: expected signal events at the points, (masses, couplings).
        statistic: −2Δ ln L above the best point, (masses, couplings).
        p_value, p_error: probability of a larger one, with its Monte Carlo error.
        best_m_v, best_coupling, best_events: where the likelihood is largest.
        null, p_null, p_null_error: −2Δ ln L and p of no signal, against any mass and coupling.
        status: of the fits of the data.
        toys, failed: thrown at each point; fits of all of them that failed.
        quantity, off_term, integrate, datasets, signal, conventions, configuration, version: see
            `LimitResult`.
    """

    kind: ClassVar[str] = "regions"
    axis: ClassVar[str] = "m_v"

    quantity: str
    method: str
    degrees: int | None
    off_term: str | None = None
    integrate: str | None = None
    datasets: list[str]
    signal: dict
    levels: tuple[float, ...]
    m_v: np.ndarray = column("m_v", unit="MeV")
    coupling: np.ndarray = column("coupling", unit="1")
    events: np.ndarray = column("m_v", "coupling", unit="1")
    statistic: np.ndarray = column("m_v", "coupling", unit="1")
    p_value: np.ndarray = column("m_v", "coupling", unit="1")
    p_error: np.ndarray = column("m_v", "coupling", unit="1")
    best_m_v: float = number("MeV")
    best_coupling: float = number("1")
    best_events: float = number("1")
    null: float = number("1")
    p_null: float = number("1")
    p_null_error: float = number("1")
    status: str
    toys: int
    failed: int
    conventions: dict
    configuration: dict
    version: str = __version__

    def plot(self) -> "Figure":
        """Contours of the levels and the best point."""
        from dmjax.plots.regions import plot_regions

        return plot_regions(self)


def run_regions(
    settings: RegionSettings, out: Path | None = None, say: Say = nothing
) -> RegionResult:
    """Regions of (m_V, coupling) on a grid of masses and couplings.

    Args:
        settings: signal, data sets, masses, couplings, method, levels.
        out: file of the result; finished blocks of toys are kept beside it.
        say: see `store.progress.Say`.

    Raises:
        InputError: unknown method, bad levels or couplings, one mass only, too few toys.
    """
    _check(settings)
    setting = setting_of(settings.where, settings, signal_of(settings))
    signal = needed_signal(setting)
    if signal.model == EVENTS:
        raise InputError("a plain number of events has no mass: name a model")
    asked = asked_of(setting, settings)
    couplings = _couplings(asked)
    strengths = strengths_at(setting, asked.masses[:, None], couplings[None, :])
    plane = Plane(asked.counts, jnp.asarray(strengths[:, -1]))
    where = (asked.joint, asked.chosen, plane, asked.data, strengths)
    if settings.method == "likelihood":
        found = likelihood_region(*where)
    else:
        with open_store(out, settings, asked.joint, asked.counts, asked.data) as held:
            how = throwing(settings, held, "", say)
            found = feldman_cousins_region(*where, how, max(settings.levels))
    return _result(asked, found, couplings, strengths)


def _check(settings: RegionSettings) -> None:
    if settings.method not in METHODS:
        raise unknown_name("method", settings.method, METHODS)
    if not settings.levels or not all(0.0 < level < 1.0 for level in settings.levels):
        raise InputError("cl must lie between 0 and 1 for every region")
    if len(settings.m_v) < 2 or np.any(np.diff(settings.m_v) <= 0):
        raise InputError("a region needs two or more increasing masses, e.g. --mv 5:130:20")
    if settings.coupling_points < 2:
        raise InputError(f"coupling_points must be at least 2, got {settings.coupling_points}")
    low, high = settings.coupling_range or (1.0, 2.0)
    if not 0.0 < low < high:
        raise InputError(f"coupling_range takes 0 < low < high, got {low:g}, {high:g}")


def _couplings(asked: Question) -> np.ndarray:
    """Couplings of the grid: of the settings, or around the limits at every mass."""
    ends = asked.settings.coupling_range
    if ends is None:
        found = likelihood_limits(asked.joint, asked.chosen, asked.data, asked.counts, 0.99)
        limits = to_coupling(asked.setting, asked.masses, np.asarray(found.limit))
        limits = limits[np.isfinite(limits) & (asked.events > 0)]
        if limits.size == 0:
            raise InputError("no coupling is excluded at these masses: give --coupling-range")
        high = min(_ABOVE * limits.max(), _DECADES * limits.min())
        ends = (limits.min() / _BELOW, high)
    return np.geomspace(*ends, asked.settings.coupling_points)


def _result(
    asked: Question, found: Region, couplings: np.ndarray, strengths: np.ndarray
) -> RegionResult:
    settings, masses, unit = asked.settings, asked.masses, asked.events
    toys = 0 if settings.method == "likelihood" else settings.toys
    best = to_coupling(asked.setting, masses[found.mass : found.mass + 1], [found.strength])
    return RegionResult(
        **stated(asked.setting, asked.joint, settings),
        method=settings.method,
        degrees=2 if settings.method == "likelihood" else None,
        levels=settings.levels,
        m_v=masses,
        coupling=couplings,
        events=strengths * unit[:, None],
        statistic=found.statistic,
        p_value=found.p_value,
        p_error=found.p_error,
        best_m_v=float(masses[found.mass]),
        best_coupling=float(best[0]),
        best_events=found.strength * float(unit[found.mass]),
        null=found.null,
        p_null=found.p_null,
        p_null_error=found.p_null_error,
        status=STATUS_TEXT[found.status],
        toys=toys,
        failed=int(found.failed.sum()),
    )
