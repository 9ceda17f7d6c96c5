"""Where the profile likelihood of a signal strength rises by a given amount above its best fit."""

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float, Int

from dmjax.batches import SIZES, in_chunks, in_few_sizes
from dmjax.fits.chi2 import likelihood_threshold
from dmjax.fits.fit import fit
from dmjax.fits.implicit import implicit_root
from dmjax.fits.pseudo_data import check_data
from dmjax.fits.roots import Rise, rising_root
from dmjax.likelihood.joint import Data, JointModel
from dmjax.likelihood.signals import SignalLike, with_signals
from dmjax.limits.asymptotic_limits import limit_status
from dmjax.limits.asymptotics import asimov_statistic, asymptotic_p_values, reference_of
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


def risen(
    joint: JointModel,
    chosen: Strength,
    data: Data,
    level: Float[ArrayLike, ""],
    tolerance: float = 1e-8,
) -> tuple[Rise, ProfileScan]:
    """Where −2Δ ln L reaches a level above max(μ̂, 0), with the values of the fit there, and the
    free fit. Pure; the fit carries gradients, the place none.
    """
    start = joint.parameters.centres
    scan = profile_scan(joint, chosen, data, start[:0], start)
    joint, data, free = frozen((joint, data, scan))
    root = safe_sqrt(jnp.asarray(level, start.dtype))

    def height(point):
        found = conditional(joint, chosen, data, point, free.values[0])
        return safe_sqrt(found.two_nll - free.two_nll[0]) - root, (found.status, found.values)

    low = jnp.maximum(free.values[0, chosen.index], 0.0)
    first = jnp.maximum(0.1 * low, 1e-6)
    most = joint.parameters.upper[chosen.index]
    return rising_root(height, low, -root, first, most, tolerance, 80), scan


def _beyond(operands, point: Scalar, *, chosen: Strength) -> Scalar:
    """−2Δ ln L at a strength less the wanted rise, from fits that start at their end."""
    joint, data, level, best, there = operands
    free = fit(joint, data, best).two_nll
    return conditional(joint, chosen, data, point, there).two_nll - free - level


def likelihood_limit(
    joint: JointModel, chosen: Strength, data: Data, cl: Float[ArrayLike, ""] = 0.90
) -> LikelihoodLimit:
    """Upper limit where −2 ln[L(μ)/L(μ̂)] = χ²₁(cl), 2.71 at 90 %, for μ > max(μ̂, 0).

    Args:
        joint, chosen, data: model, its strength, data.
        cl: confidence level.

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
    found, scan = risen(joint, chosen, data, frozen(level))
    fitted, there = found.info
    operands = (joint, data, level, *frozen((scan.values[0], there)))
    residual = partial(_beyond, chosen=chosen)
    limit = implicit_root(residual, operands, found.x, found.reached)
    status = limit_status(fitted, found.reached, scan.status[0])
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
) -> LikelihoodLimit:
    """`likelihood_limit` for many signal templates; see `asymptotic_limits`."""

    def block(some) -> LikelihoodLimit:
        return _limits(joint, chosen, data, some, cl)

    return in_few_sizes(block, tuple(templates))


@kept
def _limits(joint, chosen, data, templates, cl) -> LikelihoodLimit:
    return in_chunks(
        lambda each: likelihood_limit(with_signals(joint, each), chosen, data, cl),
        templates,
        SIZES[-1],
    )
