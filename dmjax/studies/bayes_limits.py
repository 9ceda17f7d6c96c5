"""`limit --method bayes`: upper limits of a posterior at fixed mass, as a `LimitResult`."""

import math
from collections.abc import Callable

import jax
import numpy as np

from dmjax.bayes.strength import LEAST, Marginal, credible_limit, marginal_likelihood
from dmjax.errors import InputError, unknown_name
from dmjax.limits.asymptotic_limits import LIMIT_TEXT, LimitStatus
from dmjax.limits.asymptotics import SIGMAS
from dmjax.limits.likelihood_limits import likelihood_limits
from dmjax.store.progress import Say, nothing
from dmjax.studies.limit_notes import median_strengths, noted
from dmjax.studies.limit_result import LimitResult
from dmjax.studies.plan import stated
from dmjax.studies.question import asked_of, detectors_of
from dmjax.studies.setting import (
    Setting,
    at_mass,
    coupling_error,
    needed_signal,
    setting_of,
    signal_of,
    strength_at,
    to_coupling,
)
from dmjax.studies.settings import LimitSettings

PRIORS = ("uniform-strength", "uniform-coupling", "log-uniform")
"""Flat in the number of signal events, in the coupling, or in its logarithm."""

UNRESOLVED = "the integral over the nuisances is not resolved"
_TINY = 1e-300


def run_bayes_limit(settings: LimitSettings, say: Say = nothing) -> LimitResult:
    """Upper limits below which `cl` of the posterior lies, at each mass by itself.

    The nuisances are integrated over their constraints; see `bayes.strength`.

    Args:
        settings: signal, data sets, masses, prior, range of the coupling (needed by log-uniform).
        say: see `store.progress.Say`.

    Returns:
        `LimitResult`; its errors are those of the integral over the nuisances, best fits those of
        the likelihood.

    Raises:
        InputError: an unknown prior, a logarithm without range, a bad range or level.
    """
    low, high = _range(settings)
    asked = asked_of(setting_of(settings.where, settings, signal_of(settings)), settings)
    setting, joint, chosen, data = asked.setting, asked.joint, asked.chosen, asked.data
    counts, events, counted = asked.counts, asked.events, asked.masses.size == 0
    profile = likelihood_limits(joint, chosen, data, counts, settings.cl)
    key, rows = jax.random.key(settings.seed), []
    for i in range(events.size):
        say("posterior", i, events.size, "masses")
        mass = 0.0 if counted else float(asked.masses[i])
        ends = [strength_at(setting, mass, x) if 0 < x < math.inf else x for x in (low, high)]
        model = at_mass(joint, counts, i)
        seen = events[i] > 0
        found = marginal_likelihood(model, chosen, data, key, ends[1]) if seen else None
        rows.append(_row(found, _scale(settings.prior, setting, mass), settings.cl, ends[0]))
    say("posterior", events.size, events.size, "masses")
    limit, error, status = (np.array(column) for column in zip(*rows, strict=True))
    where = np.zeros(events.size) if counted else asked.masses
    zero, best = np.zeros(events.size), np.asarray(profile.best_fit)
    median = median_strengths(joint, chosen, data, counts, settings.cl)
    made = LimitResult(
        **stated(setting, joint, settings),
        method="bayes",
        cl=settings.cl,
        m_v=None if counted else where,
        limit=to_coupling(setting, where, limit),
        lower=zero,
        limit_error=coupling_error(setting, where, limit, error),
        lower_error=zero,
        expected=None,
        expected_error=None,
        sigmas=SIGMAS,
        best_fit=to_coupling(setting, where, best),
        best_fit_events=best * events,
        test_statistic_null=np.asarray(profile.q0),
        status=status.tolist(),
        expected_status=None,
        toys=0,
        failed=[0] * events.size,
    )
    sensitivity = to_coupling(setting, where, np.where(events > 0, median, np.inf))
    detectors = detectors_of(asked.searches)
    return noted(made, needed_signal(setting), sensitivity, detectors)


def _range(settings: LimitSettings) -> tuple[float, float]:
    if settings.prior not in PRIORS:
        raise unknown_name("prior of a limit", settings.prior, PRIORS)
    if not 0.0 < settings.cl < 1.0:
        raise InputError(f"cl must lie between 0 and 1, got {settings.cl:g}")
    if settings.coupling_range is None:
        if settings.prior == "log-uniform":
            raise InputError("a log-uniform prior needs its range: give --coupling-range LOW,HIGH")
        return 0.0, math.inf
    low, high = settings.coupling_range
    least = "0 < low" if settings.prior == "log-uniform" else "0 <= low"
    if not (0.0 <= low < high) or (low == 0.0 and settings.prior == "log-uniform"):
        raise InputError(f"coupling_range takes {least} < high, got {low:g}, {high:g}")
    return low, high


def _scale(prior: str, setting: Setting, mass: float) -> Callable[[np.ndarray], np.ndarray]:
    """What the prior is flat in, as a function of strengths."""
    if prior == "uniform-strength":
        return lambda strengths: strengths

    def coupling(strengths: np.ndarray) -> np.ndarray:
        return to_coupling(setting, np.full(strengths.shape, mass), strengths)

    if prior == "uniform-coupling":
        return coupling
    return lambda strengths: np.log(np.maximum(coupling(strengths), _TINY))


def _row(found: Marginal | None, scale, cl: float, lowest: float) -> tuple[float, float, str]:
    """(limit, error, status) of one mass, in strengths."""
    if found is None:
        return math.inf, math.inf, LIMIT_TEXT[LimitStatus.UNREACHED]
    made = credible_limit(found, scale, cl, lowest)
    status = LIMIT_TEXT[LimitStatus.FIT_FAILED if found.status else LimitStatus.FOUND]
    return made.limit, made.error, UNRESOLVED if made.effective < LEAST else status
