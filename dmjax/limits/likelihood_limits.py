"""Where the profile likelihood of a signal strength rises by a given amount above its best fit."""

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Bool, Float, Int

from dmjax.batches import in_chunks
from dmjax.fits.chi2 import likelihood_threshold
from dmjax.fits.fit import fit
from dmjax.fits.implicit import implicit_root
from dmjax.fits.minimise import Status
from dmjax.fits.pseudo_data import check_data
from dmjax.fits.roots import rising_root
from dmjax.likelihood.joint import Data, JointModel
from dmjax.likelihood.signals import SignalLike, with_signals
from dmjax.limits.asymptotics import asimov_statistic, asymptotic_p_values, reference_of
from dmjax.limits.limit_searches import one_event
from dmjax.limits.limit_status import LimitStatus, limit_status
from dmjax.limits.profile_root import Side, mended, profile_root
from dmjax.limits.test_statistics import ProfileScan, Strength, conditional, profile_scan
from dmjax.numerics import frozen, safe_sqrt
from dmjax.programs import kept

Scalar = Float[Array, ""]


class LikelihoodLimit(NamedTuple):
    """Upper limit from the rise of the profile likelihood.

    Attributes:
        best_fit: μ̂.
        q0: −2 ln[L(0)/L(μ̂)], of no signal.
        limit: the μ above it where −2Δ ln L reaches the threshold; inf where it never does.
        p_sb, p_b: p-values of q̃ at the limit in the large-sample limit, with and without signal;
            1 where there is no limit.
        status: a `LimitStatus`.
    """

    best_fit: Scalar
    q0: Scalar
    limit: Scalar
    p_sb: Scalar
    p_b: Scalar
    status: Int[Array, ""]


class Risen(NamedTuple):
    """Where −2Δ ln L has risen by a level.

    Attributes:
        x: the strength.
        values: of the fit there, (parameters).
        status: of the search and its fits.
        reached: whether it rises so far at all.
    """

    x: Scalar
    values: Float[Array, " parameters"]
    status: Int[Array, ""]
    reached: Bool[Array, ""]


def risen(
    joint: JointModel,
    chosen: Strength,
    data: Data,
    level: Float[ArrayLike, ""],
    tolerance: float = 1e-8,
    surely: bool = True,
) -> tuple[Risen, ProfileScan]:
    """Where −2Δ ln L reaches a level above max(μ̂, 0), and the free fit.

    Pure; the fit carries gradients, the place none. Where parabolas lead nowhere, a search along
    refitted strengths to a `tolerance` follows, if it is to find `surely` (static).
    """
    start = joint.parameters.centres
    scan = profile_scan(joint, chosen, data, start[:0], start)
    joint, data, free = frozen((joint, data, scan))
    root = safe_sqrt(jnp.asarray(level, start.dtype))
    low = jnp.maximum(free.values[0, chosen.index], 0.0)
    first = jnp.maximum(0.1 * low, 1e-6)
    unit = one_event(joint, chosen, free.values[0])
    most = jnp.minimum(joint.parameters.upper[chosen.index], unit * 1e12)
    side = Side(data, free.values[0], free.two_nll[0])

    def rise(q):
        return safe_sqrt(q[0]) - root, ()

    met = profile_root(joint, chosen, [side], rise, low, low, -root, most, unit)
    fast = Risen(met.x, met.values[0], jnp.where(met.found, 0, Status.BUDGET), met.reached)
    if not surely:
        return fast, scan

    def height(point):
        found = conditional(joint, chosen, data, point, free.values[0])
        return safe_sqrt(found.two_nll - free.two_nll[0]) - root, (found.status, found.values)

    end = jnp.where(met.found, low, most)
    slow = rising_root(height, low, -root, first, end, tolerance, 80)
    slow = Risen(slow.x, slow.info[1], slow.info[0], slow.reached)
    return jax.tree.map(lambda a, b: jnp.where(met.found, a, b), fast, slow), scan


def _beyond(operands, point: Scalar, *, chosen: Strength) -> Scalar:
    """−2Δ ln L at a strength less the wanted rise, from fits that start at their end."""
    joint, data, level, best, there = operands
    free = fit(joint, data, best).two_nll
    return conditional(joint, chosen, data, point, there).two_nll - free - level


def likelihood_limit(
    joint: JointModel,
    chosen: Strength,
    data: Data,
    cl: Float[ArrayLike, ""] = 0.90,
    surely: bool = True,
) -> LikelihoodLimit:
    """Upper limit where −2 ln[L(μ)/L(μ̂)] = χ²₁(cl), 2.71 at 90 %, for μ > max(μ̂, 0).

    Args:
        joint, chosen, data: model, its strength, data.
        cl: confidence level.
        surely: see `risen`; static.

    Returns:
        `LikelihoodLimit`, never NaN. Pure: vmap over data or templates. The limit and μ̂ have
        derivatives, forward and in reverse, in everything the model and the data are made of; 0
        where there is no limit.

    Raises:
        InputError: data that do not fit the model.

    Source: [D20] (arXiv:2006.09386), Δχ² = 2.71.

    >>> from dmjax.limits.test_statistics import strength
    >>> from dmjax.analyses.ccm120 import ccm120
    >>> from dmjax.likelihood.joint import observed_data
    >>> joint = JointModel(ccm120(signal=[1.0]))
    >>> found = likelihood_limit(joint, strength(joint), observed_data(joint))
    >>> round(float(found.limit)), int(found.status)
    (608, 0)
    """
    check_data(joint, data)
    level = jnp.asarray(likelihood_threshold(cl), joint.parameters.centres.dtype)
    found, scan = risen(joint, chosen, data, frozen(level), surely=surely)
    operands = (joint, data, level, *frozen((scan.values[0], found.values)))
    residual = partial(_beyond, chosen=chosen)
    limit = implicit_root(residual, operands, found.x, found.reached)
    lost = found.status != 0
    status = limit_status(found.status, found.reached | lost, scan.status[0])
    limit = jnp.where(found.reached, limit, jnp.inf)
    without = conditional(joint, chosen, data, jnp.zeros_like(limit), scan.values[0])
    q0 = jnp.maximum(without.two_nll - scan.two_nll[0], 0.0)
    both = jax.tree.map(lambda a, b: jnp.stack([a[0], b]), scan, without)
    base = frozen(reference_of(frozen(joint), frozen(data), both))
    place = jnp.where(found.reached, found.x, 0.0)
    q_asimov = asimov_statistic(frozen(joint), chosen, base, place)[0]
    tested = asymptotic_p_values(jnp.where(found.reached, frozen(level), 0.0), q_asimov)
    return LikelihoodLimit(
        best_fit=scan.values[0, chosen.index],
        q0=q0,
        limit=limit,
        p_sb=jnp.where(found.reached, jnp.exp(tested.log_sb), 1.0),
        p_b=jnp.where(found.reached, jnp.exp(tested.log_b), 1.0),
        status=status,
    )


def likelihood_limits(
    joint: JointModel,
    chosen: Strength,
    data: Data,
    templates: Sequence[SignalLike],
    cl: Float[ArrayLike, ""] = 0.90,
    batch_size: int = 25,
) -> LikelihoodLimit:
    """`likelihood_limit` for many signal templates; see `asymptotic_limits`."""

    def limits(templates, surely: bool):
        return _limits(joint, chosen, data, templates, cl, batch_size, surely)

    return mended(limits, tuple(templates), lambda found: found.status == LimitStatus.FIT_FAILED)


@kept
def _limits(joint, chosen, data, templates, cl, batch_size: int, surely: bool):
    def one(each):
        return likelihood_limit(with_signals(joint, each), chosen, data, cl, surely)

    return in_chunks(one, templates, batch_size)
