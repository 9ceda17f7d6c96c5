"""Coverage of limits and intervals for a published data set."""

import math
from pathlib import Path
from typing import ClassVar

import equinox as eqx
import numpy as np

from dmjax._version import __version__
from dmjax.limits.asymptotic_limits import asymptotic_limit
from dmjax.limits.coverage import coverage
from dmjax.store.fields import column, number
from dmjax.store.progress import Say, nothing
from dmjax.store.result import AbstractResult, container
from dmjax.studies.plan import open_store, stated, throwing
from dmjax.studies.setting import one_mass, setting_of, signal_of, to_coupling
from dmjax.studies.settings import CoverageSettings

SPREAD = (0.0, 0.25, 0.5, 1.0, 2.0)
"""Default true strengths, in units of the median expected asymptotic limit."""


@container
class CoverageResult(AbstractResult):
    """Coverage of limits or intervals at true couplings.

    Attributes:
        method, cl: of the limit or interval.
        m_v: [MeV]; None for "events".
        shift: constrained parameter → standard deviations its truth is off.
        belt: of "fc": "toy" where every toy was judged by a belt of its own, "data" where by that
            at the nuisances of the data; None for other methods.
        events, values: true signal events and couplings.
        coverage, error: share of toys whose interval contains the truth, with Monte Carlo error.
        toys, failed: thrown at each truth; fits that failed.
        quantity, off_term, integrate, datasets, signal, conventions, configuration, version: see
            `LimitResult`.
    """

    kind: ClassVar[str] = "coverage"
    axis: ClassVar[str] = "events"

    quantity: str
    method: str
    off_term: str | None = None
    integrate: str | None = None
    cl: float
    datasets: list[str]
    signal: dict
    m_v: float | None = number("MeV")
    shift: dict[str, float]
    belt: str | None = None
    events: np.ndarray = column("events", unit="1")
    values: np.ndarray = column("events", unit="1")
    coverage: np.ndarray = column("events", unit="1", empty=math.nan)
    error: np.ndarray = column("events", unit="1", empty=math.nan)
    toys: int
    failed: list[int] = column("events")
    conventions: dict
    configuration: dict
    version: str = __version__


def run_coverage(
    settings: CoverageSettings, out: Path | None = None, say: Say = nothing
) -> CoverageResult:
    """Coverage at several true strengths of one mass.

    Without true events in the settings they are 0, ¼, ½, 1 and 2 times the median expected
    asymptotic limit.

    Args:
        settings: signal, data sets, method, toys, truths.
        out, say: see `run_toys`.
    """
    setting = setting_of(settings.where, settings, signal_of(settings))
    joint, chosen, data, unit = one_mass(setting, settings.mass)
    if settings.events is None:
        found = eqx.filter_jit(asymptotic_limit)(joint, chosen, data, settings.cl)
        points = float(found.expected[2]) * np.array(SPREAD)
    else:
        points = np.asarray(settings.events, float) / unit
    shift = dict(settings.shift)
    with open_store(out, settings, joint, data) as held:
        how = throwing(settings, held, "", say)
        question = (settings.method, settings.cl, shift, settings.nested, settings.belt_toys)
        made = coverage(joint, chosen, data, points, how, *question)
    return CoverageResult(
        **stated(setting, joint, settings),
        method=settings.method,
        cl=settings.cl,
        m_v=settings.mass,
        shift=shift,
        belt=made.belt,
        values=to_coupling(setting, [settings.mass or 0.0] * len(points), points),
        events=points * unit,
        coverage=made.coverage,
        error=made.error,
        toys=made.toys,
        failed=np.asarray(made.failed).tolist(),
    )
