"""−ln L with its gradient and the Hessian JᵀWJ of counts that are nearly linear in parameters.

Value and gradient are exact: Jᵀ times the slope of the likelihood in the counts of each component,
whatever the term of a bin is. The Hessian leaves out the second derivatives of the counts, which
residuals weigh, so that it has no negative curvature. J comes from each component and its own
parameters alone.
"""

from collections.abc import Callable
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from dmjax.fits.steps import Point
from dmjax.likelihood.constraints import log_constraint
from dmjax.likelihood.count_model import CountModel
from dmjax.likelihood.count_terms import log_counts
from dmjax.likelihood.effects import Component, component_counts
from dmjax.likelihood.joint import Data, JointModel

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
    if model.measured is not None:
        return _coupled_point(of_counts, parts, values)
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


def _coupled_point(of_counts: Callable, parts: list[Moving], values: Values):
    """The same where bins share what is profiled, as the factors of a measured template.

    JᵀHJ with the whole second derivative H in the counts: one pass per parameter.
    """
    counts = tuple(part.counts for part in parts)
    value, slopes = jax.value_and_grad(of_counts)(counts)
    ways = []
    for part in parts:
        way = jnp.zeros((values.size, part.counts.size), values.dtype)
        ways.append(way.at[jnp.asarray(part.places, int)].set(part.rows) if part.places else way)

    def bend(way: tuple[Bins, ...]) -> tuple[Bins, ...]:
        return jax.jvp(jax.grad(of_counts), (counts,), (way,))[1]

    bends = jax.vmap(bend)(tuple(ways))
    pairs = list(zip(ways, slopes, bends, strict=True))
    gradient = sum((way @ slope for way, slope, _ in pairs), jnp.zeros_like(values))
    flat = jnp.zeros((values.size, values.size), values.dtype)
    hessian = sum((way @ curve.T for way, _, curve in pairs), flat)
    return value, gradient, 0.5 * (hessian + hessian.T)


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
