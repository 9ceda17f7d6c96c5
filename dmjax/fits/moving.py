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
from jaxtyping import Array, Float

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
        bends: second derivative by each alone, (places, bins).
        ratios: f′/f of the effect where it is a factor that is not 0, else 0, (places, bins).
        factors: whether it is, (places,).
    """

    counts: Bins
    places: tuple[int, ...]
    rows: Float[Array, "places bins"]
    bends: Float[Array, "places bins"]
    ratios: Float[Array, "places bins"]
    factors: Float[Array, " places"]


def moving(component: Component, names: tuple[str, ...], values: Values) -> Moving:
    """A component at values of named parameters."""
    nominal = component.nominal.astype(values.dtype)
    own = [effect for effect in component.effects if effect.parameter]
    places = tuple(names.index(effect.parameter) for effect in own)
    zero, one = jnp.zeros((), values.dtype), jnp.ones((), values.dtype)
    offsets, factors = [], []
    for effect in component.effects:
        value = values[names.index(effect.parameter)] if effect.parameter else zero
        adds = isinstance(effect, AbstractOffset)
        offsets.append(_taylor(lambda v, e=effect: e.offset(v, nominal), value))
        factors.append((one, zero, zero) if adds else _taylor(effect.factor, value))
    total = reduce(jnp.add, (offset[0] for offset in offsets), nominal)
    positive = total >= 0.0
    total = jnp.where(positive, total, 0.0)
    before = list(accumulate((f[0] for f in factors), jnp.multiply, initial=one))
    after = list(accumulate((f[0] for f in factors[::-1]), jnp.multiply, initial=one))
    whole = before[-1]
    found = []
    for i, effect in enumerate(component.effects):
        if not effect.parameter:
            continue
        if isinstance(effect, AbstractOffset):
            row, bend = (jnp.where(positive, part, 0.0) * whole for part in offsets[i][1:])
            found.append((row, bend, jnp.zeros_like(total), jnp.zeros((), bool)))
            continue
        others = total * before[i] * after[len(factors) - 1 - i]
        value, slope, curve = factors[i]
        usable = jnp.all(value != 0.0)
        ratio = jnp.where(usable, slope / jnp.where(value != 0.0, value, 1.0), 0.0)
        found.append((others * slope, others * curve, ratio, usable))
    counts = total * whole
    if not found:
        none = jnp.zeros((0, counts.size), values.dtype)
        return Moving(counts, (), none, none, none, jnp.zeros(0, bool))
    columns = zip(*found, strict=True)
    rows, bends, ratios = (
        jnp.stack([jnp.broadcast_to(part, counts.shape) for part in next(columns)])
        for _ in range(3)
    )
    return Moving(counts, places, rows, bends, ratios, jnp.stack(next(columns)))


def _taylor(function: Callable[[Scalar], Array], value: Scalar) -> tuple[Array, Array, Array]:
    """A function of one number with its first and second derivative."""
    one = jnp.ones_like(value)

    def first(x):
        return jax.jvp(function, (x,), (one,))

    (found, slope), (_, bend) = jax.jvp(first, (value,), (one,))
    return found, slope, bend


def weighted_bends(part: Moving, weights: Bins) -> Float[Array, "places places"]:
    """Σ_b w_b ∂²counts_b of two effects: of two factors row_i f_j′/f_j, of two offsets 0.

    A pair that holds a factor of 0 is taken from its other side.
    """
    one_sided = (part.rows * weights) @ part.ratios.T
    both = jnp.where(part.factors[None, :], one_sided, one_sided.T)
    alone = jnp.eye(len(part.places), dtype=bool)
    return jnp.where(alone, jnp.diag(part.bends @ weights), both)
