"""The Feldman–Cousins intervals of a Poisson mean with known background, without toys.

At fixed background b, with u = μ + b, counts are accepted in order of R = P(n|u)/P(n|best), where
best = max(n, b). Which counts m come before n changes only where ln R(m) = ln R(n), which is
linear in ln u: so the belt's edges are found segment by segment, without a grid in μ.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dmjax.errors import InputError

_REACH, _STEP = 8.0, 5e-3
_BISECTIONS = 60


class PoissonInterval(NamedTuple):
    """A unified interval of a signal mean.

    Attributes:
        lower, upper: ends; lower = 0 where no signal is accepted.
        n, background, cl: what it holds for.
    """

    lower: float
    upper: float
    n: int
    background: float
    cl: float


def _log_best(counts: NDArray, background: NDArray) -> NDArray:
    """ln P(n|best) + ln n!: n ln best − best."""
    best = np.maximum(counts, background)
    return counts * np.log(np.where(best > 0, best, 1.0)) - best


def _turning(n: int, others: NDArray, background: NDArray) -> NDArray:
    """The u at which R of n and of the others are equal."""
    gap = _log_best(others, background) - _log_best(np.asarray(float(n)), background)
    return np.exp(gap / (others - n))


def _log_factorials(counts: NDArray) -> NDArray:
    return np.array([math.lgamma(k + 1.0) for k in counts])


def _window_sums(counts: NDArray, u: NDArray) -> NDArray:
    """Σ P(counts[:i+1] | u[i]) for every i."""
    logs = counts * np.log(u)[:, None] - u[:, None] - _log_factorials(counts)
    return np.sum(np.tril(np.exp(logs)), axis=1)


def _crossing(counts: NDArray, low: NDArray, high: NDArray, cl: float) -> NDArray:
    """u between `low` (sum below cl) and `high` (above), by bisection; `high` where never above."""
    outside = _window_sums(counts, high) < cl
    low, high = low.copy(), high.copy()
    for _ in range(_BISECTIONS):
        middle = 0.5 * (low + high)
        above = _window_sums(counts, middle) >= cl
        low, high = np.where(above, low, middle), np.where(above, middle, high)
    return np.where(outside, np.inf, high)


def _peaks(n: int, counts: NDArray) -> NDArray:
    """The u at which Σ of P between n and each count, n left out, is largest."""
    near = n + np.sign(counts - n)
    far = counts
    factorial = _log_factorials(np.maximum(far, near)) - _log_factorials(np.minimum(far, near) - 1)
    return np.exp(factorial / (np.abs(far - near) + 1.0))


def _upper_edge(n: int, background: float, cl: float) -> float:
    """Largest accepted μ at any background above the given one: the non-increasing envelope."""
    last = n + int(10.0 * math.sqrt(n + background + 9.0)) + 20
    counts = np.arange(n + 1.0, last + 1.0)
    peaks, far = _peaks(n, counts), np.full(counts.shape, 2.0 * last + 20.0)
    full = _crossing(counts, np.full(counts.shape, 1e-300), peaks, cl)
    past = _crossing(counts, far, peaks, cl)
    grid = background + np.arange(0.0, _REACH, _STEP)[:, None]
    turns = np.maximum.accumulate(_turning(n, counts, grid), axis=1)
    # Segment i: counts[:i] come before n; it runs from turns[i - 1] to turns[i] and rejects n
    # between full[i - 1] and past[i - 1].
    full, past = np.append(np.inf, full[:-1]), np.append(np.inf, past[:-1])
    starts = np.concatenate([np.zeros_like(grid), turns[:, :-1]], axis=1)
    ends = np.where(turns > past, turns, np.minimum(full, turns))
    edges = np.max(np.where(ends > starts, ends, -np.inf), axis=1)
    return float(np.max(edges - grid[:, 0]))


def _lower_edge(n: int, background: float, cl: float) -> float:
    """Smallest accepted μ."""
    first = max(0, n - int(10.0 * math.sqrt(n + 9.0)) - 20)
    counts = np.arange(n - 1.0, first - 1.0, -1.0)
    if counts.size == 0:
        return 0.0
    peaks = np.where(counts > 0, _peaks(n, np.maximum(counts, 1.0)), 1e-300)
    far = np.full(counts.shape, n + 10.0 * math.sqrt(n) + 20.0)
    past = _crossing(counts, far, peaks, cl)
    turns = np.minimum.accumulate(_turning(n, counts, np.asarray(background)))
    # Segment i: counts[:i] come before n; it runs from turns[i] to turns[i - 1] and rejects n
    # below past[i - 1].
    starts = np.maximum(np.append(turns, background), background)
    starts = np.maximum(starts, np.append(0.0, np.where(np.isfinite(past), past, 0.0)))
    inside = starts < np.append(np.inf, turns)
    inside[-1] |= starts[-1] <= background
    return float(np.min(np.where(inside, starts, np.inf))) - background


def poisson_interval(n: int, background: float, cl: float = 0.90) -> PoissonInterval:
    """The unified interval of a signal mean μ from n counts over a known background.

    Args:
        n: observed counts.
        background: known mean b ≥ 0.
        cl: confidence level.

    Returns:
        `PoissonInterval`: the smallest and largest μ whose acceptance region holds n. As in the
        paper the upper end is raised where needed so that it does not rise when the background
        grows: it is the largest over backgrounds from b to b + 8, in steps of 0.005. (A search
        without steps would change one last digit of the published table: 1.265 for 1.26 at n = 0,
        b = 2.)

    Raises:
        InputError: counts or background negative, cl outside (0, 1).

    Source: Feldman and Cousins, Phys. Rev. D 57 (1998) 3873, Sec. IV.

    >>> found = poisson_interval(0, 3.0)
    >>> round(found.lower, 2), round(found.upper, 2)
    (0.0, 1.08)
    """
    if not (n >= 0 and n == int(n)):
        raise InputError(f"n must be a whole number >= 0, got {n}")
    if not (background >= 0.0 and math.isfinite(background)):
        raise InputError(f"background must be a number >= 0, got {background}")
    if not 0.0 < cl < 1.0:
        raise InputError(f"cl must lie between 0 and 1, got {cl}")
    n = int(n)
    return PoissonInterval(
        _lower_edge(n, background, cl), _upper_edge(n, background, cl), n, float(background), cl
    )
