"""Limits and Feldman–Cousins intervals of published data sets at many masses."""

from dataclasses import replace
from pathlib import Path

import jax
import numpy as np

from dmjax.errors import unknown_name
from dmjax.likelihood.joint import observed_data
from dmjax.limits.asymptotic_limits import (
    LIMIT_TEXT,
    AsymptoticLimit,
    LimitStatus,
    asymptotic_limits,
)
from dmjax.limits.asymptotics import SIGMAS
from dmjax.limits.feldman_cousins import (
    INTERVAL_TEXT,
    NoBelt,
    belt,
    belt_points,
    unified_interval,
)
from dmjax.limits.likelihood_limits import LikelihoodLimit, likelihood_limits
from dmjax.limits.test_statistics import strength
from dmjax.limits.toy_limits import toy_limit
from dmjax.limits.toys import Throwing
from dmjax.store.progress import Say, nothing
from dmjax.studies.family import (
    Family,
    at_mass,
    coupling,
    coupling_error,
    signal_events,
    strength_model,
    templates,
)
from dmjax.studies.limit_result import LimitResult
from dmjax.studies.plan import Plan, configuration, open_store, stated, throwing

METHODS = ("asymptotic", "toys", "fc", "chi2")
"""Methods of `limit_scan`; chi2: −2Δ ln L above the best fit."""

DEFAULT = Plan()


def limit_scan(
    family: Family, m_v, plan: Plan = DEFAULT, store: Path | None = None, say: Say = nothing
) -> LimitResult:
    """Upper limits, or Feldman–Cousins intervals, at many masses.

    Args:
        family: signal and data sets.
        m_v: mediator masses [MeV].
        plan: method, confidence level, toys.
        store: folder where finished toys are kept, to continue from.
        say: see `store.progress.Say`.

    Returns:
        `LimitResult`.

    Raises:
        InputError: unknown method, bad masses, too few toys.

    >>> found = limit_scan(Family(("ccm120",), model="events"), [])
    >>> [round(float(x)) for x in found.limit], found.status
    ([614], ['ok'])
    """
    if plan.method not in METHODS:
        raise unknown_name("method", plan.method, METHODS)
    counts = templates(family, m_v)
    joint = strength_model(family, counts)
    chosen, data = strength(joint), observed_data(joint)
    wanted = configuration(family, plan, m_v=None if family.model == "events" else m_v)
    about = {"method": plan.method, "cl": plan.cl} | stated(family, joint, wanted)
    if plan.method in ("asymptotic", "toys"):
        about |= {"test": plan.test, "cls": plan.cls}
    events = np.asarray(signal_events(counts))
    if plan.method in ("asymptotic", "toys"):
        found = asymptotic_limits(joint, chosen, data, counts, plan.cl, plan.test, plan.cls)
        base = _asymptotic_scan(family, m_v, about, found, events)
    else:
        found = likelihood_limits(joint, chosen, data, counts, plan.cl)
        base = _plain_scan(family, m_v, about, found, events)
    if plan.method in ("asymptotic", "chi2"):
        return base
    one = _toy_row if plan.method == "toys" else _fc_row
    rows = []
    with open_store(store, wanted) as held:
        for i in range(len(events)):
            how = throwing(plan, held, f"m{i}_", say)
            ask = (at_mass(joint, counts, i), chosen, data, plan, how)
            here = jax.tree.map(lambda x, i=i: x[i], found)
            rows.append(one(*ask, here) if events[i] > 0 else _empty_row())
    columns = {key: [row[key] for row in rows] for key in rows[0]}
    return _with_rows(family, base, columns, plan)


def _plain_scan(family, m_v, about: dict, found: LikelihoodLimit, events) -> LimitResult:
    zero = np.zeros(len(events))
    best = np.asarray(found.best_fit)
    seen = events > 0
    codes = np.where(seen, found.status, LimitStatus.UNREACHED)
    return LimitResult(
        **about,
        m_v=None if family.model == "events" else np.atleast_1d(np.asarray(m_v, float)),
        limit=coupling(family, np.where(seen, found.limit, np.inf)),
        lower=zero,
        limit_error=zero,
        lower_error=zero,
        expected=None,
        expected_error=None,
        sigmas=SIGMAS,
        best_fit=coupling(family, best),
        best_fit_events=best * events,
        status=[LIMIT_TEXT[code] for code in codes],
        expected_status=None,
        toys=0,
        failed=[0] * len(events),
    )


def _asymptotic_scan(family, m_v, about: dict, found: AsymptoticLimit, events) -> LimitResult:
    base = LikelihoodLimit(found.best_fit, found.limit, found.status)
    return replace(
        _plain_scan(family, m_v, about, base, events),
        expected=coupling(family, found.expected),
        expected_error=np.zeros((len(events), len(SIGMAS))),
        expected_status=[
            [LIMIT_TEXT[code] for code in row] for row in np.asarray(found.expected_status)
        ],
    )


def _empty_row() -> dict:
    """No signal events, or none that could be excluded."""
    nothing = np.full(len(SIGMAS), np.inf)
    text = LIMIT_TEXT[LimitStatus.UNREACHED]
    return {
        "limit": np.inf,
        "lower": 0.0,
        "limit_error": np.inf,
        "lower_error": 0.0,
        "expected": nothing,
        "expected_error": nothing,
        "status": text,
        "expected_status": [text] * len(SIGMAS),
        "failed": 0,
    }


def _toy_row(joint, chosen, data, plan: Plan, how: Throwing, found: AsymptoticLimit) -> dict:
    """One mass by toys, at strengths around the asymptotic bands and limit."""
    if not np.isfinite(found.expected).all():
        return _empty_row()
    ends = [
        float(found.expected[-1]),
        max(float(found.expected[0]), 0.3 * float(found.expected[2])),
    ]
    ends += [float(found.limit)] if int(found.status) == LimitStatus.FOUND else []
    points = np.geomspace(0.6 * min(ends), 1.5 * max(ends), plan.points)
    made = toy_limit(joint, chosen, data, points, how, plan.cl, plan.test, plan.cls, plan.bands)
    return {
        "limit": made.limit,
        "lower": 0.0,
        "limit_error": made.limit_error,
        "lower_error": 0.0,
        "expected": made.expected,
        "expected_error": made.expected_error,
        "status": LIMIT_TEXT[made.status],
        "expected_status": [LIMIT_TEXT[code] for code in made.expected_status],
        "failed": int(made.failed.sum()),
    }


def _fc_row(joint, chosen, data, plan: Plan, how: Throwing, _: LikelihoodLimit) -> dict:
    """One mass by the unified construction."""
    try:
        points = belt_points(joint, chosen, data, plan.cl, plan.points)
    except NoBelt:
        return _empty_row()
    made = belt(joint, chosen, data, points, how, plan.cl)
    ends = unified_interval(made)
    empty = _empty_row()
    return empty | {
        "limit": ends.upper,
        "lower": ends.lower,
        "limit_error": ends.upper_error,
        "lower_error": ends.lower_error,
        "status": INTERVAL_TEXT[ends.status],
        "failed": int(made.failed.sum()),
    }


def _with_rows(family: Family, base: LimitResult, columns: dict, plan: Plan) -> LimitResult:
    banded = plan.method == "toys" and plan.bands
    error = coupling_error(family, columns["limit"], columns["limit_error"])
    lower_error = coupling_error(family, columns["lower"], columns["lower_error"])
    lower = np.asarray(columns["lower"], float)
    return replace(
        base,
        limit=coupling(family, columns["limit"]),
        lower=coupling(family, lower),
        limit_error=error,
        lower_error=np.where(lower > 0, lower_error, 0.0),
        expected=coupling(family, columns["expected"]) if banded else None,
        expected_error=coupling_error(family, columns["expected"], columns["expected_error"])
        if banded
        else None,
        expected_status=columns["expected_status"] if banded else None,
        status=columns["status"],
        toys=plan.toys,
        failed=columns["failed"],
    )
