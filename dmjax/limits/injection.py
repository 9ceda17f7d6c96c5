"""What fits give back of a signal that was put in: bias, pulls, coverage, from toys."""

from collections.abc import Sequence
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np

from dmjax.errors import InputError
from dmjax.fits.chi2 import likelihood_threshold
from dmjax.fits.estimates import ROUNDING, binomial_error
from dmjax.fits.pseudo_data import check_data
from dmjax.likelihood.joint import Data, JointModel
from dmjax.limits.feldman_cousins import observed_scan
from dmjax.limits.test_statistics import Strength
from dmjax.limits.toys import Throwing, Toys, converged, largest_counts, throw_blocks


class Injection(NamedTuple):
    """Fits of toys with a known signal; arrays of (points,) unless said.

    The pull of a toy is sign(μ̂ − μ) √t(μ), t the rise of −2 ln L from its best fit: (μ̂ − μ)/σ
    where the likelihood is a parabola, and still standard normal in the large-sample limit where
    it is not. Where μ̂ cannot fall below 0, pulls of small signals cannot be normal.

    Attributes:
        points: strengths that were injected.
        mean, mean_error: of μ̂ over toys.
        median: of μ̂.
        pull, pull_error: mean pull; 0 for an unbiased normal estimate.
        width, width_error: standard deviation of the pulls; 1 for one with the right errors.
        at_zero: share of toys with μ̂ = 0.
        coverage, coverage_error: share with t(μ) below the χ² quantile of each level,
            (points, levels).
        failed: toys whose fits did not converge: they are left out.
    """

    points: np.ndarray
    mean: np.ndarray
    mean_error: np.ndarray
    median: np.ndarray
    pull: np.ndarray
    pull_error: np.ndarray
    width: np.ndarray
    width_error: np.ndarray
    at_zero: np.ndarray
    coverage: np.ndarray
    coverage_error: np.ndarray
    failed: np.ndarray


def injection(
    joint: JointModel,
    chosen: Strength,
    data: Data,
    points: np.ndarray,
    how: Throwing,
    levels: Sequence[float] = (0.6827, 0.90),
) -> Injection:
    """Throw toys with signals of known strength, fit them, and compare.

    Args:
        joint, chosen, data: model, its strength, data; the other parameters of the truth are
            their conditional best fits to the data.
        points: strengths ≥ 0.
        how: number of toys at each point, key, batches.
        levels: confidence levels of the two-sided intervals.

    Returns:
        `Injection` with Monte Carlo errors.

    Raises:
        InputError: no or negative strengths, bad levels, fewer than 10 toys, bad data.
    """
    points = np.atleast_1d(np.asarray(points, float))
    if points.size == 0 or np.any(points < 0):
        raise InputError("an injection needs strengths >= 0")
    if len(levels) == 0 or not all(0.0 < level < 1.0 for level in levels):
        raise InputError("cl must lie between 0 and 1 for every interval")
    if how.toys < _FEWEST:
        raise InputError(f"{how.toys} toys are too few for a width: use at least {_FEWEST}")
    check_data(joint, data)
    scan = observed_scan(joint, chosen, data, jnp.asarray(points))
    if np.asarray(scan.status[1:]).any():
        raise InputError("the data cannot be fitted at every injected strength")
    truths = scan.values[1:]
    most = largest_counts(joint, truths)
    rows = []
    for i, point in enumerate(points):
        toys = throw_blocks(joint, chosen, truths[i], [point], how, "t", f"inject_{i}", most)
        rows.append(_row(toys, float(point), levels))
    return Injection(points, *(np.array(column) for column in zip(*rows, strict=True)))


_FEWEST = 10


def _row(toys: Toys, point: float, levels: Sequence[float]) -> tuple:
    """Fields of `Injection` of one strength, in order."""
    good = converged(toys)
    t, best = np.maximum(toys.statistic[good, 0], 0.0), toys.best[good]
    n, lost = len(t), int((~good).sum())
    share = lost / good.size
    pulls = np.sign(best - point) * np.sqrt(t)
    inside = [int((t <= float(likelihood_threshold(level)) + ROUNDING).sum()) for level in levels]
    width, width_error = _width(pulls)
    return (
        best.mean(),
        best.std() / np.sqrt(n),
        np.median(best),
        pulls.mean(),
        width / np.sqrt(n),
        width,
        width_error,
        float((best <= 0.0).mean()),
        [k / n for k in inside],
        [binomial_error(k, n) + share for k in inside],
        lost,
    )


def _width(pulls: np.ndarray) -> tuple[float, float]:
    """Standard deviation and its error, √[(m₄ − s⁴)/4ns²], for any distribution."""
    off = pulls - pulls.mean()
    square = float((off**2).mean())
    fourth = float((off**4).mean())
    if square == 0.0:
        return 0.0, 0.0
    return square**0.5, (max(fourth - square**2, 0.0) / (4.0 * len(pulls) * square)) ** 0.5
