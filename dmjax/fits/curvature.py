"""−ln L with its gradient and the Hessian JᵀWJ of counts that are nearly linear in parameters.

Value and gradient are exact: Jᵀ times the slope of the likelihood in the counts of each component,
whatever the term of a bin is. The Hessian leaves out the second derivatives of the counts, which
residuals weigh, so that it has no negative curvature. J comes from each component and its own
parameters alone.
"""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from dmjax.fits.steps import Point
from dmjax.likelihood.count_model import CountModel, log_counts
from dmjax.likelihood.effects import Component, component_counts
from dmjax.likelihood.joint import Data, JointModel
from dmjax.likelihood.parameters import log_constraint

Scalar = Float[Array, ""]
Bins = Float[Array, " bins"]
Values = Float[Array, " parameters"]


class Moving(NamedTuple):
    """Counts of a component, and how they move.

    Attributes:
        counts: expected, (bins,).
        places: positions of the parameters that move them.
        rows: derivative by each of these, (places, bins).
    """

    counts: Bins
    places: tuple[int, ...]
    rows: Float[Array, "places bins"]


def moving(component: Component, names: tuple[str, ...], values: Values) -> Moving:
    """A component at values of named parameters."""
    used = {effect.parameter for effect in component.effects}
    own = tuple(i for i, name in enumerate(names) if name in used)
    if not own:
        counts = component_counts(component, {}).astype(values.dtype)
        return Moving(counts, (), jnp.zeros((0, counts.size), values.dtype))

    def counts_of(some):
        found = component_counts(component, {names[i]: some[k] for k, i in enumerate(own)})
        return found, found

    slopes, counts = jax.jacfwd(counts_of, has_aux=True)(jnp.stack([values[i] for i in own]))
    return Moving(counts, own, slopes.T)


def _with_counts(component: Component, counts: Bins) -> Component:
    """The component with fixed counts in place of its template and effects."""
    if not component.effects:
        return eqx.tree_at(lambda c: c.nominal, component, counts)
    return eqx.tree_at(lambda c: (c.nominal, c.effects), component, (counts, ()))


def _model_point(model: CountModel, data, names: tuple[str, ...], values: Values):
    """(−ln L, its gradient, JᵀWJ) of the counts of one model."""
    parts = [moving(component, names, values) for component in model.components]

    def of_counts(counts: tuple[Bins, ...]) -> Scalar:
        fixed = tuple(map(_with_counts, model.components, counts))
        return -log_counts(eqx.tree_at(lambda m: m.components, model, fixed), {}, data)

    counts = tuple(part.counts for part in parts)
    # Bins are independent: one direction, a count more in every bin, gives every second derivative.
    along = (*(jnp.zeros_like(part) for part in counts[:-1]), jnp.ones_like(counts[-1]))
    (value, slopes), (_, bends) = jax.jvp(jax.value_and_grad(of_counts), (counts,), (along,))
    rows: dict[int, Bins] = {}
    gradient = jnp.zeros_like(values)
    for part, slope in zip(parts, slopes, strict=True):
        for i, row in zip(part.places, part.rows, strict=True):
            rows[i] = rows[i] + row if i in rows else row
        if part.places:
            gradient = gradient.at[jnp.asarray(part.places)].add(part.rows @ slope)
    hessian = jnp.zeros((values.size, values.size), values.dtype)
    if rows:
        places, jacobian = jnp.asarray(list(rows)), jnp.stack(list(rows.values()))
        block = (jacobian * jnp.maximum(bends[-1], 0.0)[None, :]) @ jacobian.T
        hessian = hessian.at[places[:, None], places[None, :]].set(block)
    return value, gradient, hessian


def linear_point(joint: JointModel, data: Data, values: Values) -> Point:
    """−ln L, its gradient, and JᵀWJ with the curvature of the constraints.

    Args:
        joint: a model without an integrated parameter.
        data: observed, Asimov or toy.
        values: of the parameters.

    Returns:
        `Point` with a Hessian that is never negative.

    >>> from dmjax.likelihood.effects import Scale
    >>> from dmjax.likelihood.joint import observed_data
    >>> from dmjax.likelihood.parameters import Parameter
    >>> part = Component("all", [2.0], (Scale("n"),))
    >>> joint = JointModel(CountModel("bin", [part], [Parameter("n", 3.0, lower=0.0)], on=[16]))
    >>> found = linear_point(joint, observed_data(joint), jnp.asarray([4.0]))
    >>> found.gradient.tolist(), found.hessian.tolist()  # 2(1 − 16/8), 4 × 16/8²
    ([-2.0], [[1.0]])
    """

    def constrained(v):
        return -log_constraint(joint.parameters, v, data.centres)

    # Every constraint is of one parameter: the row sums of its Hessian are the diagonal.
    slope = jax.value_and_grad(constrained)
    (value, gradient), (_, bend) = jax.jvp(slope, (values,), (jnp.ones_like(values),))
    hessian = jnp.diag(jnp.maximum(bend, 0.0))
    for model, counts in zip(joint.models, data.counts, strict=True):
        more = _model_point(model, counts, joint.parameters.names, values)
        value, gradient, hessian = value + more[0], gradient + more[1], hessian + more[2]
    return Point(values, value, gradient, hessian)
