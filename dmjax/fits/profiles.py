"""Profiles of the likelihood along some parameters, and intervals from them."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Bool, Float, Int

from dmjax.fits.fit import Fit, best_fit, fixed_mask, minimum_of
from dmjax.fits.roots import bracketed_root
from dmjax.likelihood.joint import Data, JointModel, integrated_mask, observed_data
from dmjax.numerics import safe_sqrt
from dmjax.programs import kept

Scalar = Float[Array, ""]
_DOUBLINGS = 8
_ROOT_STEPS = 8


class Interval(NamedTuple):
    """A profile-likelihood interval of one parameter.

    Attributes:
        lower, upper: where −2Δ ln L reaches the level, or the end of the range.
        reached: whether each end was reached inside the range, (2,).
        status: the worst status of the conditional fits at the two ends.
    """

    lower: Scalar
    upper: Scalar
    reached: Bool[Array, "2"]
    status: Int[Array, ""]


def profile_points(
    joint: JointModel,
    data: Data,
    best: Fit,
    indices: Int[Array, " chosen"],
    points: Float[Array, "points chosen"],
) -> tuple[Float[Array, " points"], Int[Array, " points"]]:
    """−2 ln[L(point, others refitted)/L(best)] on points of one, two or more parameters.

    Args:
        joint, data: the model and its data.
        best: the unconditional fit, also the start of every refit.
        indices: positions of the chosen parameters.
        points: their values.

    Returns:
        (q, status), each (points,). q ≥ 0 up to rounding where both fits converged.
    """
    fixed = fixed_mask(joint, jnp.zeros(best.values.shape, bool).at[indices].set(True))

    def one(point):
        found = minimum_of(joint, data, best.values.at[indices].set(point), fixed)
        return 2.0 * found.value - best.two_nll, found.status

    return jax.vmap(one)(points)


class _End(NamedTuple):
    value: Scalar
    reached: Bool[Array, ""]
    status: Int[Array, ""]


def _end(joint: JointModel, data: Data, best: Fit, index, side, level) -> _End:
    """One end of an interval: steps that double until the level is passed, then a root."""
    limits = joint.parameters
    centre, error = best.values[index], best.errors[index]
    left_out = jnp.asarray(integrated_mask(joint))[index]
    usable = (error > 0) & jnp.isfinite(error)
    unit = jnp.where(usable, error, jnp.maximum(jnp.abs(centre), 1.0))
    target = jnp.sqrt(jnp.asarray(level, unit.dtype))

    def height(x):
        q, status = profile_points(joint, data, best, index[None], x[None, None])
        return safe_sqrt(q[0]) - target, status[0]

    def going(state):
        _, _, _, outer, at_outer, count = state
        inside = (outer > limits.lower[index]) & (outer < limits.upper[index])
        on = (at_outer <= 0) & inside & (count < _DOUBLINGS)
        return ~left_out & ((count == 0) | on)

    def further(state):
        _, _, reach, outer, at_outer, count = state
        trial = jnp.clip(centre + side * reach, limits.lower[index], limits.upper[index])
        return outer, at_outer, 2.0 * reach, trial, height(trial)[0], count + 1

    start = (centre, -target, unit, centre, -target, jnp.asarray(0))
    inner, at_inner, _, outer, at_outer, _ = jax.lax.while_loop(going, further, start)
    reached = at_outer > 0
    root = bracketed_root(
        lambda x: height(x)[0], inner, outer, at_inner, at_outer, steps=_ROOT_STEPS
    )
    value = jnp.where(reached, root, outer)
    return _End(value, reached, height(value)[1])


def interval(
    joint: JointModel,
    data: Data,
    best: Fit,
    index: Int[ArrayLike, ""],
    level: Float[ArrayLike, ""] = 1.0,
) -> Interval:
    """Where the profile of one parameter rises by `level` on both sides of its best fit.

    Args:
        joint, data, best: model, data, unconditional fit.
        index: position of the parameter.
        level: of −2Δ ln L: 1 for 68.3 %, 2.706 for 90 %.

    Returns:
        `Interval`. An end that is not reached within 128 errors or the range is that end itself,
        with `reached` False; both ends of an integrated parameter are its fixed value.
    """
    index = jnp.asarray(index)
    sides = jnp.asarray([-1.0, 1.0], best.values.dtype)
    ends = jax.lax.map(lambda side: _end(joint, data, best, index, side, level), sides)
    return Interval(ends.value[0], ends.value[1], ends.reached, jnp.max(ends.status))


@kept
def _intervals(joint: JointModel, data: Data, best: Fit, level: Scalar) -> Interval:
    indices = jnp.arange(best.values.shape[0])
    return jax.lax.map(lambda i: interval(joint, data, best, i, level), indices)


def all_intervals(
    joint: JointModel, data: Data | None = None, best: Fit | None = None, level: float = 1.0
) -> Interval:
    """`interval` of every parameter, compiled: arrays (parameters,), `reached` (parameters, 2)."""
    data = observed_data(joint) if data is None else data
    best = best_fit(joint, data) if best is None else best
    return _intervals(joint, data, best, jnp.asarray(level, best.values.dtype))
