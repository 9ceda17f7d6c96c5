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
from dmjax.studies.family import Family, coupling, one_mass
from dmjax.studies.plan import Plan, configuration, open_store, stated, throwing

DEFAULT = Plan(method="fc")
SPREAD = (0.0, 0.25, 0.5, 1.0, 2.0)
"""Default true strengths, in units of the median expected asymptotic limit."""


@container
class CoverageResult(AbstractResult):
    """Coverage of limits or intervals at true couplings.

    Attributes:
        method, cl: of the limit or interval.
        m_v: [MeV]; None for "events".
        shift: constrained parameter → standard deviations its truth is off.
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
    events: np.ndarray = column("events", unit="1")
    values: np.ndarray = column("events", unit="1")
    coverage: np.ndarray = column("events", unit="1", empty=math.nan)
    error: np.ndarray = column("events", unit="1", empty=math.nan)
    toys: int
    failed: list[int] = column("events")
    conventions: dict
    configuration: dict
    version: str = __version__


def coverage_study(
    family: Family,
    m_v: float | None,
    events=None,
    plan: Plan = DEFAULT,
    shift: dict[str, float] | None = None,
    store: Path | None = None,
    say: Say = nothing,
) -> CoverageResult:
    """Coverage at several true strengths of one mass.

    Args:
        family, m_v: signal at one mass.
        events: true signal events (before nuisances); None: 0, ¼, ½, 1 and 2 times the median
            expected asymptotic limit.
        plan: method (see `coverage.METHODS`), toys, seed, cl.
        shift: constrained parameter → standard deviations its truth is off.
        store, say: see `limit_scan`.
    """
    joint, chosen, data, unit = one_mass(family, m_v)
    if events is None:
        found = eqx.filter_jit(asymptotic_limit)(joint, chosen, data, plan.cl)
        points = float(found.expected[2]) * np.array(SPREAD)
    else:
        points = np.atleast_1d(np.asarray(events, float)) / unit
    wanted = configuration(family, plan, m_v=m_v, events=points * unit, shift=shift or {})
    with open_store(store, wanted) as held:
        how = throwing(plan, held, "", say)
        made = coverage(joint, chosen, data, points, how, plan.method, plan.cl, shift)
    return CoverageResult(
        **stated(family, joint, wanted),
        method=plan.method,
        cl=plan.cl,
        m_v=m_v,
        shift=shift or {},
        values=coupling(family, points),
        events=points * unit,
        coverage=made.coverage,
        error=made.error,
        toys=made.toys,
        failed=np.asarray(made.failed).tolist(),
    )
