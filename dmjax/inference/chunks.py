"""Mapping a one-point function over many points in blocks of equal size."""

from collections.abc import Callable

import jax
import jax.numpy as jnp


def in_chunks(function: Callable, points, batch_size: int):
    """`jax.vmap(function)(points)` with at most `batch_size` points in memory at once.

    The blocks are made equal and the last one is padded, so that the function compiles once.

    Args:
        function: of one point.
        points: array or tree of arrays with the points along the first axis.
        batch_size: largest block.

    Returns:
        The results, stacked along the first axis.

    >>> in_chunks(lambda x: 2 * x, jnp.arange(5), batch_size=2).tolist()
    [0, 2, 4, 6, 8]
    """
    n = jax.tree.leaves(points)[0].shape[0]
    size = -(-n // -(-n // batch_size))
    padded = jax.tree.map(
        lambda x: jnp.concatenate([x, jnp.repeat(x[-1:], -n % size, axis=0)]), points
    )
    results = jax.lax.map(function, padded, batch_size=size)
    return jax.tree.map(lambda x: x[:n], results)
