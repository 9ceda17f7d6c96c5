"""Asymptotic upper limits on a signal strength with expected bands, and batches of them."""

from collections.abc import Sequence
from typing import NamedTuple

import jax.numpy as jnp
from jax.core import Tracer
from jaxtyping import Array, ArrayLike, Float, Int

from dmjax.batches import in_chunks
from dmjax.errors import InputError
from dmjax.fits.pseudo_data import check_data
from dmjax.likelihood.joint import Data, JointModel
from dmjax.likelihood.signals import SignalLike, with_signals
from dmjax.limits.asymptotics import (
    band_levels,
    reference,
)
from dmjax.limits.limit_searches import Ends, Rule, expected_limits, observed_limit, one_event
from dmjax.limits.limit_status import LIMIT_TEXT as LIMIT_TEXT
from dmjax.limits.limit_status import LimitStatus as LimitStatus
from dmjax.limits.profile_root import mended
from dmjax.limits.test_statistics import Strength, check_test, statistic
from dmjax.numerics import frozen
from dmjax.programs import kept

Scalar = Float[Array, ""]
Values = Float[Array, " parameters"]


class AsymptoticLimit(NamedTuple):
    """Upper limit on the strength, observed and expected.

    Attributes:
        best_fit: μ̂.
        q0: test statistic of no signal.
        limit: the μ where CLs (or p_sb) falls to 1 − cl; inf where it never does.
        p_sb, p_b: p-values of the data at the limit; where there is none, at the last strength
            that was tried.
        expected: the same for background-only data fluctuating by `asymptotics.SIGMAS`, (bands,).
        status, expected_status: a `LimitStatus` each.
    """

    best_fit: Scalar
    q0: Scalar
    limit: Scalar
    p_sb: Scalar
    p_b: Scalar
    expected: Float[Array, " bands"]
    status: Int[Array, ""]
    expected_status: Int[Array, " bands"]


def _check_level(cl) -> None:
    if not isinstance(cl, Tracer) and not 0.5 < float(cl) < 1.0:
        raise InputError(f"cl must lie between 0.5 and 1, got {cl}")


def asymptotic_limit(
    joint: JointModel,
    chosen: Strength,
    data: Data,
    cl: Float[ArrayLike, ""] = 0.90,
    test: str = "qtilde",
    cls: bool = True,
    start: Values | None = None,
    surely: bool = True,
) -> AsymptoticLimit:
    """Upper limit on a signal strength, with the ±1σ, ±2σ bands expected without signal.

    Args:
        joint, chosen, data: model, its strength, data.
        cl: confidence level.
        test: "q" or "qtilde"; static.
        cls: whether the limit is CLs < 1 − cl or p_sb < 1 − cl; static.
        start: of the first fit.
        surely: whether to search along refitted strengths where `profile_root` finds nothing;
            static.

    Returns:
        `AsymptoticLimit`. With q and without CLs it may lie below 0. No limit is NaN: without
        signal events, or where no strength in the range of the parameter is excluded, it is inf
        with status "unconstrained". Pure: vmap over data or templates. Limits and bands have
        derivatives, forward and in reverse, in everything the model and the data are made of; 0
        where there is no limit.

    Raises:
        InputError: another test, or data that do not fit the model.

    Source: arXiv:1007.1727; bands from Asimov data.

    >>> from dmjax.limits.test_statistics import strength
    >>> from dmjax.analyses.ccm120 import ccm120
    >>> from dmjax.likelihood.joint import observed_data
    >>> joint = JointModel(ccm120(signal=[1.0]))
    >>> found = asymptotic_limit(joint, strength(joint), observed_data(joint))
    >>> round(float(found.limit)), int(found.status)
    (601, 0)
    """
    check_test(test, chosen)
    if test not in ("q", "qtilde"):
        raise InputError(f"an upper limit takes the test q or qtilde, not {test}")
    _check_level(cl)
    check_data(joint, data)
    start = joint.parameters.centres if start is None else start
    base = reference(joint, chosen, data, start)
    nothing = base.scan.values[1]
    unit = one_event(frozen(joint), chosen, frozen(nothing))
    visible = unit > 0
    unit = jnp.where(visible, unit, 1.0)
    most = jnp.minimum(frozen(joint).parameters.upper[chosen.index], unit * 1e12)
    levels = band_levels(cl, cls).astype(start.dtype)
    ends = Ends(unit, most, surely)
    expected, expected_status = expected_limits(joint, chosen, base, ends, levels)
    alpha = (1.0 - jnp.asarray(cl)).astype(start.dtype)
    median = frozen(expected[2])
    first = jnp.where(jnp.isfinite(median), median, unit)
    limit, status, p_values = observed_limit(
        joint, base, first, ends, alpha, Rule(chosen, test, cls)
    )
    nll, best = base.scan.two_nll, base.scan.values[0, chosen.index]
    hidden = LimitStatus.UNREACHED
    return AsymptoticLimit(
        best_fit=best,
        q0=statistic("q0", best, best, nll[0], nll[1], nll[1]),
        limit=jnp.where(visible, limit, jnp.inf),
        p_sb=p_values[0],
        p_b=p_values[1],
        expected=jnp.where(visible, expected, jnp.inf),
        status=jnp.where(visible, status, hidden),
        expected_status=jnp.where(visible, expected_status, hidden),
    )


def asymptotic_limits(
    joint: JointModel,
    chosen: Strength,
    data: Data,
    templates: Sequence[SignalLike],
    cl: Float[ArrayLike, ""] = 0.90,
    test: str = "qtilde",
    cls: bool = True,
    batch_size: int = 25,
) -> AsymptoticLimit:
    """`asymptotic_limit` for many signal templates, in batches; compiled once per shape.

    Args:
        joint, chosen, data: model with a component "signal", its strength, data.
        templates: counts at strength 1, (masses, bins), one entry per model.
        cl, test, cls: see `asymptotic_limit`.
        batch_size: templates held in memory at once; static.

    Returns:
        `AsymptoticLimit` with a leading axis of masses. The slower search is compiled and run for
        those masses alone that the quick one fails at.
    """

    def limits(templates, surely: bool):
        return _limits(joint, chosen, data, templates, cl, test, cls, batch_size, surely)

    def failed(found: AsymptoticLimit):
        lost = (found.expected_status == LimitStatus.FIT_FAILED).any(axis=1)
        return lost | (found.status == LimitStatus.FIT_FAILED)

    return mended(limits, tuple(templates), failed)


@kept
def _limits(joint, chosen, data, templates, cl, test, cls, batch_size: int, surely: bool):
    def one(each):
        model = with_signals(joint, each)
        return asymptotic_limit(model, chosen, data, cl, test, cls, surely=surely)

    return in_chunks(one, templates, batch_size)
