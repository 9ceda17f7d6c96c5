"""CLs upper limits on a signal strength from toys, with the bands expected without signal."""

import math
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jax.scipy.special import log_ndtr, ndtr, ndtri

from dmjax.errors import InputError
from dmjax.fits.estimates import ROUNDING, binomial_error, check_count
from dmjax.fits.pseudo_data import check_data
from dmjax.likelihood.joint import Data, JointModel
from dmjax.limits.asymptotic_limits import LimitStatus
from dmjax.limits.asymptotics import SIGMAS
from dmjax.limits.feldman_cousins import observed_scan, observed_statistics
from dmjax.limits.test_statistics import Strength, check_test
from dmjax.limits.toys import Throwing, Toys, converged, largest_counts, throw_blocks


class ToyLimit(NamedTuple):
    """An upper limit from toys.

    Attributes:
        points: strengths, increasing.
        q: test statistic of the data at the points.
        p_sb, p_b, cls: shares of toys with and without signal at least as far out, and their ratio.
        cls_error: Monte Carlo error.
        limit, limit_error: where CLs (or p_sb) falls to 1 − cl, and its Monte Carlo error.
        expected, expected_error: the same for toys without signal, at `asymptotics.SIGMAS`; empty
            where not wanted.
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
    beyond = sorted_toys.size - np.searchsorted(sorted_toys, q - ROUNDING, side="left")
    return np.maximum(beyond, 0.5) / sorted_toys.size


def _levels(with_signal: list[np.ndarray], without: np.ndarray, q: np.ndarray, cls: bool):
    """CLs (or p_sb) of data sets with statistics q, (data sets, points), as −Φ⁻¹: rising."""
    columns = []
    for i, toys in enumerate(with_signal):
        level = _share(toys, q[:, i])
        columns.append(level / _share(np.sort(without[:, i]), q[:, i]) if cls else level)
    return -np.asarray(ndtri(np.minimum(np.stack(columns, axis=1), 1.0 - 1e-9)))


def _limits(points: np.ndarray, levels: np.ndarray, wanted: float) -> np.ndarray:
    """Where each row last rises through a level, linear between points.

    inf where the last point still lies below. Where even the first one lies above, ln CLs is taken
    as linear from 0 at no signal.
    """
    kept = levels < wanted
    last = points.size - 1 - np.argmax(kept[:, ::-1], axis=1)
    after = np.minimum(last + 1, points.size - 1)
    rows = np.arange(len(levels))
    low, high = levels[rows, last], levels[rows, after]
    share = (wanted - low) / np.where(high > low, high - low, 1.0)
    found = points[last] + share * (points[after] - points[last])
    found = np.where(last == points.size - 1, np.inf, found)
    below = points[0] * np.asarray(log_ndtr(-wanted) / log_ndtr(-np.maximum(levels[:, 0], wanted)))
    return np.where(kept.any(axis=1), found, below)


def _band(points, levels, limits, shift: float, alpha: float, cls: bool) -> tuple[float, float]:
    """A quantile of the limits of toys, with the errors of its order and of its CLs in quadrature.

    Order statistics are not interpolated, so that inf stays inf.
    """
    level, n = float(ndtr(shift)), limits.size
    spread = math.sqrt(level * (1.0 - level) / n)
    around = np.clip([level - spread, level, level + spread], 0.0, 1.0)
    low, middle, high = np.quantile(limits, around, method="nearest")
    if not np.isfinite(high):
        return float(middle), math.inf
    beyond = n * level if cls else n
    relative = math.sqrt((1.0 / alpha + cls) / beyond)
    row = levels[int(np.argmin(np.abs(limits - middle)))]
    curve = _limit_error(points, row, np.full(points.size, relative), float(middle))
    return float(middle), math.hypot(0.5 * float(high - low), curve)


def _expected(points, with_signal, without, cl: float, cls: bool, bands: bool):
    """Bands and their errors; empty where not wanted."""
    if not bands:
        return np.zeros(0), np.zeros(0)
    levels = _levels(with_signal, without, without, cls)
    limits = _limits(points, levels, -float(ndtri(1.0 - cl)))
    pairs = [_band(points, levels, limits, shift, 1.0 - cl, cls) for shift in SIGMAS]
    return np.array([value for value, _ in pairs]), np.array([error for _, error in pairs])


def toy_limit(
    joint: JointModel,
    chosen: Strength,
    data: Data,
    points: np.ndarray,
    how: Throwing,
    cl: float = 0.90,
    test: str = "qtilde",
    cls: bool = True,
    bands: bool = True,
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
        bands: whether the limits expected without signal are wanted: with CLs they need toys in
            the tail (1 − cl) Φ(−2), 4386 at 90 %.

    Returns:
        `ToyLimit`.

    Raises:
        InputError: too few toys for 1 − cl or for the bands, bad points or bad data.

    Source: arXiv:1007.1727 for q and q̃; A. Read, J. Phys. G 28 (2002) 2693 for CLs.
    """
    points = np.asarray(points, float)
    if points.ndim != 1 or points.size < 2 or points[0] <= 0 or np.any(np.diff(points) <= 0):
        raise InputError("a limit from toys needs two or more increasing strengths above 0")
    check_test(test, chosen)
    check_data(joint, data)
    edge = float(ndtr(SIGMAS[0]))
    tail = (1.0 - cl) * edge if cls else min(1.0 - cl, edge)
    check_count(how.toys, tail if bands else 1.0 - cl)
    scan = observed_scan(joint, chosen, data, jnp.concatenate([jnp.zeros(1), jnp.asarray(points)]))
    best, q = scan.values[0, chosen.index], observed_statistics(scan, chosen, points, test)
    truths = scan.values[1:]
    most = largest_counts(joint, truths)
    thrown = [throw_blocks(joint, chosen, truths[0], points, how, test, "without", most)] + [
        throw_blocks(joint, chosen, truths[i + 1], [p], how, test, f"with_{i}", most)
        for i, p in enumerate(points)
    ]
    fitted = bool(np.all(np.asarray(scan.status) == 0))
    return _summary(points, q, thrown, cl, test, cls, bands, float(best), fitted)


def _summary(
    points, q, thrown: list[Toys], cl, test, cls, bands: bool, best: float, fitted: bool
) -> ToyLimit:
    wanted = -float(ndtri(1.0 - cl))
    without = thrown[0].statistic[converged(thrown[0])]
    with_signal = [np.sort(toys.statistic[converged(toys), 0]) for toys in thrown[1:]]
    levels = _levels(with_signal, without, q[None, :], cls)
    p_sb = np.array([_share(toys, np.array([q[i]]))[0] for i, toys in enumerate(with_signal)])
    p_b = np.array([_share(np.sort(without[:, i]), q[i : i + 1])[0] for i in range(q.size)])
    lost = np.array([1.0 - converged(toys).mean() for toys in thrown])
    parts = [_relative_error(p, toys.size) for p, toys in zip(p_sb, with_signal, strict=True)]
    relative = np.array(parts) ** 2
    if cls:
        relative = relative + np.array([_relative_error(p, len(without)) for p in p_b]) ** 2
    relative = np.sqrt(relative) + lost[1:] + lost[0]
    limit = float(_limits(points, levels, wanted)[0])
    expected, expected_error = _expected(points, with_signal, without, cl, cls, bands)
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
        expected_error=expected_error,
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


def _limit_error(points, levels, relative: np.ndarray, limit: float) -> float:
    """Error of the level at the limit over its slope there: dz = p/φ(z) d ln p."""
    if not np.isfinite(limit):
        return math.inf
    i = int(np.clip(np.searchsorted(points, limit), 1, points.size - 1))
    slope = abs(levels[i] - levels[i - 1]) / (points[i] - points[i - 1])
    z = float(np.interp(limit, points, levels))
    density = math.exp(-0.5 * z * z) / math.sqrt(2.0 * math.pi)
    error = float(np.interp(limit, points, relative)) * float(ndtr(-z)) / density
    return error / slope if slope > 0 else math.inf
