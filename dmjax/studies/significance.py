"""Significance of a signal in published data sets: local p-values, and the global one of a scan."""

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import jax.numpy as jnp
import numpy as np

from dmjax._version import __version__
from dmjax.errors import InputError
from dmjax.fits.minimise import STATUS_TEXT
from dmjax.limits.asymptotics import SIGMAS
from dmjax.limits.scan import (
    Scan,
    expected_scan,
    global_p,
    gross_vitells,
    local_p,
    scan_masses,
    throw_scans,
    upcrossings,
)
from dmjax.limits.toys import p_value
from dmjax.prediction.signal import EVENTS
from dmjax.store.fields import column, number
from dmjax.store.progress import Say, nothing
from dmjax.store.result import AbstractResult, container
from dmjax.studies.answer_settings import SignificanceSettings
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


Question = Asked[SignificanceSettings]


@container
class SignificanceResult(AbstractResult):
    """p-values of no signal against the mass, and of the whole scan.

    Attributes:
        m_v: [MeV], (masses,).
        q0, z, p_local: −2 ln[L(0)/L(μ̂)] for μ̂ > 0; √q0; Φ(−√q0), large-sample limit.
        best_fit, best_fit_events: coupling and signal events of the best fit, (masses,).
        expected_at: coupling of the stated signal; None: none.
        expected: p-values expected from it at each mass, (masses, sigmas), large-sample limit.
        sigmas: fluctuations of the data in `expected`; +2 is the smallest p.
        p_toys, p_toys_error: of each mass, from toys without signal; None without toys.
        best_m_v, largest: mass and value of the largest q0.
        p_global, p_global_error: share of toys whose largest q0 is at least as large.
        p_upcrossings, p_upcrossings_error: the same by Gross and Vitells.
        upcrossings, upcrossings_error: mean number per toy of q0 rising through `level`.
        status: of the fits of the data, (masses,).
        toys, failed: thrown; fits that failed.
        quantity, off_term, integrate, datasets, signal, conventions, configuration, version: see
            `LimitResult`.
    """

    kind: ClassVar[str] = "significance"
    axis: ClassVar[str] = "m_v"

    quantity: str
    off_term: str | None = None
    integrate: str | None = None
    datasets: list[str]
    signal: dict
    m_v: np.ndarray = column("m_v", unit="MeV")
    q0: np.ndarray = column("m_v", unit="1")
    z: np.ndarray = column("m_v", unit="1")
    p_local: np.ndarray = column("m_v", unit="1")
    best_fit: np.ndarray = column("m_v", unit="1", empty=math.nan)
    best_fit_events: np.ndarray = column("m_v", unit="1")
    expected_at: float | None = number("1")
    expected: np.ndarray | None = column("m_v", "sigmas", unit="1", default=None)
    sigmas: tuple[float, ...] = SIGMAS
    p_toys: np.ndarray | None = column("m_v", unit="1", default=None)
    p_toys_error: np.ndarray | None = column("m_v", unit="1", default=None)
    best_m_v: float = number("MeV")
    largest: float = number("1")
    p_global: float | None = number("1", default=None)
    p_global_error: float | None = number("1", default=None)
    p_upcrossings: float | None = number("1", default=None)
    p_upcrossings_error: float | None = number("1", default=None)
    upcrossings: float | None = number("1", default=None)
    upcrossings_error: float | None = number("1", default=None)
    level: float | None = number("1", default=None)
    status: list[str] = column("m_v")
    toys: int
    failed: int
    conventions: dict
    configuration: dict
    version: str = __version__

    def plot(self) -> "Figure":
        """p against the mass, with what the stated signal makes expect."""
        from dmjax.plots.significance import plot_significance

        return plot_significance(self)


def run_significance(
    settings: SignificanceSettings, out: Path | None = None, say: Say = nothing
) -> SignificanceResult:
    """Local p-values at every mass, and the global one by toys and by upcrossings.

    Args:
        settings: signal, data sets, masses, toys (0: no global p-value).
        out: file of the result; finished blocks of toys are kept beside it.
        say: see `store.progress.Say`.

    Raises:
        InputError: masses that do not increase, a bad coupling, "events", which has no mass.
    """
    asked = _asked(settings)
    scan = scan_masses(asked.joint, asked.chosen, asked.data, asked.counts)
    q0, best = np.asarray(scan.q0), np.asarray(scan.best)
    top = int(np.argmax(q0))
    return SignificanceResult(
        **stated(asked.setting, asked.joint, settings),
        m_v=asked.masses,
        q0=q0,
        z=np.sqrt(q0),
        p_local=local_p(q0),
        best_fit=to_coupling(asked.setting, asked.masses, best),
        best_fit_events=best * asked.events,
        expected_at=settings.expected_at,
        expected=_expected(asked, scan),
        best_m_v=float(asked.masses[top]),
        largest=float(q0[top]),
        status=[STATUS_TEXT[code] for code in np.asarray(scan.status)],
        **_by_toys(asked, scan, out, say),
    )


def _asked(settings: SignificanceSettings) -> Question:
    setting = setting_of(settings.where, settings, signal_of(settings))
    if needed_signal(setting).model == EVENTS:
        raise InputError("a plain number of events has no mass: dmjax toys gives its p-value")
    if np.any(np.diff(settings.m_v) <= 0):
        raise InputError("a scan needs increasing masses")
    if settings.expected_at is not None and not settings.expected_at > 0:
        raise InputError(f"expected_at must be above 0, got {settings.expected_at:g}")
    if settings.toys < 0:
        raise InputError(f"toys must be at least 0, got {settings.toys}")
    return asked_of(setting, settings)


def _expected(asked: Question, scan: Scan) -> np.ndarray | None:
    coupling = asked.settings.expected_at
    if coupling is None:
        return None
    strengths = jnp.asarray(strengths_at(asked.setting, asked.masses, coupling))
    where = (asked.joint, asked.chosen, scan.nothing, asked.counts)
    return np.asarray(expected_scan(*where, strengths))


def _by_toys(asked: Question, scan: Scan, out: Path | None, say: Say) -> dict[str, Any]:
    settings = asked.settings
    if settings.toys == 0:
        return {"toys": 0, "failed": 0}
    q0 = np.asarray(scan.q0)
    where = (asked.joint, asked.chosen, asked.counts, scan.nothing)
    with open_store(out, settings, asked.joint, asked.counts, asked.data) as held:
        toys = throw_scans(*where, throwing(settings, held, "", say))
    each = [p_value(toys, float(q), i) for i, q in enumerate(q0)]
    whole, crossed = global_p(toys, float(q0.max())), upcrossings(toys)
    p, error = gross_vitells(crossed, float(q0.max()))
    return {
        "p_toys": np.array([one.value for one in each]),
        "p_toys_error": np.array([one.error for one in each]),
        "p_global": whole.value,
        "p_global_error": whole.error,
        "p_upcrossings": p,
        "p_upcrossings_error": error,
        "upcrossings": crossed.mean,
        "upcrossings_error": crossed.error,
        "level": crossed.level,
        "toys": whole.toys,
        "failed": whole.failed,
    }
