"""Numbers estimated from toys, with their Monte Carlo errors."""

import math
from typing import NamedTuple

import numpy as np

from dmjax.errors import InputError

ROUNDING = 1e-6
"""What two fits of equal counts may differ by in a statistic; discrete counts make ties."""

IN_TAIL = 10
"""Toys that a quantile needs beyond it, on average."""


class NothingFitted(InputError):
    """Not one toy could be fitted."""


class Estimate(NamedTuple):
    """A number estimated from toys.

    Attributes:
        value: the estimate from the toys whose fits converged.
        error: Monte Carlo error: one standard deviation, the share of failed toys added to it.
        toys, failed: thrown, and those of them whose fits did not converge.
    """

    value: float
    error: float
    toys: int
    failed: int


def needed_toys(tail: float) -> int:
    """Toys of which `IN_TAIL` lie beyond a quantile on average."""
    if not 0.0 < tail < 1.0:
        raise InputError(f"a quantile must leave a share between 0 and 1, got {tail:g}")
    return math.ceil(IN_TAIL / min(tail, 1.0 - tail) - ROUNDING)


def check_count(toys: int, tail: float) -> None:
    """InputError unless the tail of a quantile holds `IN_TAIL` toys on average."""
    needed = needed_toys(tail)
    if toys < needed:
        raise InputError(
            f"{toys} toys are too few for a quantile with {tail:.2g} beyond it: use at least "
            f"{needed}"
        )


def some_fitted(good: np.ndarray) -> np.ndarray:
    """The mask of the toys that count; NothingFitted where none does."""
    if not good.any():
        raise NothingFitted(f"none of the {good.size} toys could be fitted")
    return good


def tail_share(statistic: np.ndarray, good: np.ndarray, observed: float) -> Estimate:
    """Share of the good toys at least as far out as `observed`, with binomial error.

    The error of k out of n is √(p(1 − p)/n) at p = (k + ½)/(n + 1), so it is not 0 at k = 0; the
    share of toys that could not be fitted is added to it.

    >>> found = tail_share(np.arange(100.0), np.ones(100, bool), 90.0)
    >>> round(found.value, 2), round(found.error, 2), found.failed
    (0.1, 0.03, 0)
    """
    n = int(some_fitted(good).sum())
    k = int((statistic[good] >= observed - ROUNDING).sum())
    lost = good.size - n
    return Estimate(k / n, binomial_error(k, n) + lost / good.size, good.size, lost)


def binomial_error(k: float, n: float) -> float:
    """Error of a share k/n, not 0 at its ends."""
    p = (k + 0.5) / (n + 1.0)
    return math.sqrt(p * (1.0 - p) / n)
