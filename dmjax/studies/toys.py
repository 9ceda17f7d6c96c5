"""The distribution of a test statistic for a published data set."""

import math
from pathlib import Path
from typing import ClassVar

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
from dmjax.store.fields import number
from dmjax.store.progress import Say, nothing
from dmjax.store.result import AbstractResult, container
from dmjax.studies.family import Family, coupling, one_mass
from dmjax.studies.plan import Plan, configuration, open_store, stated, throwing

DEFAULT = Plan(method="toys", test="q0")


@container
class ToyResult(AbstractResult):
    """Distribution of a test statistic, and the p-value of the data.

    Attributes:
        test: the test statistic.
        m_v: [MeV]; None for "events".
        events: signal events of the tested hypothesis.
        observed: the statistic of the data.
        p_value, p_error: share of toys at least as far out, with its Monte Carlo error.
        asymptotic_p: the same in the large-sample limit; None for "t".
        quantiles: of the statistic over toys, level → value.
        best_fit: coupling of the best fit.
        toys, failed: thrown; fits of them that failed.
        status: of the fit of the data.
        quantity, off_term, integrate, datasets, signal, conventions, configuration, version: see
            `LimitResult`.
    """

    kind: ClassVar[str] = "toys"

    test: str
    quantity: str
    off_term: str | None = None
    integrate: str | None = None
    datasets: list[str]
    signal: dict
    m_v: float | None = number("MeV")
    events: float = number("1")
    observed: float = number("1", empty=math.nan)
    p_value: float = number("1", empty=math.nan)
    p_error: float = number("1", empty=math.nan)
    asymptotic_p: float | None = number("1")
    quantiles: dict[str, float] = number("1", empty=math.nan)
    best_fit: float = number("1", empty=math.nan)
    toys: int
    failed: int
    status: str
    conventions: dict
    configuration: dict
    version: str = __version__


def toy_study(
    family: Family,
    m_v: float | None,
    events: float = 0.0,
    plan: Plan = DEFAULT,
    store: Path | None = None,
    say: Say = nothing,
) -> ToyResult:
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
    point = jnp.asarray([events / unit])
    start = joint.parameters.centres
    at = jax.jit(lambda: statistics_at(joint, chosen, data, point, start, plan.test))
    observed, best, status = at()
    truth = observed_scan(joint, chosen, data, point).values[1]
    most = largest_counts(joint, [truth])
    with open_store(store, wanted) as held:
        how = throwing(plan, held, "", say)
        toys = throw_blocks(joint, chosen, truth, point, how, plan.test, "toys", most)
    found = p_value(toys, float(observed[0]))
    good = toys.statistic[toys.status == 0, 0]
    levels = (0.5, 0.68, 0.9, 0.95)
    return ToyResult(
        **stated(family, joint, wanted),
        test=plan.test,
        m_v=m_v,
        events=float(events),
        observed=float(observed[0]),
        p_value=found.value,
        p_error=found.error,
        asymptotic_p=_asymptotic_p(joint, chosen, data, point[0], plan.test),
        quantiles={f"{level:g}": float(np.quantile(good, level)) for level in levels},
        best_fit=float(coupling(family, float(best))),
        toys=found.toys,
        failed=found.failed,
        status=LIMIT_TEXT[LimitStatus.FOUND if int(status) == 0 else LimitStatus.FIT_FAILED],
    )


def _asymptotic_p(joint, chosen, data, point, test: str) -> float | None:
    if test == "q0":
        return float(jax.jit(lambda: discovery(joint, chosen, data).p_value)())
    if test == "t" or float(point) == 0.0:
        return None
    return float(jax.jit(lambda: strength_test(joint, chosen, data, point, test).p_sb)())
