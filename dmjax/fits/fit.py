"""Fits of a joint model: best fit, errors, conditional fits, profiles and intervals.

Functions of (joint, data, …) are pure: jit them once, vmap them over data and starting points.
"""

from collections.abc import Mapping
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from dmjax.fits.curvature import constant, linear_point, newton_next, secant_next, unit_memory
from dmjax.fits.implicit import implicit_minimum
from dmjax.fits.lanes import Ends, Problem, minimise_many
from dmjax.fits.minimise import Box, Minimum, box_of, covariance, descend, unknown_point
from dmjax.fits.retry import ATTEMPTS, start_at
from dmjax.fits.secant import minimise_surely
from dmjax.fits.steps import Point, axis_step, factor_step, newton_point
from dmjax.likelihood.joint import (
    Data,
    JointModel,
    asimov_data,
    integrated_mask,
    log_likelihood,
    observed_data,
)
from dmjax.likelihood.parameters import index_of, values_of
from dmjax.numerics import frozen, safe_sqrt
from dmjax.programs import kept

Scalar = Float[Array, ""]
Values = Float[Array, " parameters"]
STEPS = 60
NEWTON = 4
"""Parameters up to which many fits go by Newton's steps, beyond by BFGS."""

WAYS = ("quick", "precise", "sure")
"""Of a fit, also as attempts go on: in closed form, ended at 1e−8 of −ln L, for toys; ended beyond
rounding; BFGS, then Newton by automatic derivatives."""


class Fit(NamedTuple):
    """A maximum of the likelihood.

    Attributes:
        values: of the parameters, (parameters).
        errors: from the inverse Hessian; 0 where fixed or at a bound, +inf where flat.
        covariance: (parameters, parameters).
        two_nll: −2 ln L.
        at_bound: parameters fixed, or held at an end of their range.
        status: 0 where converged, else see `minimise.STATUS_TEXT`.
        steps: evaluations used.
    """

    values: Values
    errors: Values
    covariance: Float[Array, "parameters parameters"]
    two_nll: Scalar
    at_bound: Bool[Array, " parameters"]
    status: Int[Array, ""]
    steps: Int[Array, ""]


def _objective(operands: tuple[JointModel, Data], values: Values) -> Scalar:
    joint, data = operands
    return -log_likelihood(joint, values, data)


def fixed_mask(joint: JointModel, fixed: Bool[Array, " parameters"] | None):
    """What fits leave where it is: parameters of the caller, and an integrated one."""
    integrated = jnp.asarray(integrated_mask(joint))
    return integrated if fixed is None else fixed | integrated


def problem_of(joint: JointModel, fixed, steps: int, way: str = WAYS[1]) -> Problem:
    """Minimisation of −ln L: in closed form, or by automatic derivatives of an integral."""

    def box(start: Values) -> Box:
        return box_of(start, joint.parameters.lower, joint.parameters.upper, fixed)

    if joint.integrate is not None:

        def evaluate(data: Data, x: Values, _: Point) -> Point:
            return newton_point(partial(_objective, (joint, data)), x)

        return Problem(evaluate, unknown_point, box, axis_step, 0.5, steps)

    def first(start: Values) -> Point:
        safe = jnp.eye(start.size, dtype=start.dtype)
        return unknown_point(start)._replace(safe=safe, memory=unit_memory(joint, start))

    precision = 0.5 if way == "quick" else 2.0 / 3.0
    return Problem(partial(newton_next, joint), first, box, factor_step, precision, steps)


def minimum_of(
    joint: JointModel, data: Data, start: Values, fixed, steps: int = STEPS, way: str = WAYS[1]
) -> Minimum:
    """The minimum of −ln L, without gradient."""
    joint, data, start = frozen((joint, data, start))
    problem = problem_of(joint, fixed, steps, way)
    box = problem.box(start)
    if way == "sure":
        return minimise_surely(partial(_objective, (joint, data)), start, box, steps)
    evaluate = partial(problem.evaluate, data)
    found = descend(evaluate, problem.first(start), box, steps, *problem[3:5])
    return found._replace(value=found.value + left_out(joint, data))


def left_out(joint: JointModel, data: Data) -> Scalar:
    """What the function that is minimised leaves out of −ln L."""
    return constant(data) if joint.integrate is None else jnp.zeros((), data.centres.dtype)


def _secant_problem(joint: JointModel, newton: Problem, about: Values) -> Problem:
    """The same by BFGS from the Hessian that data thrown at `about` have on average."""
    hessian = linear_point(joint, asimov_data(joint, about), about).safe

    def first(start: Values) -> Point:
        return newton.first(start)._replace(hessian=hessian, safe=None)

    return newton._replace(evaluate=partial(secant_next, joint), first=first)


def minima_of(
    joint: JointModel,
    data: Data,
    starts: Float[Array, "toys parameters"],
    fixed: Bool[Array, " parameters"],
    way: str,
    about: Values,
) -> Ends:
    """`minimum_of` of many data sets from as many starts, a few side by side.

    By BFGS above `NEWTON` parameters if the way is quick: a Hessian costs more than two gradients.

    Args:
        joint: the model.
        data: with the data sets along the first axis of every array.
        starts: see `fit`.
        fixed: parameters that keep their start values.
        way: see `fit`; static.
        about: where the data were thrown.
    """
    if way == "sure":
        found = jax.vmap(lambda toy, x: minimum_of(joint, toy, x, fixed, way=way))(data, starts)
        return Ends(found.x, found.value, found.status, found.steps)
    secant = way == "quick" and joint.integrate is None and starts.shape[1] > NEWTON
    usual = problem_of(joint, fixed, STEPS, way)
    problem = _secant_problem(joint, usual, about) if secant else usual
    found = minimise_many(problem, data, starts)
    rest = jax.vmap(lambda toy: left_out(joint, toy))(data)
    return found._replace(value=found.value + rest)


@kept
def fit(
    joint: JointModel,
    data: Data,
    start: Values | None = None,
    fixed: Bool[Array, " parameters"] | None = None,
    steps: int = STEPS,
    way: str = WAYS[1],
) -> Fit:
    """Best fit, or with `fixed` the conditional best fit. Pure; vmap over `data` and `start`.

    Args:
        joint: the model; an integrated parameter keeps its start value.
        data: observed, Asimov or toy.
        start: where to begin; None: the centres of the parameters.
        fixed: True for each parameter that keeps its start value.
        steps: budget; static.
        way: one of `WAYS`; static.

    Returns:
        `Fit`. Its values and two_nll carry first derivatives, forward and in reverse, with respect
        to the model, the data and the values of fixed parameters; its errors carry none.

    >>> from dmjax.likelihood.count_model import CountModel
    >>> from dmjax.likelihood.parameters import Parameter
    >>> from dmjax.likelihood.effects import Component, Scale
    >>> part = Component("all", [1.0], (Scale("n"),))
    >>> joint = JointModel(CountModel("bin", [part], [Parameter("n", 3.0, lower=0.0)], on=[16]))
    >>> best = fit(joint, observed_data(joint))
    >>> round(float(best.values[0]), 3), round(float(best.errors[0]), 3), int(best.status)
    (16.0, 4.0, 0)
    """
    start = joint.parameters.centres if start is None else start
    fixed = fixed_mask(joint, fixed)
    found = minimum_of(joint, data, start, fixed, steps, way)
    matrix = covariance(found)
    values, value = implicit_minimum(_objective, (joint, data), start, fixed, found)
    return Fit(
        values=values,
        errors=safe_sqrt(jnp.diagonal(matrix)),
        covariance=matrix,
        two_nll=2.0 * value,
        at_bound=found.held,
        status=found.status,
        steps=found.steps,
    )


def best_fit(
    joint: JointModel, data: Data | None = None, fixed: Mapping[str, float] | None = None
) -> Fit:
    """`fit`, compiled, with parameters fixed by name; tried again where it fails.

    Args:
        joint: the model.
        data: None: observed.
        fixed: name → value of the parameters to hold.

    Returns:
        `Fit`.
    """
    names = joint.parameters.names
    mask = np.zeros(len(names), bool)
    for name in fixed or {}:
        mask[index_of(names, name)] = True
    data = observed_data(joint) if data is None else data
    start, held = values_of(joint.parameters, fixed), jnp.asarray(mask)
    best = first = fit(joint, data, start, held)
    for attempt in range(1, ATTEMPTS):
        if int(best.status) == 0:
            return best
        key = jax.random.key(attempt)
        other = start_at(joint.parameters, start, key, jnp.asarray(attempt))
        best = fit(joint, data, jnp.where(held, start, other), held, way="sure")
    return best if int(best.status) == 0 else first
