"""How often intervals and limits contain the truth, by toys."""

import math
from collections.abc import Mapping
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from dmjax.errors import InputError, unknown_name
from dmjax.fits.chi2 import likelihood_threshold
from dmjax.fits.estimates import (
    ROUNDING,
    Estimate,
    NothingFitted,
    binomial_error,
    check_count,
)
from dmjax.fits.pseudo_data import check_data
from dmjax.likelihood.joint import Data, JointModel
from dmjax.likelihood.parameters import index_of
from dmjax.limits.asymptotics import strength_test
from dmjax.limits.feldman_cousins import observed_scan
from dmjax.limits.nested import BELT_TOYS, nested_maker
from dmjax.limits.test_statistics import Strength
from dmjax.limits.toys import (
    Throwing,
    converged,
    in_kept_blocks,
    largest_counts,
    quantile,
    throw_batch,
    throw_blocks,
    toy_starts,
)
from dmjax.programs import kept

METHODS = ("fc", "asymptotic", "cls", "chi2")
"""Feldman–Cousins; p_sb and CLs of q̃ in the large-sample limit; −2Δ ln L above the best fit."""


class Coverage(NamedTuple):
    """Share of toys whose interval or limit contains the truth.

    Attributes:
        points: true strengths.
        coverage, error: share, and its Monte Carlo error (with that of the critical value).
        toys, failed: thrown at each point, and those whose fits did not converge.
        method, cl: what was tested.
        shift: of true nuisances from their conditional best fit, in their standard deviations.
        belt: of "fc": "toy" where every toy was judged by a belt of its own, "data" where by that
            at the nuisances of the data; else None.
    """

    points: np.ndarray
    coverage: np.ndarray
    error: np.ndarray
    toys: int
    failed: np.ndarray
    method: str
    cl: float
    shift: dict[str, float]
    belt: str | None


@kept
def _p_values(joint, chosen, data: Data, starts, truth: Float[Array, " parameters"]):
    def one(toy, start):
        found = strength_test(joint, chosen, toy, truth[chosen.index], start=start)
        return jnp.stack([found.p_sb, found.cls]), found.status

    levels, status = jax.vmap(one)(data, starts)
    return levels, jnp.zeros(status.shape), status


def _kept(joint, chosen, truth, critical, how: Throwing, i: int, method: str, cl, most):
    """(mask of toys that contain the truth among the fitted ones, toys)."""
    point = float(truth[chosen.index])
    label = f"coverage_{i}"
    if method in ("fc", "chi2"):
        test = "t" if method == "fc" else "qtilde"
        toys = throw_blocks(joint, chosen, truth, [point], how, test, label, most)
        return toys.statistic[converged(toys), 0] <= critical + ROUNDING, toys

    def make(keys, attempt):
        starts = toy_starts(joint, truth, keys, jnp.asarray(attempt))
        return _p_values(joint, chosen, throw_batch(joint, truth, keys, most), starts, truth)

    toys = in_kept_blocks(make, how, label, truth, [point])
    # Every limit is at least 0, and at 0 the statistic carries no information.
    column = toys.statistic[converged(toys), METHODS.index(method) - 1]
    return (column >= 1.0 - cl) | (point <= 0.0), toys


def coverage(
    joint: JointModel,
    chosen: Strength,
    data: Data,
    points: np.ndarray,
    how: Throwing,
    method: str = "fc",
    cl: float = 0.90,
    shift: Mapping[str, float] | None = None,
    nested: bool = False,
    belt_toys: int = BELT_TOYS,
) -> Coverage:
    """Share of toys, thrown at given true strengths, whose interval or limit holds the truth.

    The other parameters of the truth are their conditional best fits to `data`, each shifted by so
    many standard deviations. The critical values of "fc" are those of a belt made without the shift
    and with other toys, at the nuisances of the data; with `nested` every toy has its own belt, at
    its own conditional best fit, as an experiment would make it.

    Args:
        joint, chosen, data: model, its strength, data.
        points: true strengths ≥ 0.
        how: number of toys at each point, key, batches.
        method: one of `METHODS`.
        cl: confidence level.
        shift: constrained parameter → standard deviations.
        nested: whether every toy has its own belt; of "fc" alone.
        belt_toys: toys in each of these.

    Returns:
        `Coverage`; NaN where not one toy could be fitted. An upper limit always contains strength
        0: its coverage there is 1.

    Raises:
        InputError: unknown method or parameter, too few toys, a negative strength, bad data.
    """
    if method not in METHODS:
        raise unknown_name("method", method, METHODS)
    if nested:
        if method != "fc":
            raise InputError(f"a belt of its own for each toy goes with fc, not {method}")
        check_count(belt_toys + 1, 1.0 - cl)
    points = np.atleast_1d(np.asarray(points, float))
    if points.size == 0 or np.any(points < 0):
        raise InputError("coverage needs true strengths >= 0")
    check_count(how.toys, 1.0 - cl)
    check_data(joint, data)
    shift = dict(shift or {})
    scan = observed_scan(joint, chosen, data, jnp.asarray(points))
    if np.asarray(scan.status[1:]).any():
        raise InputError("the data cannot be fitted at every true strength")
    nominal = scan.values[1:]
    truths = nominal + _offsets(joint, shift)[None, :]
    most = largest_counts(joint, [*nominal, *truths])
    shares, errors, failed = [], [], []
    for i in range(points.size):
        places = nominal[i], truths[i]
        share = _share(joint, chosen, places, how, i, method, cl, most, nested and belt_toys)
        shares.append(share.value)
        errors.append(share.error)
        failed.append(share.failed)
    belt = ("toy" if nested else "data") if method == "fc" else None
    found = (np.array(shares), np.array(errors), how.toys, np.array(failed))
    return Coverage(points, *found, method, cl, shift, belt)


def _share(joint, chosen, places, how: Throwing, i, method, cl, most, belt_toys: int) -> Estimate:
    """Share of the toys of one truth whose interval or limit holds it."""
    nominal, truth = places
    critical, slack = float(likelihood_threshold(cl)), 0.0
    try:
        if belt_toys:
            make = nested_maker(joint, chosen, truth, belt_toys, most)
            here = [float(truth[chosen.index])]
            toys = in_kept_blocks(make, how, f"nested_{i}", truth, here)
            inside = toys.statistic[converged(toys), 0] > 1.0 - cl + ROUNDING
        else:
            if method == "fc":
                point = [float(nominal[chosen.index])]
                where = (nominal, point, how, "t", f"critical_{i}", most)
                critical = quantile(throw_blocks(joint, chosen, *where), cl).value
                slack = math.sqrt(cl * (1.0 - cl) / how.toys)
            inside, toys = _kept(joint, chosen, truth, critical, how, i, method, cl, most)
    except NothingFitted:
        return Estimate(math.nan, math.nan, how.toys, how.toys)
    lost = toys.status.size - inside.size
    binomial = binomial_error(int(inside.sum()), inside.size)
    error = math.hypot(binomial, slack) + lost / toys.status.size
    return Estimate(float(inside.mean()), error, toys.status.size, lost)


def _offsets(joint: JointModel, shift: Mapping[str, float]) -> Float[Array, " parameters"]:
    sigmas = np.asarray(joint.parameters.sigmas)
    offsets = np.zeros(sigmas.size)
    for name, amount in shift.items():
        i = index_of(joint.parameters.names, name)
        if not np.isfinite(sigmas[i]):
            raise InputError(f"'{name}' is free: only constrained parameters can be shifted")
        offsets[i] = amount * sigmas[i]
    return jnp.asarray(offsets)
