"""Test statistics of one signal strength, from profile fits of a joint model."""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from dmjax.errors import InputError, unknown_name
from dmjax.fits.estimates import ROUNDING
from dmjax.fits.fit import WAYS, fit, fixed_mask, minima_of
from dmjax.fits.minimise import Status
from dmjax.likelihood.joint import Data, JointModel, log_likelihood
from dmjax.likelihood.parameters import index_of

Scalar = Float[Array, ""]
Values = Float[Array, " parameters"]

TESTS = ("q0", "q", "qtilde", "t")
"""Test statistics that `statistic` knows."""


class Strength(NamedTuple):
    """Which parameter of a joint model is the signal strength; hashable, so static under jit.

    Attributes:
        name, index: of the parameter.
        signed: whether its range reaches below 0.
    """

    name: str
    index: int
    signed: bool


class ProfileScan(NamedTuple):
    """The unconditional fit, then conditional fits at given strengths.

    Attributes:
        two_nll: −2 ln L, (1 + points).
        values: of all parameters, (1 + points, parameters).
        status: of the minimiser, (1 + points).
    """

    two_nll: Float[Array, " fits"]
    values: Float[Array, "fits parameters"]
    status: Int[Array, " fits"]


def strength(joint: JointModel, name: str = "signal") -> Strength:
    """The signal strength of a concrete joint model; InputError where there is no such free one."""
    index = index_of(joint.parameters.names, name)
    if np.isfinite(float(joint.parameters.sigmas[index])):
        raise InputError(f"'{name}' is constrained; a signal strength must be a free parameter")
    lower = float(joint.parameters.lower[index])
    if lower > 0.0:
        raise InputError(f"the range of '{name}' starts at {lower:g}; a strength must reach 0")
    return Strength(name, index, lower < 0.0)


def check_test(test: str, chosen: Strength) -> None:
    """InputError for an unknown test, or q where the strength cannot fall below 0."""
    if test not in TESTS:
        raise unknown_name("test statistic", test, TESTS)
    if test == "q" and not chosen.signed:
        raise InputError(
            f"'{chosen.name}' cannot fall below 0, so q is not defined: use qtilde, or give the "
            "parameter a range below 0"
        )


def profile_scan(
    joint: JointModel,
    chosen: Strength,
    data: Data,
    points: Float[Array, " points"],
    start: Values,
) -> ProfileScan:
    """Fit freely, then at each strength in turn, every fit starting where the last one ended.

    Args:
        joint, chosen: model and its strength.
        data: observed, Asimov or toy.
        points: strengths of the conditional fits.
        start: of the free fit.

    Returns:
        `ProfileScan`. Pure: vmap over data. The fits run one after the other through one compiled
        minimiser.
    """
    here = jnp.arange(start.shape[0]) == chosen.index

    def one(values, target):
        held, point = target
        begin = jnp.where(here & held, point, values)
        found = fit(joint, data, begin, here & held)
        return found.values, (found.two_nll, found.values, found.status)

    held = np.arange(points.shape[0] + 1) > 0
    targets = (held, jnp.concatenate([jnp.zeros_like(points, shape=1), points]))
    return ProfileScan(*jax.lax.scan(one, start, targets)[1])


def toy_scans(
    joint: JointModel,
    chosen: Strength,
    data: Data,
    points: Float[Array, " points"],
    starts: Float[Array, "toys parameters"],
    truth: Values,
    way: str,
) -> ProfileScan:
    """`profile_scan` of many toys, checked against what they were thrown at.

    Args:
        joint, chosen: model and its strength.
        data: toys, along the first axis of every array.
        points: strengths of the conditional fits.
        starts: of the free fits; tried again, of the conditional fits, which then come first.
        truth: parameter values that the toys were thrown at.
        way: see `fit`; static.

    Returns:
        `ProfileScan` with a leading axis of toys; see `checked_scan`.
    """
    here = jnp.arange(truth.shape[0]) == chosen.index

    def one(values, target):
        held, point = target
        begin = jnp.where((here & held)[None], point, values)
        found = minima_of(joint, data, begin, fixed_mask(joint, here & held), way, truth)
        return found.x, (2.0 * found.value, found.x, found.status)

    held = np.arange(points.shape[0] + 1) > 0
    targets = (held, jnp.concatenate([jnp.zeros_like(points, shape=1), points]))
    # Tried again, the free fit comes last: it cannot end above the fit that it begins at.
    scans = jax.lax.scan(one, starts, targets, reverse=way != WAYS[0])[1]
    scans = ProfileScan(*(jnp.moveaxis(part, 0, 1) for part in scans))
    check = partial(checked_scan, joint, chosen)
    return jax.vmap(lambda toy, scan: check(toy, scan, points, truth))(data, scans)


def conditional(
    joint: JointModel, chosen: Strength, data: Data, point: Scalar, start: Values
) -> ProfileScan:
    """One conditional fit, as a `ProfileScan` without the axis of fits."""
    here = jnp.arange(start.shape[0]) == chosen.index
    found = fit(joint, data, jnp.where(here, point, start), here)
    return ProfileScan(found.two_nll, found.values, found.status)


def statistic(
    test: str, point: Scalar, best: Scalar, free: Scalar, zero: Scalar, at: Scalar
) -> Scalar:
    """One test statistic from three values of −2 ln L.

    q0 = −2 ln[L(0)/L(μ̂)] for μ̂ > 0, else 0; q = −2 ln[L(μ)/L(μ̂)] for μ̂ ≤ μ, else 0;
    q̃ = q with L(0) in place of L(μ̂) where μ̂ < 0; t = q̃ on both sides of μ̂.

    Args:
        test: one of `TESTS`; static.
        point: strength μ that is tested.
        best: μ̂.
        free, zero, at: −2 ln L at the best fit, at 0 and at μ.

    Returns:
        The statistic, ≥ 0.

    Source: Cowan, Cranmer, Gross, Vitells, arXiv:1007.1727, Eqs. 12, 14, 16, 11.

    >>> numbers = [jnp.asarray(v) for v in (2.0, -1.0, 10.0, 11.0, 16.0)]
    >>> [float(statistic(test, *numbers)) for test in TESTS]
    [0.0, 6.0, 5.0, 5.0]
    """
    if test == "q0":
        return jnp.where(best > 0, jnp.maximum(zero - free, 0.0), 0.0)
    reference = free if test == "q" else jnp.where(best < 0, zero, free)
    rise = jnp.maximum(at - reference, 0.0)
    return rise if test == "t" else jnp.where(best <= point, rise, 0.0)


def checked_scan(
    joint: JointModel, chosen: Strength, data: Data, scan: ProfileScan, points, truth: Values
) -> ProfileScan:
    """A scan of a toy whose minima above what was thrown are failures.

    No minimum may lie above −2 ln L at the truth, with the strength at that of the fit, nor the
    free one above a conditional one.

    Args:
        joint, chosen, data: model, strength, toy.
        scan: of the toy at `points`.
        points: strengths of the conditional fits.
        truth: parameter values that the toy was thrown at.
    """
    places = jnp.concatenate([truth[chosen.index][None], points])
    thrown = jax.vmap(
        lambda point: -2.0 * log_likelihood(joint, truth.at[chosen.index].set(point), data)
    )(places)
    ceiling = thrown.at[0].set(jnp.minimum(thrown[0], jnp.min(scan.two_nll)))
    above = scan.two_nll > ceiling + ROUNDING
    failed = jnp.where(above, Status.ABOVE_TRUTH, scan.status)
    return scan._replace(status=jnp.where(scan.status == 0, failed, scan.status))


def statistics_at(
    joint: JointModel,
    chosen: Strength,
    data: Data,
    points: Float[Array, " points"],
    start: Values,
    test: str = "qtilde",
) -> tuple[Float[Array, " points"], Scalar, Int[Array, ""]]:
    """A test statistic at several strengths for one data set.

    Args:
        joint, chosen, data: model, strength, data.
        points: strengths tested; for q0 they are not used but give the shape.
        start: of the free fit.
        test: one of `TESTS`; static.

    Returns:
        (statistic (points,), best-fit strength, worst status of the fits).
    """
    wanted = wanted_points(chosen, points, test)
    scan = profile_scan(joint, chosen, data, wanted, start)
    return judged(chosen, scan, points, test)


def wanted_points(chosen: Strength, points, test: str) -> Float[Array, " wanted"]:
    """Strengths of the conditional fits that a statistic at some points takes."""
    if test == "q0":
        return jnp.zeros_like(points[:1])
    return jnp.concatenate([jnp.zeros_like(points[:1]), points]) if chosen.signed else points


def judged(
    chosen: Strength, scan: ProfileScan, points, test: str
) -> tuple[Float[Array, " points"], Scalar, Int[Array, ""]]:
    """`statistics_at` where the fits at `wanted_points` are known."""
    best, free = scan.values[0, chosen.index], scan.two_nll[0]
    zero = scan.two_nll[1] if chosen.signed or test == "q0" else free
    at = scan.two_nll[-points.shape[0] :] if test != "q0" else jnp.full(points.shape, zero)
    found = jax.vmap(lambda point, here: statistic(test, point, best, free, zero, here))(points, at)
    return found, best, jnp.max(scan.status)
