"""The distribution of a test statistic for a published data set."""

from pathlib import Path
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from dmjax._version import __version__
from dmjax.errors import InputError
from dmjax.limits.asymptotic_limits import LIMIT_TEXT, LimitStatus
from dmjax.limits.asymptotics import discovery, strength_test
from dmjax.limits.feldman_cousins import observed_scan
from dmjax.limits.test_statistics import check_test, statistics_at
from dmjax.limits.toys import largest_counts, p_value, throw_blocks
from dmjax.studies.family import Family, coupling, one_mass
from dmjax.studies.plan import Plan, Say, configuration, nothing, open_store, throwing

DEFAULT = Plan(method="toys", test="q0")


class ToyStudy(NamedTuple):
    """Distribution of a test statistic, and the p-value of the data.

    Attributes:
        configuration: as in `LimitScan`, with the tested coupling.
        observed: the statistic of the data.
        p_value, p_error: share of toys at least as far out, with its Monte Carlo error.
        asymptotic_p: the same in the large-sample limit; None for "t".
        quantiles: of the statistic over toys, level → value.
        best_fit: coupling of the best fit.
        toys, failed, status, version: see `LimitScan`.
    """

    configuration: dict
    observed: float
    p_value: float
    p_error: float
    asymptotic_p: float | None
    quantiles: dict[str, float]
    best_fit: float
    toys: int
    failed: int
    status: str
    version: str


def toy_study(
    family: Family,
    m_v: float | None,
    events: float = 0.0,
    plan: Plan = DEFAULT,
    store: Path | None = None,
    say: Say = nothing,
) -> ToyStudy:
    """The distribution of a test statistic at one strength, and the p-value of the data.

    Toys are thrown at the conditional best fit with `events` signal events (before nuisances).

    Args:
        family, m_v: signal at one mass.
        events: signal events of the tested hypothesis; 0 for q0.
        plan: toys, seed, test.
        store, say: see `limit_scan`.
    """
    joint, chosen, data, unit = one_mass(family, m_v)
    check_test(plan.test, chosen)
    if events < 0 or (plan.test == "q0" and events != 0):
        raise InputError("events must not be negative, and q0 tests 0 events")
    wanted = configuration(family, plan, m_v=m_v, events=events)
    held = open_store(store, wanted)
    point = jnp.asarray([events / unit])
    start = joint.parameters.centres
    at = jax.jit(lambda: statistics_at(joint, chosen, data, point, start, plan.test))
    observed, best, status = at()
    truth = observed_scan(joint, chosen, data, point).values[1]
    how = throwing(plan, held, "", say)
    most = largest_counts(joint, [truth])
    toys = throw_blocks(joint, chosen, truth, point, how, plan.test, "toys", most)
    found = p_value(toys, float(observed[0]))
    good = toys.statistic[toys.status == 0, 0]
    levels = (0.5, 0.68, 0.9, 0.95)
    return ToyStudy(
        configuration=wanted,
        observed=float(observed[0]),
        p_value=found.value,
        p_error=found.error,
        asymptotic_p=_asymptotic_p(joint, chosen, data, point[0], plan.test),
        quantiles={f"{level:g}": float(np.quantile(good, level)) for level in levels},
        best_fit=float(coupling(family, float(best))),
        toys=found.toys,
        failed=found.failed,
        status=LIMIT_TEXT[LimitStatus.FOUND if int(status) == 0 else LimitStatus.FIT_FAILED],
        version=__version__,
    )


def _asymptotic_p(joint, chosen, data, point, test: str) -> float | None:
    if test == "q0":
        return float(jax.jit(lambda: discovery(joint, chosen, data).p_value)())
    if test == "t" or float(point) == 0.0:
        return None
    return float(jax.jit(lambda: strength_test(joint, chosen, data, point, test).p_sb)())
