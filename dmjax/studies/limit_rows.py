"""One mass of a limit by toys: CLs, or the unified construction."""

import numpy as np

from dmjax.limits.asymptotic_limits import LIMIT_TEXT, AsymptoticLimit, LimitStatus
from dmjax.limits.asymptotics import SIGMAS
from dmjax.limits.feldman_cousins import (
    INTERVAL_TEXT,
    NoBelt,
    belt,
    belt_points,
    unified_interval,
)
from dmjax.limits.likelihood_limits import LikelihoodLimit
from dmjax.limits.toy_limits import toy_limit
from dmjax.limits.toys import Throwing
from dmjax.studies.settings import LimitSettings

_NOTHING = np.full(len(SIGMAS), np.inf)
_UNREACHED = LIMIT_TEXT[LimitStatus.UNREACHED]

EMPTY = {
    "limit": np.inf,
    "lower": 0.0,
    "limit_error": np.inf,
    "lower_error": 0.0,
    "expected": _NOTHING,
    "expected_error": _NOTHING,
    "status": _UNREACHED,
    "expected_status": [_UNREACHED] * len(SIGMAS),
    "failed": 0,
}
"""A mass without signal events, or with none that could be excluded: in strengths."""


def toy_row(
    joint, chosen, data, settings: LimitSettings, how: Throwing, found: AsymptoticLimit
) -> dict:
    """CLs from toys, at strengths around the asymptotic bands and limit."""
    if not np.isfinite(found.expected).all():
        return EMPTY
    ends = [
        float(found.expected[-1]),
        max(float(found.expected[0]), 0.3 * float(found.expected[2])),
    ]
    ends += [float(found.limit)] if int(found.status) == LimitStatus.FOUND else []
    points = np.geomspace(0.6 * min(ends), 1.5 * max(ends), settings.strengths)
    how_far = (settings.cl, "qtilde", settings.cls, settings.bands)
    made = toy_limit(joint, chosen, data, points, how, *how_far)
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


def fc_row(joint, chosen, data, settings: LimitSettings, how: Throwing, _: LikelihoodLimit) -> dict:
    """The unified construction."""
    try:
        points = belt_points(joint, chosen, data, settings.cl, settings.strengths)
    except NoBelt:
        return EMPTY
    made = belt(joint, chosen, data, points, how, settings.cl)
    ends = unified_interval(made)
    return EMPTY | {
        "limit": ends.upper,
        "lower": ends.lower,
        "limit_error": ends.upper_error,
        "lower_error": ends.lower_error,
        "status": INTERVAL_TEXT[ends.status],
        "failed": int(made.failed.sum()),
    }
