"""Where the χ of V made at rest lie: momenta that a quadrature must resolve.

In flight every spectrum is smooth. At rest (π⁻ capture, charge exchange) V has one energy, and χ
fill a box that closes to a line where m_V comes near m₁ + m₂ or the largest mass.
"""

from collections.abc import Callable

import jax.numpy as jnp
from jaxtyping import Array, Float

from dmjax.conventions import Conventions
from dmjax.flux.boxes import box, boxes, chi_pair
from dmjax.flux.mass_shell import mass_nodes
from dmjax.models.vector import VectorMediator

Scalar = Float[Array, ""]
OFFSET_MEV = 1.0
"""Momentum below which nodes are equally far apart."""
PARTS = 5
"""The box of V on its mass shell, and either side of it, have this part of the nodes in flight."""


def at_rest_momenta(
    v: VectorMediator,
    conventions: Conventions,
    lowest: Scalar,
    m_max: Scalar | float,
    energy: Callable[[Array], Array],
    n: int,
) -> Float[Array, " n"]:
    """Momenta [MeV] over the χ of V of one energy for each mass, increasing, none below `lowest`.

    Steps over the box of V on its mass shell, and from there to the softest and to the hardest χ
    of any V that the width allows, closer to each other above the box, where χ may first be seen.
    Nodes coincide where a box is closed.

    Args:
        v, conventions: mediator, profile.
        lowest: [MeV].
        m_max: largest mass of V [MeV].
        energy: of V of a mass [MeV].
        n: nodes of the channels in flight (static).
    """
    pair = chi_pair(v, conventions)
    on_shell = jnp.minimum(v.m_v, m_max)
    line = box(energy(on_shell), on_shell, *pair)
    mass = mass_nodes(v, m_max, conventions).mass
    all_of_them = boxes(energy(mass), mass, pair)
    softest = jnp.minimum(jnp.min(all_of_them.low), line.low)
    hardest = jnp.maximum(jnp.max(all_of_them.high), line.high)
    ends = [jnp.maximum(end, lowest) for end in (softest, line.low, line.high, hardest)]
    even = jnp.arange(n // PARTS, dtype=ends[0].dtype) / (n // PARTS)
    spacings = (even, even, even * even)
    parts = zip(ends[:-1], ends[1:], spacings, strict=True)
    steps = [between(low, high, spacing) for low, high, spacing in parts]
    return jnp.concatenate([*steps, ends[-1][None]])


def between(low: Scalar, high: Scalar, u: Float[Array, " n"]) -> Float[Array, " n"]:
    """Momenta [MeV] from `low` (u = 0) to `high` (u = 1), even in ln(k + offset)."""
    span = jnp.log((high + OFFSET_MEV) / (low + OFFSET_MEV))
    return low + (low + OFFSET_MEV) * jnp.expm1(span * u)
