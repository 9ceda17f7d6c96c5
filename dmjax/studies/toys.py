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
from dmjax.studies.plan import open_store, stated, throwing
from dmjax.studies.setting import one_mass, setting_of, signal_of, to_coupling
from dmjax.studies.settings import ToySettings


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
        quantile_errors: their Monte Carlo errors, from the order statistics one σ away.
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
    quantile_errors: dict[str, float] | None = number("1", empty=math.nan, default=None)
    best_fit: float = number("1", empty=math.nan)
    toys: int
    failed: int
    status: str
    conventions: dict
    configuration: dict
    version: str = __version__


def run_toys(settings: ToySettings, out: Path | None = None, say: Say = nothing) -> ToyResult:
    """The distribution of a test statistic at one strength, and the p-value of the data.

    Toys are thrown at the conditional best fit with the signal events asked for (before nuisances).

    Args:
        settings: signal, data sets, test, toys.
        out: file of the result; finished blocks of toys are kept beside it.
        say: see `store.progress.Say`.
    """
    setting = setting_of(settings.where, settings, signal_of(settings))
    joint, chosen, data, unit = one_mass(setting, settings.mass)
    check_test(settings.test, chosen)
    if len(settings.events) != 1:
        raise InputError(f"toys test one number of events, got {len(settings.events)}")
    events = settings.events[0]
    if events < 0 or (settings.test == "q0" and events != 0):
        raise InputError("events must not be negative, and q0 tests 0 events")
    point = jnp.asarray([events / unit])
    start = joint.parameters.centres
    at = jax.jit(lambda: statistics_at(joint, chosen, data, point, start, settings.test))
    observed, best, status = at()
    truth = observed_scan(joint, chosen, data, point).values[1]
    most = largest_counts(joint, [truth])
    with open_store(out, settings, joint, data) as held:
        how = throwing(settings, held, "", say)
        toys = throw_blocks(joint, chosen, truth, point, how, settings.test, "toys", most)
    found = p_value(toys, float(observed[0]))
    good = toys.statistic[toys.status == 0, 0]
    levels = (0.5, 0.68, 0.9, 0.95)
    return ToyResult(
        **stated(setting, joint, settings),
        test=settings.test,
        m_v=settings.mass,
        events=float(events),
        observed=float(observed[0]),
        p_value=found.value,
        p_error=found.error,
        asymptotic_p=_asymptotic_p(joint, chosen, data, point[0], settings.test),
        quantiles={f"{level:g}": float(np.quantile(good, level)) for level in levels},
        quantile_errors={f"{level:g}": _quantile_error(good, level) for level in levels},
        best_fit=float(to_coupling(setting, settings.mass, [float(best)])[0]),
        toys=found.toys,
        failed=found.failed,
        status=LIMIT_TEXT[LimitStatus.FOUND if int(status) == 0 else LimitStatus.FIT_FAILED],
    )


def _quantile_error(values: np.ndarray, level: float) -> float:
    spread = math.sqrt(level * (1.0 - level) / values.size)
    low, high = np.quantile(values, np.clip([level - spread, level + spread], 0.0, 1.0))
    return float(0.5 * (high - low))


def _asymptotic_p(joint, chosen, data, point, test: str) -> float | None:
    if test == "q0":
        return float(jax.jit(lambda: discovery(joint, chosen, data).p_value)())
    if test == "t" or float(point) == 0.0:
        return None
    return float(jax.jit(lambda: strength_test(joint, chosen, data, point, test).p_sb)())
