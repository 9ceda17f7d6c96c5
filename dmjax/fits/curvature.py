"""−ln L with its gradient and its Hessian in closed form: counts are products of known functions.

The Hessian is JᵀWJ, which has no negative curvature, and the second derivatives of the counts,
weighed by the slope of −ln L in each bin; with constraints. The factors of a measured template are
unknowns like the parameters, eliminated: their own curvature is diagonal.
"""

from functools import reduce
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.special import gammaln
from jaxtyping import Array, Float

from dmjax.fits.moving import Bending, Moving, bending, moving, weighted_bends
from dmjax.fits.steps import Point, secant_hessian
from dmjax.likelihood.constraints import log_constraint
from dmjax.likelihood.count_model import CountModel, Counts
from dmjax.likelihood.joint import Data, JointModel
from dmjax.likelihood.measured import (
    Factors,
    MeasuredTerms,
    measured_terms,
    refined,
    unit_factors,
)
from dmjax.likelihood.onoff import OnOffCounts, onoff_terms
from dmjax.likelihood.poisson import log_onoff_profiled, poisson_terms

Scalar = Float[Array, ""]
Bins = Float[Array, " bins"]
Values = Float[Array, " parameters"]
Rows = Float[Array, "parameters bins"]
_FIRST, _AGAIN = 15, 3
"""Newton's steps to the factors of a measured template, and from those of a point nearby."""


class _Sum(NamedTuple):
    """Parts of −ln L: value, gradient, JᵀWJ, and what the Hessian has beside it."""

    value: Scalar
    gradient: Values
    safe: Float[Array, "parameters parameters"]
    rest: Float[Array, "parameters parameters"]


def constant(data: Data) -> Scalar:
    """Σ ln Γ(n + 1) of all counts: what −ln L has beside the value of `point_at`."""
    total = jnp.zeros((), data.centres.dtype)
    for counts in data.counts:
        if isinstance(counts, Counts):
            for part in counts:
                total = total if part is None else total + jnp.sum(gammaln(part + 1.0))
    return total


def unit_memory(joint: JointModel, values: Values) -> tuple[Any, ...]:
    """What `point_at` remembers of the point before: factors of measured templates, here 1."""
    behind = (model.observed.behind for model in joint.models)
    return tuple(
        () if seen is None else unit_factors(jnp.zeros_like(seen, values.dtype)) for seen in behind
    )


def _rows(parts: list[Moving], size: int, bins: int, dtype) -> Rows:
    """Derivative of the sum of components by every parameter."""
    rows: dict[int, Bins] = {}
    for part in parts:
        for i, row in zip(part.places, part.rows, strict=True):
            rows[i] = rows[i] + row if i in rows else row
    zero = jnp.zeros(bins, dtype)
    return jnp.stack([rows.get(i, zero) for i in range(size)])


def _along(parts: list[Moving], slopes: list[Bins], values: Values) -> Values:
    """Gradient by the parameters from that by the counts of each component."""
    total = jnp.zeros_like(values)
    for part, slope in zip(parts, slopes, strict=True):
        if part.places:
            total = total.at[np.array(part.places)].add(part.rows @ slope)
    return total


def _bent(parts: list[Moving], bent: list[Bending], weights: list[Bins], size: int, dtype):
    """Second derivatives of all counts, weighed."""
    total = jnp.zeros((size, size), dtype)
    for part, more, weight in zip(parts, bent, weights, strict=True):
        if part.places:
            at = np.array(part.places)
            total = total.at[at[:, None], at[None, :]].add(weighted_bends(part, more, weight))
    return total


def _plain_terms(counts: Counts | OnOffCounts, means: Bins) -> tuple[Bins, Bins, Bins]:
    """−ln L of every bin but for a constant, with both derivatives in its mean."""
    if isinstance(counts, OnOffCounts):
        terms = onoff_terms(counts, means)
    elif counts.off is None:
        terms = poisson_terms(counts.on, means)
    else:
        terms = _profiled_terms(counts, means)
    value, slope, bend = terms
    return -value, -slope, -bend


def _profiled_terms(counts: Counts, means: Bins) -> tuple[Bins, Bins, Bins]:
    """On and off counts, the background profiled: Poisson terms by automatic derivatives."""
    on, off = counts.on, jnp.asarray(counts.off)

    def first(mu):
        return jax.jvp(lambda x: log_onoff_profiled(on, off, x), (mu,), (jnp.ones_like(mu),))

    (value, slope), (_, bend) = jax.jvp(first, (means,), (jnp.ones_like(means),))
    known = gammaln(on.astype(means.dtype) + 1.0) + gammaln(off.astype(means.dtype) + 1.0)
    return value + known, slope, bend


class _Behind(NamedTuple):
    """A model with a measured template at a point: what is known of its factors there."""

    terms: MeasuredTerms
    factors: Factors
    gamma: Bins
    template: Moving
    others: list[Moving]


def _slopes_of(model: CountModel, counts, parts: list[Moving], start: Any, steps: int):
    """(−ln L, its slope in the counts of each component, second derivative in the means, rest)."""
    if model.measured is None:
        means = reduce(jnp.add, (part.counts for part in parts))
        value, slope, bend = _plain_terms(counts, means)
        return jnp.sum(value), [slope] * len(parts), bend, None
    here = [component.name == model.measured for component in model.components]
    template = parts[here.index(True)]
    k = template.counts
    others = [part for part, yes in zip(parts, here, strict=True) if not yes]
    s = reduce(jnp.add, (part.counts for part in others), jnp.zeros_like(k))
    n, seen = (jnp.asarray(x, k.dtype) for x in (counts.on, counts.behind))
    wanted = jnp.asarray(model.observed.behind, k.dtype)
    found = refined(start, n, s, k, seen, wanted, steps)
    terms = measured_terms(n, s, k, seen, wanted, found.gamma)
    gamma = jnp.repeat(found.gamma, k.size // seen.size)
    slopes = [terms.slope * gamma if yes else terms.slope for yes in here]
    behind = _Behind(terms, found, gamma, template, others)
    return terms.value, slopes, terms.bend, behind


def _whole(model, counts, names: tuple[str, ...], values: Values, start, steps) -> tuple[_Sum, Any]:
    """Everything of one model, and the factors of its measured template."""
    both = [bending(component, names, values) for component in model.components]
    parts, bent = [pair[0] for pair in both], [pair[1] for pair in both]
    value, slopes, bend, behind = _slopes_of(model, counts, parts, start, steps)
    size, dtype = values.size, values.dtype
    rest = _bent(parts, bent, slopes, size, dtype)
    gradient = _along(parts, slopes, values)
    if behind is None:
        rows = _rows(parts, size, bend.size, dtype)
        return _Sum(value, gradient, (rows * jnp.maximum(bend, 0.0)[None]) @ rows.T, rest), ()
    terms = behind.terms
    of_template = _rows([behind.template], size, bend.size, dtype)
    rows = _rows(behind.others, size, bend.size, dtype) + behind.gamma[None] * of_template
    weighted = rows * bend[None]
    mixed = _by_group(weighted * behind.template.counts[None], terms)
    eased = _eased(mixed, terms)
    more = eased - _eased(mixed + _by_group(terms.slope[None] * of_template, terms), terms)
    return _Sum(value, gradient, weighted @ rows.T - eased, rest + more), behind.factors


def _by_group(each: Rows, terms: MeasuredTerms) -> Float[Array, "parameters groups"]:
    """Sums over the bins of every group whose factor is free."""
    summed = each.reshape(each.shape[0], terms.stiff.size, -1).sum(2)
    return jnp.where(terms.wanted > 0.0, summed, 0.0)


def _eased(mixed: Float[Array, "parameters groups"], terms: MeasuredTerms):
    """B D⁻¹ Bᵀ − (B D⁻¹ a)(B D⁻¹ a)ᵀ/aᵀD⁻¹a: what the Hessian loses when factors are refitted.

    D is the curvature in the factors, B that in parameters and factors, a the counts behind the
    template, whose sum weighed by the factors is kept.
    """
    eased = mixed / terms.stiff[None]
    along = eased @ terms.wanted
    room = jnp.sum(terms.wanted * terms.wanted / terms.stiff)
    return eased @ mixed.T - jnp.outer(along, along) / jnp.where(room > 0.0, room, 1.0)


def _constrained(joint: JointModel, data: Data, values: Values) -> _Sum:
    def height(v):
        return -log_constraint(joint.parameters, v, data.centres)

    # Every constraint is of one parameter: the row sums of its Hessian are the diagonal.
    slope = jax.value_and_grad(height)
    (value, gradient), (_, bend) = jax.jvp(slope, (values,), (jnp.ones_like(values),))
    safe = jnp.diag(jnp.maximum(bend, 0.0))
    return _Sum(value, gradient, safe, jnp.diag(bend) - safe)


def point_at(joint: JointModel, data: Data, values: Values, memory: tuple, steps: int) -> Point:
    """`linear_point` without `constant`, from what the point before remembered.

    Args:
        joint, data, values: see `linear_point`.
        memory: from `unit_memory`, or of a point nearby.
        steps: to the factors of measured templates; static.
    """
    sums, kept = [_constrained(joint, data, values)], []
    names = joint.parameters.names
    for model, counts, held in zip(joint.models, data.counts, memory, strict=True):
        found, factors = _whole(model, counts, names, values, held, steps)
        sums.append(found)
        kept.append(factors)
    value, gradient, safe, rest = (reduce(jnp.add, part) for part in zip(*sums, strict=True))
    return Point(values, value, gradient, safe + rest, safe, tuple(kept))


def newton_next(joint: JointModel, data: Data, values: Values, old: Point) -> Point:
    """`point_at` near a known point."""
    return point_at(joint, data, values, old.memory, _AGAIN)


def secant_next(joint: JointModel, data: Data, values: Values, old: Point) -> Point:
    """The same with the Hessian of the point before, corrected by how the gradient changed (BFGS).

    It costs a third: no derivative of second order, no product of all pairs.
    """
    known, kept = _constrained(joint, data, values), []
    value, gradient = known.value, known.gradient
    names = joint.parameters.names
    for model, counts, held in zip(joint.models, data.counts, old.memory, strict=True):
        parts = [moving(component, names, values) for component in model.components]
        more, slopes, _, behind = _slopes_of(model, counts, parts, held, _AGAIN)
        value, gradient = value + more, gradient + _along(parts, slopes, values)
        kept.append(() if behind is None else behind.factors)
    hessian = secant_hessian(old.hessian, values - old.x, gradient - old.gradient)
    return Point(values, value, gradient, hessian, memory=tuple(kept))


def linear_point(joint: JointModel, data: Data, values: Values) -> Point:
    """−ln L, its gradient and Hessian, and JᵀWJ with the curvature of the constraints.

    Args:
        joint: a model without an integrated parameter.
        data: observed, Asimov or toy.
        values: of the parameters.

    Returns:
        `Point` with the exact Hessian, and JᵀWJ as what is `safe`.

    >>> from dmjax.likelihood.effects import Component, Scale
    >>> from dmjax.likelihood.joint import observed_data
    >>> from dmjax.likelihood.parameters import Parameter
    >>> part = Component("all", [2.0], (Scale("n"),))
    >>> joint = JointModel(CountModel("bin", [part], [Parameter("n", 3.0, lower=0.0)], on=[16]))
    >>> found = linear_point(joint, observed_data(joint), jnp.asarray([4.0]))
    >>> found.gradient.tolist(), found.hessian.tolist()  # 2(1 − 16/8), 4 × 16/8²
    ([-2.0], [[1.0]])
    """
    found = point_at(joint, data, values, unit_memory(joint, values), _FIRST)
    return found._replace(value=found.value + constant(data))
