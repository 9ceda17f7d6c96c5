"""Coverage of limits and intervals for a published data set."""

from pathlib import Path
from typing import NamedTuple

import equinox as eqx
import numpy as np

from dmjax._version import __version__
from dmjax.limits.asymptotic_limits import asymptotic_limit
from dmjax.limits.coverage import coverage
from dmjax.studies.family import Family, coupling, one_mass
from dmjax.studies.plan import Plan, Say, configuration, nothing, open_store, throwing

DEFAULT = Plan(method="fc")
SPREAD = (0.0, 0.25, 0.5, 1.0, 2.0)
"""Default true strengths, in units of the median expected asymptotic limit."""


class CoverageStudy(NamedTuple):
    """Coverage of limits or intervals at true couplings.

    Attributes:
        configuration: as in `LimitScan`.
        values, events: true couplings and signal events.
        coverage, error: share of toys whose interval contains the truth, with Monte Carlo error.
        toys, failed, version: see `LimitScan`.
    """

    configuration: dict
    values: np.ndarray
    events: np.ndarray
    coverage: np.ndarray
    error: np.ndarray
    toys: int
    failed: np.ndarray
    version: str


def coverage_study(
    family: Family,
    m_v: float | None,
    events=None,
    plan: Plan = DEFAULT,
    shift: dict[str, float] | None = None,
    store: Path | None = None,
    say: Say = nothing,
) -> CoverageStudy:
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
    held = open_store(store, wanted)
    how = throwing(plan, held, "", say)
    made = coverage(joint, chosen, data, points, how, plan.method, plan.cl, shift)
    return CoverageStudy(
        configuration=wanted,
        values=coupling(family, points),
        events=points * unit,
        coverage=made.coverage,
        error=made.error,
        toys=made.toys,
        failed=made.failed,
        version=__version__,
    )
