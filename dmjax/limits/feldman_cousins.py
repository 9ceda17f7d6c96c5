"""Feldman–Cousins intervals of a signal strength, nuisances profiled, by toys."""

import math
from enum import IntEnum
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from dmjax.errors import InputError
from dmjax.fits.chi2 import likelihood_threshold
from dmjax.fits.estimates import check_count
from dmjax.fits.pseudo_data import check_data
from dmjax.likelihood.joint import Data, JointModel
from dmjax.limits.likelihood_limits import risen
from dmjax.limits.test_statistics import ProfileScan, Strength, profile_scan, statistic
from dmjax.limits.toys import Throwing, largest_counts, quantile, throw_blocks
from dmjax.programs import kept


class NoBelt(InputError):
    """The data exclude no strength."""


class Belt(NamedTuple):
    """Critical values of t along the strength, beside the observed ones.

    Attributes:
        points: strengths, increasing.
        best_fit: μ̂ of the data.
        observed: t of the data at the points.
        critical, critical_error: quantile of t over toys at each point, and its Monte Carlo error.
        toys, failed: thrown at each point, and those whose fits did not converge.
        status: of the fits of the data at each point.
        cl: confidence level.
    """

    points: np.ndarray
    best_fit: float
    observed: np.ndarray
    critical: np.ndarray
    critical_error: np.ndarray
    toys: int
    failed: np.ndarray
    status: np.ndarray
    cl: float


class IntervalStatus(IntEnum):
    """What a unified interval is."""

    FOUND = 0
    UPPER_UNREACHED = 1
    FIT_FAILED = 2


INTERVAL_TEXT = (
    "ok",
    "the points end below the upper limit",
    "a fit of the data did not converge",
)
"""One line per `IntervalStatus`."""


class UnifiedInterval(NamedTuple):
    """A Feldman–Cousins interval.

    Attributes:
        lower, upper: ends; lower is the first point where that is accepted, upper inf where the
            last point is.
        lower_error, upper_error: Monte Carlo errors of the ends.
        status: an `IntervalStatus`.
    """

    lower: float
    upper: float
    lower_error: float
    upper_error: float
    status: int


@kept
def observed_scan(joint: JointModel, chosen: Strength, data: Data, points) -> ProfileScan:
    """`profile_scan` from the centres of the parameters, compiled."""
    return profile_scan(joint, chosen, data, points, joint.parameters.centres)


def observed_statistics(
    scan: ProfileScan, chosen: Strength, points: np.ndarray, test: str
) -> np.ndarray:
    """A test statistic of the data at strengths, of an `observed_scan` of 0 and them."""
    best, nll = scan.values[0, chosen.index], scan.two_nll
    return np.array(
        [
            float(statistic(test, jnp.asarray(p), best, nll[0], nll[1], at))
            for p, at in zip(points, nll[2:], strict=True)
        ]
    )


@kept
def _reach(joint: JointModel, chosen: Strength, data: Data, level: Float[Array, ""]):
    return risen(joint, chosen, data, level, 1e-2)[0]


def belt_points(
    joint: JointModel, chosen: Strength, data: Data, cl: float = 0.90, points: int = 12
) -> np.ndarray:
    """Strengths from 0 to beyond the upper end: where −2Δ ln L is 1.7 times the χ² quantile.

    Raises:
        NoBelt: no such strength, e.g. without signal events.
    """
    check_data(joint, data)
    level = 1.7 * likelihood_threshold(cl)
    found = _reach(joint, chosen, data, jnp.asarray(level, joint.parameters.centres.dtype))
    if not bool(found.reached):
        raise NoBelt(f"no value of '{chosen.name}' is excluded by the data: there is no belt")
    return np.linspace(0.0, float(found.x), points)


def belt(
    joint: JointModel,
    chosen: Strength,
    data: Data,
    points: np.ndarray,
    how: Throwing,
    cl: float = 0.90,
) -> Belt:
    """Critical values of t at given strengths, from toys at the conditional best fits there.

    t(μ) = −2 ln[L(μ, ν̂(μ))/L(μ̂, ν̂)], μ̂ ≥ 0; a strength is accepted where t is at most its `cl`
    quantile over toys thrown at (μ, ν̂(μ)).

    Args:
        joint, chosen, data: model, its strength, data.
        points: strengths, increasing, from 0 as a rule.
        how: number of toys, key, batches.
        cl: confidence level.

    Returns:
        `Belt`.

    Raises:
        InputError: too few toys for the quantile, points that do not increase, or bad data.

    Source: Feldman and Cousins, Phys. Rev. D 57 (1998) 3873; nuisances profiled as in the PDG
    review of statistics.
    """
    points = np.asarray(points, float)
    if points.ndim != 1 or points.size < 2 or np.any(np.diff(points) <= 0):
        raise InputError("a belt needs two or more increasing strengths")
    check_count(how.toys, 1.0 - cl)
    check_data(joint, data)
    scan = observed_scan(joint, chosen, data, jnp.concatenate([jnp.zeros(1), jnp.asarray(points)]))
    truths = scan.values[2:]
    most = largest_counts(joint, truths)
    found = []
    for i, point in enumerate(points):
        label = f"belt_{i}"
        toys = throw_blocks(joint, chosen, truths[i], [point], how, "t", label, most)
        found.append(quantile(toys, cl))
    return Belt(
        points=points,
        best_fit=float(scan.values[0, chosen.index]),
        observed=observed_statistics(scan, chosen, points, "t"),
        critical=np.array([each.value for each in found]),
        critical_error=np.array([each.error for each in found]),
        toys=how.toys,
        failed=np.array([each.failed for each in found]),
        status=np.asarray(scan.status),
        cl=cl,
    )


def unified_interval(found: Belt) -> UnifiedInterval:
    """Ends of the accepted strengths: ±√t of the data against √critical, linear between points.

    >>> mu = np.linspace(0.0, 4.0, 5)
    >>> flat = np.full(5, 2.25)
    >>> made = Belt(mu, 1.0, (mu - 1.0) ** 2, flat, 0.1 * flat, 100, 0 * mu, 0 * mu, 0.9)
    >>> ends = unified_interval(made)
    >>> ends.lower, ends.upper, round(ends.upper_error, 3)
    (0.0, 2.5, 0.075)
    """
    root = np.sqrt(found.critical)
    error = 0.5 * found.critical_error / np.where(root > 0, root, 1.0)
    signed = np.sign(found.points - max(found.best_fit, 0.0)) * np.sqrt(found.observed)
    status = IntervalStatus.FOUND if np.all(found.status == 0) else IntervalStatus.FIT_FAILED
    lower, lower_error = float(found.points[0]), 0.0
    short = signed + root < 0
    if short[0]:
        first = int(np.argmin(short)) if not short.all() else short.size - 1
        lower, lower_error = _cross(found.points, signed + root, error, max(first - 1, 0))
    upper, upper_error = math.inf, math.inf
    inside = np.flatnonzero(signed - root <= 0)
    if inside.size and inside[-1] == signed.size - 1:
        status = max(status, IntervalStatus.UPPER_UNREACHED)
    elif inside.size:
        upper, upper_error = _cross(found.points, signed - root, error, int(inside[-1]))
    return UnifiedInterval(lower, upper, lower_error, upper_error, int(status))


def _cross(points, heights, errors, i: int) -> tuple[float, float]:
    """Zero of the chord from point i to i + 1, with the error of the heights over the slope."""
    share = -heights[i] / (heights[i + 1] - heights[i])
    width = points[i + 1] - points[i]
    error = (1.0 - share) * errors[i] + share * errors[i + 1]
    return float(points[i] + share * width), float(error * width / (heights[i + 1] - heights[i]))
