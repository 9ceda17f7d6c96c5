"""One mass of a limit by Poisson probabilities, by toys, or by the unified construction."""

from collections.abc import Callable

import numpy as np
from jax.scipy.special import ndtr, ndtri

from dmjax.fits.estimates import NothingFitted, needed_toys
from dmjax.likelihood.count_terms import raw_counts
from dmjax.limits.asymptotic_limits import LIMIT_TEXT, AsymptoticLimit, LimitStatus
from dmjax.limits.asymptotics import SIGMAS
from dmjax.limits.feldman_cousins import (
    INTERVAL_TEXT,
    IntervalStatus,
    NoBelt,
    belt,
    belt_points,
    unified_interval,
)
from dmjax.limits.low_counts import exact_limit, low_count_limits, means_of
from dmjax.limits.toy_limits import ToyLimit, toy_limit
from dmjax.limits.toys import Throwing, Toys, Wanted
from dmjax.studies.settings import LimitSettings

_NOTHING = np.full(len(SIGMAS), np.inf)
_UNREACHED = LIMIT_TEXT[LimitStatus.UNREACHED]
_ROUNDS = 6
_GROWTH = 3.0
_LOST = 0.01

EMPTY = {
    "limit": np.inf,
    "lower": 0.0,
    "limit_error": np.inf,
    "lower_error": 0.0,
    "p_sb": np.nan,
    "p_b": np.nan,
    "cls_error": 0.0,
    "expected": _NOTHING,
    "expected_error": _NOTHING,
    "status": _UNREACHED,
    "expected_status": [_UNREACHED] * len(SIGMAS),
    "failed": 0,
    "notes": "",
}
"""A mass without signal events, or with none that could be excluded: in strengths."""


def guarded(row: Callable[..., dict], *question) -> dict:
    """A row, or an empty one that says so where no toy could be fitted: other masses go on."""
    try:
        return row(*question)
    except NothingFitted as error:
        return EMPTY | {"status": str(error)}


def exact_row(joint, chosen, data, settings: LimitSettings, how: Throwing, found) -> dict:
    """Poisson probabilities, averaged over the nuisances."""
    means = means_of(joint, chosen)
    counts = np.concatenate([np.asarray(raw_counts(part).on) for part in data.counts])
    made = exact_limit(means, counts, settings.cl, settings.cls)
    code = LimitStatus.FOUND if np.isfinite(made.limit) else LimitStatus.UNREACHED
    code = LimitStatus.AT_ZERO if made.limit == 0.0 else code
    row = EMPTY | {
        "limit": made.limit,
        "limit_error": 0.0,
        "p_sb": made.p_sb,
        "p_b": made.p_b,
        "status": LIMIT_TEXT[code],
    }
    if settings.bands:
        bands = low_count_limits(means, settings.cl, settings.cls)
        row |= {"expected": bands, "expected_error": np.zeros(bands.size)}
    return row


def toy_row(
    joint, chosen, data, settings: LimitSettings, how: Throwing, found: AsymptoticLimit
) -> dict:
    """CLs from toys, at strengths around the asymptotic bands and limit, and farther if needed."""
    if not np.isfinite(found.expected).all():
        return EMPTY
    ends = [
        float(found.expected[-1]),
        max(float(found.expected[0]), 0.3 * float(found.expected[2])),
    ]
    ends += [float(found.limit)] if int(found.status) == LimitStatus.FOUND else []
    low, high = 0.6 * min(ends), 1.5 * max(ends)
    how_far = (settings.cl, "qtilde", settings.cls, settings.bands)
    for number in range(_ROUNDS):
        points = np.geomspace(low, high, settings.strengths)
        made = toy_limit(joint, chosen, data, points, _in_round(how, number), *how_far)
        wanted = [made.limit, *made.expected]
        if np.isfinite(wanted).all() and min(wanted) >= low:
            break
        high = high if np.isfinite(wanted).all() else _GROWTH * high
        low = low if min(wanted) >= low else low / _GROWTH
    p_sb, p_b = (_at(made, share) for share in (made.p_sb, made.p_b))
    return EMPTY | {
        "limit": made.limit,
        "limit_error": made.limit_error,
        "p_sb": p_sb,
        "p_b": p_b,
        "cls_error": _cls_error(made),
        "expected": made.expected if settings.bands else _NOTHING,
        "expected_error": made.expected_error if settings.bands else _NOTHING,
        "status": LIMIT_TEXT[made.status],
        "expected_status": [LIMIT_TEXT[code] for code in made.expected_status],
        "failed": int(made.failed.sum()),
        "notes": lost_note(int(made.failed.sum()), made.toys * (made.points.size + 1)),
    }


def _in_round(how: Throwing, number: int) -> Throwing:
    """The same toys under other labels, when strengths had to be moved."""
    if number == 0:
        return how

    def keep(wanted: Wanted, make: Callable[[], Toys]) -> Toys:
        return how.keep(wanted._replace(label=f"round{number}_{wanted.label}"), make)

    return how._replace(keep=keep)


def _at(made: ToyLimit, share: np.ndarray) -> float:
    """A p-value at the limit: its normal quantile is linear between points."""
    if not np.isfinite(made.limit):
        return np.nan
    quantiles = np.asarray(ndtri(np.clip(share, 1e-12, 1.0 - 1e-12)))
    return float(ndtr(np.interp(made.limit, made.points, quantiles)))


def _cls_error(made: ToyLimit) -> float:
    return float(np.interp(made.limit, made.points, made.cls_error))


def lost_note(failed: int, toys: int) -> str:
    """What to beware of where more than one toy in a hundred could not be fitted."""
    if failed <= _LOST * toys:
        return ""
    return f"{failed} of {toys} toys could not be fitted: their share is in the error"


def fc_row(joint, chosen, data, settings: LimitSettings, how: Throwing, found) -> dict:
    """The unified construction."""
    try:
        points = belt_points(joint, chosen, data, settings.cl, settings.strengths)
    except NoBelt:
        return EMPTY
    for number in range(_ROUNDS):
        made = belt(joint, chosen, data, points, _in_round(how, number), settings.cl)
        ends = unified_interval(made)
        if ends.status != IntervalStatus.UPPER_UNREACHED:
            break
        points = _GROWTH * points
    failed = int(made.failed.sum())
    return EMPTY | {
        "limit": ends.upper,
        "lower": ends.lower,
        "limit_error": ends.upper_error,
        "lower_error": ends.lower_error,
        "p_sb": 1.0 - settings.cl if np.isfinite(ends.upper) else np.nan,
        "status": INTERVAL_TEXT[ends.status],
        "failed": failed,
        "notes": lost_note(failed, made.toys * made.points.size),
    }


def enough_toys(how: Throwing, cl: float) -> Throwing:
    """At least as many toys as the confidence level needs."""
    return how._replace(toys=max(how.toys, needed_toys(1.0 - cl)))
