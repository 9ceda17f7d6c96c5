"""Fits of a joint model: best fit, errors, conditional fits, profiles and intervals.

Functions of (joint, data, …) are pure: jit them once, vmap them over data and starting points.
"""

from collections.abc import Mapping
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from dmjax.fits.curvature import linear_point
from dmjax.fits.implicit import implicit_minimum
from dmjax.fits.minimise import Box, Minimum, box_of, covariance, descend, minimise
from dmjax.fits.retry import ATTEMPTS, start_at
from dmjax.fits.secant import minimise_surely
from dmjax.fits.steps import factor_step, newton_point, secant_hessian
from dmjax.likelihood.joint import (
    Data,
    JointModel,
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
WAYS = ("precise", "quick", "sure")
"""Of a fit: JᵀWJ; the same, ended at 1e−8 of −ln L, for toys; BFGS, then Newton, for failures."""


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


def minimum_of(
    joint: JointModel, data: Data, start: Values, fixed, steps: int = STEPS, way: str = WAYS[0]
):
    """The minimum of −ln L, without gradient, and the function."""
    joint, data, start = frozen((joint, data, start))
    box = box_of(start, joint.parameters.lower, joint.parameters.upper, fixed)

    def function(values):
        return _objective((joint, data), values)

    if way == "sure":
        return minimise_surely(function, start, box, steps), function
    if joint.integrate is not None:
        return minimise(function, start, *box, steps), function
    precision = 0.5 if way == "quick" else 2.0 / 3.0
    return _linear_minimum(joint, data, start, box, steps, precision), function


def _linear_minimum(
    joint: JointModel, data: Data, start: Values, box: Box, steps: int, precision: float
) -> Minimum:
    """The same with JᵀWJ for Hessian, corrected for how the gradient changed in the last step.

    Alone JᵀWJ converges slowly where residuals are large: it knows nothing of their curvature.
    """

    def evaluate(values, old):
        point = linear_point(joint, data, values)
        moved, change = values - old.x, point.gradient - old.gradient
        return point._replace(hessian=secant_hessian(point.hessian, moved, change))

    first = linear_point(joint, data, jnp.clip(start, box.lower, box.upper))
    return descend(evaluate, first, box, steps, factor_step, precision)


@kept
def fit(
    joint: JointModel,
    data: Data,
    start: Values | None = None,
    fixed: Bool[Array, " parameters"] | None = None,
    steps: int = STEPS,
    way: str = WAYS[0],
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
    found, function = minimum_of(joint, data, start, fixed, steps, way)
    # Errors and derivatives want the exact Hessian; without them nothing is evaluated here.
    found = found._replace(hessian=newton_point(function, found.x).hessian)
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
