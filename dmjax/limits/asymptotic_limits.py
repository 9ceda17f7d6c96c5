"""Asymptotic upper limits on a signal strength with expected bands, and batches of them."""

from collections.abc import Sequence
from enum import IntEnum
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax.core import Tracer
from jaxtyping import Array, ArrayLike, Float, Int

from dmjax.batches import SIZES, in_chunks, in_few_sizes
from dmjax.errors import InputError
from dmjax.fits.implicit import implicit_root
from dmjax.fits.pseudo_data import check_data
from dmjax.fits.roots import rising_root
from dmjax.likelihood.joint import Data, JointModel, joint_expected
from dmjax.likelihood.signals import SignalLike, with_signals
from dmjax.limits.asymptotics import (
    Reference,
    asimov_statistic,
    asymptotic_p_values,
    band_levels,
    both_statistics,
    reference,
)
from dmjax.limits.test_statistics import Strength, check_test, statistic
from dmjax.numerics import frozen, safe_divide, safe_sqrt
from dmjax.programs import kept

Scalar = Float[Array, ""]
Values = Float[Array, " parameters"]
_TOLERANCE = 1e-8


class LimitStatus(IntEnum):
    """What an upper limit is."""

    FOUND = 0
    UNREACHED = 1
    AT_ZERO = 2
    FIT_FAILED = 3


LIMIT_TEXT = (
    "ok",
    "unconstrained",
    "zero: every strength is excluded",
    "a fit did not converge",
)
"""One line per `LimitStatus`."""


def limit_status(fitted: Array, reached: Array, base: Array) -> Array:
    """`LimitStatus` of a root: status of the fits there, whether it exists, of the fits below."""
    status = jnp.where(fitted == 0, LimitStatus.FOUND, LimitStatus.FIT_FAILED)
    status = jnp.where(reached, status, LimitStatus.UNREACHED)
    return jnp.where(base == 0, status, LimitStatus.FIT_FAILED)


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


def _one_event(joint: JointModel, chosen: Strength, values: Values) -> Scalar:
    """Strength of about one signal event; 0 where the signal has no events."""
    with_signal = joint_expected(joint, values.at[chosen.index].set(1.0))
    without = joint_expected(joint, values.at[chosen.index].set(0.0))
    sizes = [jnp.sum(jnp.abs(a - b)) for a, b in zip(with_signal, without, strict=True)]
    return safe_divide(jnp.ones_like(values[0]), jnp.sum(jnp.stack(sizes)))


def _shortfall(operands, point: Scalar, *, chosen: Strength) -> Scalar:
    """√q_A at a strength less the wanted level."""
    joint, base, level = operands
    return safe_sqrt(asimov_statistic(joint, chosen, base, point)[0]) - level


def _expected(joint, chosen, base: Reference, unit: Scalar, most: Scalar, levels):
    """Where √q_A reaches each level, and a `LimitStatus` of each."""
    still, held = frozen((joint, base))

    def one(level):
        def height(point):
            q, status = asimov_statistic(still, chosen, held, point)
            return safe_sqrt(q) - frozen(level), status

        zero = jnp.zeros_like(unit)
        lowest = -jnp.maximum(frozen(level), 1e-3)
        found = rising_root(height, zero, lowest, unit, most, _TOLERANCE)
        status = limit_status(found.info, found.reached, base.scan.status[1])
        return found.x, found.reached, status

    found, reached, status = jax.vmap(one)(levels)

    def moving(place, level, reached):
        operands, residual = (joint, base, level), partial(_shortfall, chosen=chosen)
        limit = implicit_root(residual, operands, place, reached & (level > 0.0))
        return jnp.where(reached, limit, jnp.inf)

    limits = jax.vmap(moving)(found, levels, reached)
    at_zero = levels <= 0.0
    return jnp.where(at_zero, 0.0, limits), jnp.where(at_zero, LimitStatus.AT_ZERO, status)


class _Rule(NamedTuple):
    """What an observed limit is the root of; static."""

    chosen: Strength
    test: str
    cls: bool


def _excess(operands, point: Scalar, *, rule: _Rule) -> tuple[Scalar, tuple]:
    """ln α less ln CLs or ln p_sb of a strength; (status of its fits, ln p_sb, ln p_b)."""
    joint, base, alpha = operands
    q, q_asimov, status = both_statistics(joint, rule.chosen, base, point, rule.test)
    found = asymptotic_p_values(q, q_asimov, rule.test)
    return jnp.log(alpha) - (found.log_cls if rule.cls else found.log_sb), (
        status,
        found.log_sb,
        found.log_b,
    )


def _excess_alone(operands, point: Scalar, *, rule: _Rule) -> Scalar:
    return _excess(operands, point, rule=rule)[0]


def _observed(joint, base: Reference, first, most, alpha, rule: _Rule):
    """Where ln CLs or ln p_sb of the data falls to ln α above the best fit, where it is ≥ ln ½."""
    operands = (joint, base, alpha)
    height = partial(_excess, frozen(operands), rule=rule)
    best = frozen(base.scan.values[0, rule.chosen.index])
    low = best if rule.test == "q" and not rule.cls else jnp.maximum(best, 0.0)
    found = rising_root(height, low, jnp.log(2.0 * frozen(alpha)), first, most, _TOLERANCE)
    limit = implicit_root(partial(_excess_alone, rule=rule), operands, found.x, found.reached)
    fitted, *logs = found.info
    status = limit_status(fitted, found.reached, jnp.max(base.scan.status))
    p_values = jnp.exp(jnp.stack(logs))
    return jnp.where(found.reached, limit, jnp.inf), status, p_values


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
) -> AsymptoticLimit:
    """Upper limit on a signal strength, with the ±1σ, ±2σ bands expected without signal.

    Args:
        joint, chosen, data: model, its strength, data.
        cl: confidence level.
        test: "q" or "qtilde"; static.
        cls: whether the limit is CLs < 1 − cl or p_sb < 1 − cl; static.
        start: of the first fit.

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
    unit = _one_event(frozen(joint), chosen, frozen(nothing))
    visible = unit > 0
    unit = jnp.where(visible, unit, 1.0)
    most = jnp.minimum(frozen(joint).parameters.upper[chosen.index], unit * 1e12)
    levels = band_levels(cl, cls).astype(start.dtype)
    expected, expected_status = _expected(joint, chosen, base, unit, most, levels)
    alpha = (1.0 - jnp.asarray(cl)).astype(start.dtype)
    median = frozen(expected[2])
    first = jnp.where(jnp.isfinite(median), median, unit)
    limit, status, p_values = _observed(joint, base, first, most, alpha, _Rule(chosen, test, cls))
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
) -> AsymptoticLimit:
    """`asymptotic_limit` for many signal templates, in blocks of few sizes that compile once each.

    Args:
        joint, chosen, data: model with a component "signal", its strength, data.
        templates: counts at strength 1, (masses, bins), one entry per model.
        cl, test, cls: see `asymptotic_limit`.

    Returns:
        `AsymptoticLimit` with a leading axis of masses.
    """

    def block(some) -> AsymptoticLimit:
        return _limits(joint, chosen, data, some, cl, test, cls)

    return in_few_sizes(block, tuple(templates))


@kept
def _limits(joint, chosen, data, templates, cl, test: str, cls: bool) -> AsymptoticLimit:
    return in_chunks(
        lambda each: asymptotic_limit(with_signals(joint, each), chosen, data, cl, test, cls),
        templates,
        SIZES[-1],
    )
