"""What every point of a scan is: a code, and a line of text for it."""

from enum import IntEnum

import numpy as np

from dmjax.limits.asymptotic_limits import LIMIT_TEXT
from dmjax.studies.limit_notes import BEYOND as BEYOND_TEXT


class PointStatus(IntEnum):
    """Of one point; the first four are those of `LimitStatus`."""

    OK = 0
    UNREACHED = 1
    AT_ZERO = 2
    FIT_FAILED = 3
    CLOSED = 4
    NO_EVENTS = 5
    BEYOND = 6
    FAILED = 7
    INTERPOLATED = 8
    PENDING = 9


STATUS_TEXT = (
    *LIMIT_TEXT,
    "closed: no decay to chi chi",
    "no signal events",
    BEYOND_TEXT,
    "the computation failed",
    "interpolated",
    "not computed yet",
)
"""One line per `PointStatus`."""

WITH_VALUE = (PointStatus.OK, PointStatus.AT_ZERO, PointStatus.BEYOND, PointStatus.INTERPOLATED)
"""Of points that have a number; others have NaN."""


def status_counts(codes: np.ndarray) -> dict[str, int]:
    """Text → number of points, of what is there.

    >>> status_counts(np.array([0, 4, 4]))
    {'ok': 1, 'closed: no decay to chi chi': 2}
    """
    found, counts = np.unique(codes, return_counts=True)
    return {STATUS_TEXT[code]: int(n) for code, n in zip(found, counts, strict=True)}
