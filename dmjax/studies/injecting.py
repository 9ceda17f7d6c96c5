"""Signal injection in published data sets."""

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import equinox as eqx
import numpy as np

from dmjax._version import __version__
from dmjax.errors import InputError
from dmjax.limits.asymptotic_limits import asymptotic_limit
from dmjax.limits.injection import injection
from dmjax.store.fields import column, number
from dmjax.store.progress import Say, nothing
from dmjax.store.result import AbstractResult, container
from dmjax.studies.answer_settings import InjectSettings
from dmjax.studies.plan import open_store, stated, throwing
from dmjax.studies.setting import one_mass, setting_of, signal_of, to_coupling

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@container
class InjectionResult(AbstractResult):
    """Injected signals, and what fits of toys give back.

    Attributes:
        m_v: [MeV]; None for "events".
        events, values: injected signal events and couplings.
        fitted, fitted_error: mean fitted events, and the error of the mean.
        bias: fitted less injected events; its error is that of `fitted`.
        median: of the fitted events.
        pull, pull_error: mean of sign(μ̂ − μ) √t(μ); see `dmjax.limits.injection.Injection`.
        width, width_error: standard deviation of the pulls.
        at_zero: share of toys whose best fit has no signal.
        levels: confidence levels of the intervals.
        coverage, coverage_error: share of toys whose interval −2Δ ln L ≤ χ²₁ holds the injected
            signal, (events, levels).
        toys, failed: thrown at each signal; fits that failed.
        quantity, off_term, integrate, datasets, signal, conventions, configuration, version: see
            `LimitResult`.
    """

    kind: ClassVar[str] = "injection"
    axis: ClassVar[str] = "events"

    quantity: str
    off_term: str | None = None
    integrate: str | None = None
    datasets: list[str]
    signal: dict
    m_v: float | None = number("MeV")
    events: np.ndarray = column("events", unit="1")
    values: np.ndarray = column("events", unit="1")
    fitted: np.ndarray = column("events", unit="1")
    fitted_error: np.ndarray = column("events", unit="1")
    bias: np.ndarray = column("events", unit="1")
    median: np.ndarray = column("events", unit="1")
    pull: np.ndarray = column("events", unit="1")
    pull_error: np.ndarray = column("events", unit="1")
    width: np.ndarray = column("events", unit="1")
    width_error: np.ndarray = column("events", unit="1")
    at_zero: np.ndarray = column("events", unit="1")
    levels: tuple[float, ...] = column("levels", unit="1")
    coverage: np.ndarray = column("events", "levels", unit="1")
    coverage_error: np.ndarray = column("events", "levels", unit="1")
    toys: int
    failed: list[int] = column("events")
    conventions: dict
    configuration: dict
    version: str = __version__

    def plot(self) -> "Figure":
        """Fitted events, pulls and coverage against the injected events."""
        from dmjax.plots.injection import plot_injection

        return plot_injection(self)


def run_inject(
    settings: InjectSettings, out: Path | None = None, say: Say = nothing
) -> InjectionResult:
    """Inject signals of one mass and fit them.

    Args:
        settings: signal, data sets, mass, injected signals (in units of the median expected
            asymptotic limit at 90 % by CLs, or as events), levels, toys.
        out: file of the result; finished blocks of toys are kept beside it.
        say: see `store.progress.Say`.

    Raises:
        InputError: no mass, a closed mass, negative signals, too few toys.
    """
    setting = setting_of(settings.where, settings, signal_of(settings))
    joint, chosen, data, unit = one_mass(setting, settings.mass)
    if settings.events is None:
        median = float(eqx.filter_jit(asymptotic_limit)(joint, chosen, data, 0.90).expected[2])
        if not np.isfinite(median):
            raise InputError("no signal is expected to be excluded: give --events")
        points = median * np.asarray(settings.injected, float)
    else:
        points = np.asarray(settings.events, float) / unit
    with open_store(out, settings, joint, data) as held:
        how = throwing(settings, held, "", say)
        made = injection(joint, chosen, data, points, how, settings.levels)
    return InjectionResult(
        **stated(setting, joint, settings),
        m_v=settings.mass,
        events=points * unit,
        values=to_coupling(setting, [settings.mass or 0.0] * len(points), points),
        fitted=made.mean * unit,
        fitted_error=made.mean_error * unit,
        bias=(made.mean - points) * unit,
        median=made.median * unit,
        pull=made.pull,
        pull_error=made.pull_error,
        width=made.width,
        width_error=made.width_error,
        at_zero=made.at_zero,
        levels=settings.levels,
        coverage=made.coverage,
        coverage_error=made.coverage_error,
        toys=settings.toys,
        failed=[int(n) for n in made.failed],
    )
