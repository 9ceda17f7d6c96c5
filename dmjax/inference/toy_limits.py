"""CLs upper limits on a signal strength from toys, with the bands expected without signal."""

import math
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jax.scipy.special import ndtr

from dmjax.errors import InputError
from dmjax.inference.asymptotic_limits import LimitStatus
from dmjax.inference.asymptotics import SIGMAS
from dmjax.inference.feldman_cousins import observed_scan
from dmjax.inference.strength import Strength, check_test, statistic
from dmjax.inference.toys import (
    Throwing,
    Toys,
    binomial_error,
    check_count,
    converged,
    largest_counts,
    throw_blocks,
)
from dmjax.likelihood.joint import Data, JointModel


class ToyLimit(NamedTuple):
    """An upper limit from toys.

    Attributes:
        points: strengths, increasing.
        q: test statistic of the data at the points.
        p_sb, p_b, cls: shares of toys with and without signal at least as far out, and their ratio.
        cls_error: Monte Carlo error.
        limit, limit_error: where CLs (or p_sb) falls to 1 − cl, and its Monte Carlo error.
        expected, expected_error: the same for toys without signal, at `asymptotics.SIGMAS`.
        status, expected_status: a `LimitStatus` each.
        toys, failed: thrown at each point (the last entry: without signal), and how many failed.
        best_fit: μ̂.
        cl, test: confidence level, test statistic.
    """

    points: np.ndarray
    q: np.ndarray
    p_sb: np.ndarray
    p_b: np.ndarray
    cls: np.ndarray
    cls_error: np.ndarray
    limit: float
    limit_error: float
    expected: np.ndarray
    expected_error: np.ndarray
    status: int
    expected_status: np.ndarray
    toys: int
    failed: np.ndarray
    best_fit: float
    cl: float
    test: str


def _share(sorted_toys: np.ndarray, q: np.ndarray) -> np.ndarray:
    """Share of toys ≥ q; no less than half a toy, so that its logarithm exists."""
    beyond = sorted_toys.size - np.searchsorted(sorted_toys, q, side="left")
    return np.maximum(beyond, 0.5) / sorted_toys.size


def _log_levels(with_signal: list[np.ndarray], without: np.ndarray, q: np.ndarray, cls: bool):
    """ln CLs (or ln p_sb) of data sets with statistics q, (data sets, points)."""
    columns = []
    for i, toys in enumerate(with_signal):
        level = np.log(_share(toys, q[:, i]))
        columns.append(level - np.log(_share(np.sort(without[:, i]), q[:, i])) if cls else level)
    return np.stack(columns, axis=1)


def _limits(points: np.ndarray, levels: np.ndarray, log_alpha: float) -> np.ndarray:
    """Where each row last falls through ln α, linear between points; inf where it never does.

    Below the first point the level is taken as 0 at strength 0.
    """
    points = np.concatenate([[0.0], points])
    levels = np.concatenate([np.zeros((len(levels), 1)), levels], axis=1)
    kept = levels > log_alpha
    last = points.size - 1 - np.argmax(kept[:, ::-1], axis=1)
    after = np.minimum(last + 1, points.size - 1)
    rows = np.arange(len(levels))
    high, low = levels[rows, last], levels[rows, after]
    share = (high - log_alpha) / np.where(high > low, high - low, 1.0)
    found = points[last] + share * (points[after] - points[last])
    return np.where(last == points.size - 1, np.inf, found)


def _band(limits: np.ndarray, shift: float) -> tuple[float, float]:
    """A quantile of the limits of toys and its error, by order statistics: inf stays inf."""
    level = float(ndtr(shift))
    spread = math.sqrt(level * (1.0 - level) / limits.size)
    around = np.clip([level - spread, level, level + spread], 0.0, 1.0)
    low, middle, high = np.quantile(limits, around, method="nearest")
    return float(middle), float(0.5 * (high - low)) if np.isfinite(high) else math.inf


def toy_limit(
    joint: JointModel,
    chosen: Strength,
    data: Data,
    points: np.ndarray,
    how: Throwing,
    cl: float = 0.90,
    test: str = "qtilde",
    cls: bool = True,
) -> ToyLimit:
    """Upper limit from toys thrown at the conditional best fits with and without signal.

    Args:
        joint, chosen, data: model, its strength, data.
        points: strengths above 0, increasing, from below the strongest limit wanted to above the
            weakest.
        how: number of toys at each point, key, batches.
        cl: confidence level.
        test: "q" or "qtilde".
        cls: whether the limit is CLs < 1 − cl or p_sb < 1 − cl.

    Returns:
        `ToyLimit`.

    Raises:
        InputError: too few toys for the ±2σ band or for 1 − cl, or bad points.

    Source: arXiv:1007.1727 for q and q̃; A. Read, J. Phys. G 28 (2002) 2693 for CLs.
    """
    points = np.asarray(points, float)
    if points.ndim != 1 or points.size < 2 or points[0] <= 0 or np.any(np.diff(points) <= 0):
        raise InputError("a limit from toys needs two or more increasing strengths above 0")
    check_test(test, chosen)
    check_count(how.toys, min(1.0 - cl, float(ndtr(SIGMAS[0]))))
    scan = observed_scan(joint, chosen, data, jnp.concatenate([jnp.zeros(1), jnp.asarray(points)]))
    best, nll = scan.values[0, chosen.index], scan.two_nll
    q = np.array(
        [
            float(statistic(test, jnp.asarray(p), best, nll[0], nll[1], at))
            for p, at in zip(points, nll[2:], strict=True)
        ]
    )
    truths = scan.values[1:]
    most = largest_counts(joint, truths)
    thrown = [throw_blocks(joint, chosen, truths[0], points, how, test, "without", most)] + [
        throw_blocks(joint, chosen, truths[i + 1], [p], how, test, f"with_{i}", most)
        for i, p in enumerate(points)
    ]
    fitted = bool(np.all(np.asarray(scan.status) == 0))
    return _summary(points, q, thrown, cl, test, cls, float(best), fitted)


def _summary(points, q, thrown: list[Toys], cl, test, cls, best: float, fitted: bool) -> ToyLimit:
    log_alpha = math.log(1.0 - cl)
    without = thrown[0].statistic[converged(thrown[0])]
    with_signal = [np.sort(toys.statistic[converged(toys), 0]) for toys in thrown[1:]]
    levels = _log_levels(with_signal, without, q[None, :], cls)
    p_sb = np.array([_share(toys, np.array([q[i]]))[0] for i, toys in enumerate(with_signal)])
    p_b = np.array([_share(np.sort(without[:, i]), q[i : i + 1])[0] for i in range(q.size)])
    lost = np.array([1.0 - converged(toys).mean() for toys in thrown])
    parts = [_relative_error(p, toys.size) for p, toys in zip(p_sb, with_signal, strict=True)]
    relative = np.array(parts) ** 2
    if cls:
        relative = relative + np.array([_relative_error(p, len(without)) for p in p_b]) ** 2
    relative = np.sqrt(relative) + lost[1:] + lost[0]
    limit = float(_limits(points, levels, log_alpha)[0])
    bands = [
        _band(_limits(points, _log_levels(with_signal, without, without, cls), log_alpha), shift)
        for shift in SIGMAS
    ]
    expected = np.array([value for value, _ in bands])
    status = LimitStatus.FOUND if np.isfinite(limit) else LimitStatus.UNREACHED
    return ToyLimit(
        points=points,
        q=q,
        p_sb=p_sb,
        p_b=p_b,
        cls=p_sb / p_b,
        cls_error=p_sb / p_b * relative,
        limit=limit,
        limit_error=_limit_error(points, levels[0], relative, limit),
        expected=expected,
        expected_error=np.array([error for _, error in bands]),
        status=int(status if fitted else LimitStatus.FIT_FAILED),
        expected_status=np.where(
            np.isfinite(expected), int(LimitStatus.FOUND), int(LimitStatus.UNREACHED)
        ),
        toys=len(thrown[0].status),
        failed=np.array([int((toys.status != 0).sum()) for toys in [*thrown[1:], thrown[0]]]),
        best_fit=best,
        cl=cl,
        test=test,
    )


def _relative_error(p: float, n: int) -> float:
    return binomial_error(round(p * n), n) / p


def _limit_error(points: np.ndarray, levels: np.ndarray, relative: np.ndarray, limit: float):
    """Error of ln CLs at the limit over its slope there."""
    if not np.isfinite(limit):
        return math.inf
    i = int(np.clip(np.searchsorted(points, limit), 1, points.size - 1))
    slope = abs(levels[i] - levels[i - 1]) / (points[i] - points[i - 1])
    error = float(np.interp(limit, points, relative))
    return error / slope if slope > 0 else math.inf
