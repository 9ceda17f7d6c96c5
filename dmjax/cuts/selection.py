"""Windows in energy and time, with hard or with smooth edges, from cumulative counts.

A smooth edge is the quadratic B-spline through the cumulative at every s-th node: what lies within
about s nodes of the edge counts in part. Counts are then positive, once differentiable, and never
fall where a window grows; s = 8, 4, 2, 1 narrows it towards the hard cut.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from dmjax.cuts.yields import Yields

STRIDES = (8.0, 4.0, 2.0, 1.0)
"""Widths of smooth edges, in nodes."""

Edges = Float[Array, " edges"]
"""(E₁, E₂, t₁, t₂, …): one energy window and one or more time windows, increasing."""


class Held(NamedTuple):
    """Cumulative counts of one mass at nodes, where they lie among those of all masses.

    Attributes:
        signal: one mass after the other, (masses · energies, times, parts): a window reads its
            corners alone, and a batch of windows copies no tables.
        background: (energies, times, components).
        source_errors: (sources,).
        first: row of `signal` at which the mass begins.
    """

    signal: Float[Array, "rows times parts"]
    background: Float[Array, "energies times components"]
    source_errors: Float[Array, " sources"]
    first: Int[Array, ""] | int = 0


def _taps(
    place: Float[Array, ""], stride: Float[Array, ""], last: int
) -> tuple[Int[Array, " 3"], Float[Array, " 3"]]:
    """Nodes and weights of the quadratic B-spline through every `stride`-th of nodes 0 … last.

    Beyond both ends the cumulative goes on straight, so that the whole range counts whole.
    """
    x, steps = place / stride, last / stride
    near = jnp.clip(jnp.round(jax.lax.stop_gradient(x)), 0.0, jnp.floor(steps))
    d = x - near
    low, mid, high = 0.5 * (0.5 - d) ** 2, 0.75 - d * d, 0.5 * (0.5 + d) ** 2
    first, final = near < 0.5, near > steps - 0.5
    left = jnp.where(first, 0.0, jnp.where(final, low - high, low))
    right = jnp.where(final, 0.0, jnp.where(first, high - low, high))
    mid = mid + jnp.where(first, 2.0 * low, 0.0) + jnp.where(final, 2.0 * high, 0.0)
    nodes = (near + jnp.asarray([-1.0, 0.0, 1.0], x.dtype)) * stride
    return jnp.clip(nodes, 0.0, float(last)).astype(jnp.int32), jnp.stack([left, mid, right])


def soft_yields(held: Held, stride: Float[Array, ""], shares: Edges) -> Yields:
    """Counts inside smooth edges.

    Args:
        held: cumulatives of one mass.
        stride: nodes between those that the edges are drawn through: the width of an edge.
        shares: edges as shares of the axes' nodes, in [0, 1].

    Returns:
        `Yields` of one bin.
    """
    lasts = (held.background.shape[0] - 1, held.background.shape[1] - 1)
    rows = [_taps(x * lasts[0], stride, lasts[0]) for x in shares[:2]]
    columns = [_taps(x * lasts[1], stride, lasts[1]) for x in shares[2:]]

    def inside(table: Array, first: Array | int) -> Array:
        total = jnp.zeros(table.shape[-1], table.dtype)
        for j, (column, across) in enumerate(columns):
            for i, (row, along) in enumerate(rows):
                block = table[first + row[:, None], column[None, :]]
                corner = jnp.einsum("e,t,etc->c", along, across, block)
                total = total + (1.0 if (i + j) % 2 == 0 else -1.0) * corner
        return jnp.maximum(total, 0.0)[:, None]

    signal, background = inside(held.signal, held.first), inside(held.background, 0)
    return Yields(signal, background, held.source_errors)


def hard_yields(held: Held, edges: Int[Array, " edges"]) -> Yields:
    """Counts inside hard edges at nodes; of (E₁, E₂, t₁, t₂, …), indices.

    >>> table = jnp.arange(3.0)[:, None, None] * jnp.arange(3.0)[None, :, None]
    >>> held = Held(table, table, jnp.zeros(0))
    >>> float(hard_yields(held, jnp.asarray([0, 2, 1, 2])).signal[0, 0])
    2.0
    """

    def inside(table: Array, first: Array | int) -> Array:
        total = jnp.zeros(table.shape[-1], table.dtype)
        low, high = first + edges[0], first + edges[1]
        for j, column in enumerate(edges[2:]):
            sign = 1.0 if j % 2 else -1.0
            total = total + sign * (table[high, column] - table[low, column])
        return jnp.maximum(total, 0.0)[:, None]

    signal, background = inside(held.signal, held.first), inside(held.background, 0)
    return Yields(signal, background, held.source_errors)
