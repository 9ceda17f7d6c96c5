"""Counts of a component with their first and second derivatives in its own parameters.

Every effect is of one parameter, so that one-dimensional derivatives of each and the rule for
products give everything: counts = T Π f, T = nominal + Σ offsets.
"""

from collections.abc import Callable
from functools import reduce
from itertools import accumulate
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from dmjax.likelihood.effects import AbstractOffset, Component

Scalar = Float[Array, ""]
Bins = Float[Array, " bins"]
Values = Float[Array, " parameters"]


class Moving(NamedTuple):
    """Counts of a component, and how they move.

    Attributes:
        counts: expected, (bins,).
        places: position of the parameter of every effect that has one; two effects may share one.
        rows: derivative of the counts by each of these, (places, bins).
    """

    counts: Bins
    places: tuple[int, ...]
    rows: Float[Array, "places bins"]


class Bending(NamedTuple):
    """What second derivatives of the counts need beside `Moving`.

    Attributes:
        bends: second derivative by each effect alone, (places, bins).
        ratios: f′/f of the effect where it is a factor that is not 0, else 0, (places, bins).
        factors: whether it is, (places,).
    """

    bends: Float[Array, "places bins"]
    ratios: Float[Array, "places bins"]
    factors: Bool[Array, " places"]


class _Effects(NamedTuple):
    """Derivatives (value, first, second) of the offset and the factor of each effect."""

    offsets: list[tuple[Array, ...]]
    factors: list[tuple[Array, ...]]


def _effects(
    component: Component, names: tuple[str, ...], values: Values, order: Callable
) -> _Effects:
    nominal = component.nominal.astype(values.dtype)
    zero, one = jnp.zeros((), values.dtype), jnp.ones((), values.dtype)
    offsets, factors = [], []
    for effect in component.effects:
        value = values[names.index(effect.parameter)] if effect.parameter else zero
        adds = isinstance(effect, AbstractOffset)
        if adds or not effect.parameter:
            offsets.append(order(lambda v, e=effect: e.offset(v, nominal), value))
        else:
            offsets.append((zero, zero, zero))
        factors.append((one, zero, zero) if adds else order(effect.factor, value))
    # Without the barrier every sum below would evaluate the exponentials again.
    return _Effects(*jax.lax.optimization_barrier((offsets, factors)))


def moving(component: Component, names: tuple[str, ...], values: Values) -> Moving:
    """A component at values of named parameters."""
    return _moving(component, names, values, _slope)[0]


def bending(component: Component, names: tuple[str, ...], values: Values) -> tuple[Moving, Bending]:
    """`moving`, with what second derivatives need."""
    return _moving(component, names, values, _taylor)


def _moving(component, names, values, order) -> tuple[Moving, Bending]:
    known = _effects(component, names, values, order)
    nominal = component.nominal.astype(values.dtype)
    total = reduce(jnp.add, (offset[0] for offset in known.offsets), nominal)
    positive = total >= 0.0
    total = jnp.where(positive, total, 0.0)
    one = jnp.ones((), values.dtype)
    alone = [factor[0] for factor in known.factors]
    before = list(accumulate(alone, jnp.multiply, initial=one))
    after = list(accumulate(alone[::-1], jnp.multiply, initial=one))[::-1]
    counts, found, places = total * before[-1], [], []
    for i, effect in enumerate(component.effects):
        if not effect.parameter:
            continue
        places.append(names.index(effect.parameter))
        if isinstance(effect, AbstractOffset):
            row, bend = (jnp.where(positive, x, 0.0) * before[-1] for x in known.offsets[i][1:])
            found.append((row, bend, jnp.zeros_like(total), jnp.zeros((), bool)))
            continue
        others = total * before[i] * after[i + 1]
        value, slope, bend = known.factors[i]
        usable = jnp.all(value != 0.0)
        ratio = jnp.where(usable, slope / jnp.where(value != 0.0, value, 1.0), 0.0)
        found.append((others * slope, others * bend, ratio, usable))
    if not found:
        none = jnp.zeros((0, counts.size), values.dtype)
        return Moving(counts, (), none), Bending(none, none, jnp.zeros(0, bool))
    rows, bends, ratios, usable = zip(*found, strict=True)
    rows, bends, ratios = (
        jnp.stack([jnp.broadcast_to(row, counts.shape) for row in column])
        for column in (rows, bends, ratios)
    )
    return Moving(counts, tuple(places), rows), Bending(bends, ratios, jnp.stack(usable))


def _slope(function: Callable[[Scalar], Array], value: Scalar) -> tuple[Array, Array, Array]:
    """A function of one number with its derivative; 0 in place of the second."""
    found, slope = jax.jvp(function, (value,), (jnp.ones_like(value),))
    return found, slope, jnp.zeros_like(value)


def _taylor(function: Callable[[Scalar], Array], value: Scalar) -> tuple[Array, Array, Array]:
    """A function of one number with its first and second derivative."""
    one = jnp.ones_like(value)

    def first(x):
        return jax.jvp(function, (x,), (one,))

    (found, slope), (_, bend) = jax.jvp(first, (value,), (one,))
    return found, slope, bend


def weighted_bends(part: Moving, bent: Bending, weights: Bins) -> Float[Array, "places places"]:
    """Σ_b w_b ∂²counts_b of two effects: of two factors row_i f_j′/f_j, of two offsets 0.

    A pair that holds a factor of 0 is taken from its other side.
    """
    one_sided = (part.rows * weights[None]) @ bent.ratios.T
    both = jnp.where(bent.factors[None, :], one_sided, one_sided.T)
    alone = jnp.eye(len(part.places), dtype=bool)
    return jnp.where(alone, jnp.diag(bent.bends @ weights), both)
