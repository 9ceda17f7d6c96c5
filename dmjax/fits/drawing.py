"""Poisson counts of many toys at the same means, by tables of their distribution."""

import math

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

Bins = Float[Array, " bins"]
Table = Float[Array, "bins counts"]
_FAR = 9.0
"""Standard deviations beyond which no count is drawn: a share of 1e−18."""


def table_size(mean: float) -> int:
    """How many counts a table of means up to one must hold; see `first_counts`.

    >>> table_size(0.0), table_size(4.0), table_size(1e5)
    (10, 32, 5713)
    """
    return math.ceil(mean + _far(mean)) - max(0, math.floor(mean - _far(mean))) + 1


def first_counts(means: Bins) -> Bins:
    """The smallest count in the table of each mean: 9 standard deviations and 9 below it, or 0."""
    return jnp.maximum(jnp.floor(means - _FAR * jnp.sqrt(means) - _FAR), 0.0)


def _far(mean: float) -> float:
    return _FAR * math.sqrt(mean) + _FAR


def distribution(means: Bins, size: int) -> Table:
    """P(N ≤ k) for `size` values of k from `first_counts` on, (bins, size); 1 at its end.

    The ratios μ/k of neighbours are multiplied up, so that no large logarithms cancel.

    Args:
        means: ≥ 0.
        size: at least `table_size` of the largest one; static.

    >>> [round(float(x), 4) for x in distribution(jnp.asarray([1.0]), 30)[0, :3]]
    [0.3679, 0.7358, 0.9197]
    """
    mu = means[:, None]
    k = first_counts(means)[:, None] + jnp.arange(1.0, size, dtype=means.dtype)[None, :]
    logs = jnp.cumsum(jnp.log(mu / k), axis=1)
    logs = jnp.concatenate([jnp.zeros_like(mu), logs], axis=1)
    below = jnp.cumsum(jnp.exp(logs - jnp.max(logs, axis=1, keepdims=True)), axis=1)
    return below / below[:, -1:]


def drawn(table: Table, means: Bins, shares: Bins) -> Bins:
    """The count of each bin at a share of its distribution, uniform in [0, 1): its quantile.

    >>> means = jnp.asarray([1.0, 0.0])
    >>> drawn(distribution(means, 30), means, jnp.asarray([0.5, 0.9])).tolist()
    [1.0, 0.0]
    """

    def one(row, share):
        return jnp.searchsorted(row, share, side="right", method="scan_unrolled")

    return first_counts(means) + jax.vmap(one)(table, shares).astype(table.dtype)
