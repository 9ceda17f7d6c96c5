"""Poisson counts of many toys at the same means, by tables of their distribution."""

import jax
import jax.numpy as jnp
from jax.scipy.special import gammaln, xlogy
from jaxtyping import Array, Float

Bins = Float[Array, " bins"]
Table = Float[Array, "bins counts"]


def distribution(means: Bins, most: int) -> Table:
    """P(N ≤ k) for k = 0 … most, (bins, most + 1); 1 at its end.

    >>> [round(float(x), 4) for x in distribution(jnp.asarray([1.0]), 30)[0, :3]]
    [0.3679, 0.7358, 0.9197]
    """
    k = jnp.arange(most + 1, dtype=means.dtype)[None, :]
    mu = means[:, None]
    below = jnp.cumsum(jnp.exp(xlogy(k, mu) - mu - gammaln(k + 1.0)), axis=1)
    return below / below[:, -1:]


def drawn(table: Table, shares: Bins) -> Bins:
    """The count of each bin at a share of its distribution, uniform in [0, 1): its quantile.

    >>> table = distribution(jnp.asarray([1.0, 0.0]), 30)
    >>> drawn(table, jnp.asarray([0.5, 0.9])).tolist()
    [1.0, 0.0]
    """

    def one(row, share):
        return jnp.searchsorted(row, share, side="right", method="scan_unrolled")

    return jax.vmap(one)(table, shares).astype(table.dtype)
