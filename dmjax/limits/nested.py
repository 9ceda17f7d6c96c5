"""Toys that are each judged by a belt of their own, as an experiment would make it."""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from dmjax.fits.estimates import ROUNDING
from dmjax.fits.fit import WAYS
from dmjax.fits.minimise import Status
from dmjax.likelihood.joint import Data, JointModel
from dmjax.likelihood.onoff import MAX_COUNT
from dmjax.limits.test_statistics import Strength, statistic, toy_scans
from dmjax.limits.toys import Make, throw_batch, throw_toys, toy_starts
from dmjax.programs import kept

Values = Float[Array, " parameters"]

BELT_TOYS = 199
"""Toys in a toy's own belt: with one more, a tenth of them is a whole number."""


@kept
def _outer(joint: JointModel, chosen: Strength, data: Data, starts, truth: Values, way: str):
    """t of every toy at its truth, μ̂, status, and the conditional best fit there."""
    point = truth[chosen.index]

    def one(scan):
        best, nll = scan.values[0, chosen.index], scan.two_nll
        t = statistic("t", point, best, nll[0], nll[1], nll[2])
        return t, best, jnp.max(scan.status), scan.values[2]

    points = jnp.stack([jnp.zeros_like(point), point])
    return jax.vmap(one)(toy_scans(joint, chosen, data, points, starts, truth, way))


def _wider(size: int) -> int:
    """Of a table of counts; within what the background integral takes where it was."""
    wide = int(1.3 * size) + 5 if size else 0
    return min(wide, MAX_COUNT) if size <= MAX_COUNT else wide


def nested_maker(
    joint: JointModel, chosen: Strength, truth: Values, belt_toys: int, most: tuple[int, ...]
) -> Make:
    """p-values of toys at their truth, each from toys thrown at its own conditional best fit.

    A toy contains its truth at confidence cl where p > 1 − cl, p = (k + 1)/(n + 1) for k of n toys
    with t at least that of the toy: for toys of one truth and n + 1 a multiple of 1/(1 − cl) that
    happens with probability cl, whatever n is.

    Args:
        joint, chosen: model and its strength.
        truth: parameter values of the toys.
        belt_toys: n.
        most: from `most_counts`.

    Returns:
        What `toys.in_batches` wants, the p-value as statistic.
    """
    # A toy's own fit may expect more than the truth does.
    wide = tuple(_wider(size) for size in most)
    point = [float(truth[chosen.index])]

    def p_value(t: float, values: Values, key: Array) -> float:
        made = throw_toys(
            *(joint, chosen, values, point, belt_toys, jax.random.fold_in(key, 1)),
            test="t",
            batch_size=belt_toys,
            most=wide,
        )
        good = made.status == 0
        beyond = int((made.statistic[good, 0] >= t - ROUNDING).sum())
        return (beyond + 1) / (int(good.sum()) + 1) if good.any() else np.nan

    def make(keys: Array, attempt: int):
        way = WAYS[attempt] if attempt < len(WAYS) else WAYS[-1]
        starts = toy_starts(joint, truth, keys, jnp.asarray(attempt))
        data = throw_batch(joint, truth, keys, most)
        t, best, status, values = _outer(joint, chosen, data, starts, truth, way)
        found = [
            p_value(float(t[i]), values[i], keys[i]) if int(status[i]) == 0 else np.nan
            for i in range(len(keys))
        ]
        lost = np.isnan(found) & (np.asarray(status) == 0)
        status = np.where(lost, int(Status.STALLED), np.asarray(status))
        return np.array(found)[:, None], best, status

    return make
