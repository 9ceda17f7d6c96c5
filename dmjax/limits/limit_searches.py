"""The searches for one observed limit and for its expected ones."""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from dmjax.fits.implicit import implicit_root
from dmjax.fits.minimise import Status
from dmjax.fits.roots import rising_root
from dmjax.likelihood.joint import JointModel, joint_expected
from dmjax.limits.asymptotics import (
    Reference,
    asimov_statistic,
    asymptotic_p_values,
    both_statistics,
)
from dmjax.limits.limit_status import LimitStatus, limit_status
from dmjax.limits.profile_root import Side, profile_root
from dmjax.limits.test_statistics import Strength
from dmjax.numerics import frozen, safe_divide, safe_sqrt

Scalar = Float[Array, ""]
Values = Float[Array, " parameters"]
_TOLERANCE = 1e-8


def one_event(joint: JointModel, chosen: Strength, values: Values) -> Scalar:
    """Strength of about one signal event; 0 where the signal has no events."""
    with_signal = joint_expected(joint, values.at[chosen.index].set(1.0))
    without = joint_expected(joint, values.at[chosen.index].set(0.0))
    sizes = [jnp.sum(jnp.abs(a - b)) for a, b in zip(with_signal, without, strict=True)]
    return safe_divide(jnp.ones_like(values[0]), jnp.sum(jnp.stack(sizes)))


def _shortfall(operands, point: Scalar, *, chosen: Strength) -> Scalar:
    """√q_A at a strength less the wanted level."""
    joint, base, level = operands
    return safe_sqrt(asimov_statistic(joint, chosen, base, point)[0]) - level


class Ends(NamedTuple):
    """Where limits are looked for: from one event's strength to the largest one; and how.

    Attributes:
        unit, most: strengths.
        surely: whether a search along refitted strengths stands in where parabolas lead nowhere;
            static.
    """

    unit: Scalar
    most: Scalar
    surely: bool


def expected_limits(joint, chosen, base: Reference, ends: Ends, levels):
    """Where √q_A reaches each level, and a `LimitStatus` of each."""
    still, held = frozen((joint, base))
    side = Side(held.asimov, held.scan.values[1], held.asimov_nll)
    zero = jnp.zeros_like(ends.unit)

    def one(level):
        level = frozen(level)
        lowest = -jnp.maximum(level, 1e-3)

        def rise(q):
            return safe_sqrt(q[0]) - level, ()

        met = profile_root(still, chosen, [side], rise, zero, zero, lowest, ends.most, ends.unit)
        place, reached, fitted = met.x, met.reached, jnp.where(met.found, 0, Status.BUDGET)
        if ends.surely:

            def height(point):
                q, status = asimov_statistic(still, chosen, held, point)
                return safe_sqrt(q) - level, status

            most = jnp.where(met.found, zero, ends.most)
            slow = rising_root(height, zero, lowest, ends.unit, most, _TOLERANCE)
            place = jnp.where(met.found, place, slow.x)
            reached = jnp.where(met.found, reached, slow.reached)
            fitted = jnp.where(met.found, 0, slow.info)
        return place, reached, limit_status(fitted, reached | ~met.found, base.scan.status[1])

    found, reached, status = jax.vmap(one)(levels)

    def moving(place, level, reached):
        operands, residual = (joint, base, level), partial(_shortfall, chosen=chosen)
        limit = implicit_root(residual, operands, place, reached & (level > 0.0))
        return jnp.where(reached, limit, jnp.inf)

    limits = jax.vmap(moving)(found, levels, reached)
    at_zero = levels <= 0.0
    return jnp.where(at_zero, 0.0, limits), jnp.where(at_zero, LimitStatus.AT_ZERO, status)


class Rule(NamedTuple):
    """What an observed limit is the root of; static."""

    chosen: Strength
    test: str
    cls: bool


def _excess(operands, point: Scalar, *, rule: Rule) -> tuple[Scalar, tuple]:
    """ln α less ln CLs or ln p_sb of a strength; (status of its fits, ln p_sb, ln p_b)."""
    joint, base, alpha = operands
    q, q_asimov, status = both_statistics(joint, rule.chosen, base, point, rule.test)
    found = asymptotic_p_values(q, q_asimov, rule.test)
    return jnp.log(alpha) - (found.log_cls if rule.cls else found.log_sb), (
        status,
        found.log_sb,
        found.log_b,
    )


def _excess_alone(operands, point: Scalar, *, rule: Rule) -> Scalar:
    return _excess(operands, point, rule=rule)[0]


def observed_limit(joint, base: Reference, first, ends: Ends, alpha, rule: Rule):
    """Where ln CLs or ln p_sb of the data falls to ln α above the best fit, where it is ≥ ln ½."""
    operands = (joint, base, alpha)
    still, held, log_alpha = *frozen((joint, base)), jnp.log(frozen(alpha))
    best = held.scan.values[0, rule.chosen.index]
    low = best if rule.test == "q" and not rule.cls else jnp.maximum(best, 0.0)
    at_low = jnp.log(2.0) + log_alpha
    free = held.scan.two_nll[0]
    origin = held.scan.two_nll[1] if rule.test == "qtilde" else free
    sides = [
        Side(held.data, held.scan.values[0], jnp.where(best < 0.0, origin, free)),
        Side(held.asimov, held.scan.values[1], held.asimov_nll),
    ]

    def excess(q):
        found = asymptotic_p_values(q[0], q[1], rule.test)
        log = found.log_cls if rule.cls else found.log_sb
        return log_alpha - log, (found.log_sb, found.log_b)

    begin = jnp.maximum(first, low + 1e-3 * ends.unit)
    met = profile_root(still, rule.chosen, sides, excess, begin, low, at_low, ends.most, ends.unit)
    place, reached, logs = met.x, met.reached, met.info
    fitted = jnp.where(met.found, 0, Status.BUDGET)
    if ends.surely:
        height = partial(_excess, frozen(operands), rule=rule)
        most = jnp.where(met.found, low, ends.most)
        slow = rising_root(height, low, at_low, first, most, _TOLERANCE)
        slow_fitted, *slow_logs = slow.info
        pairs = ((place, slow.x), (reached, slow.reached), (0, slow_fitted))
        place, reached, fitted = (jnp.where(met.found, a, b) for a, b in pairs)
        logs = [jnp.where(met.found, a, b) for a, b in zip(logs, slow_logs, strict=True)]
    limit = implicit_root(partial(_excess_alone, rule=rule), operands, place, reached)
    status = limit_status(fitted, reached | ~met.found, jnp.max(base.scan.status))
    return jnp.where(reached, limit, jnp.inf), status, jnp.exp(jnp.stack(logs))
