"""Maps over many points in blocks of equal size: inside one program, or one program per block."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer

SIZES = (1, 5, 25)
"""Points of a block, where any number of points shall share a few programs."""


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


def in_blocks(function: Callable, points: Any, size: int) -> Any:
    """A function of a block of points over any number of points, in blocks of one size.

    The last block is filled up with the last point, so that no number of points recompiles.

    Args:
        function: of (size, ...) to a tree of arrays with `size` along their first axis.
        points: (points, ...), at least one: an array, or a tree of them.
        size: of a block; it bounds the memory.

    Returns:
        The tree, with as many entries along the first axis as points.

    >>> in_blocks(lambda x: {"twice": 2 * x}, np.arange(5), 2)["twice"].tolist()
    [0, 2, 4, 6, 8]
    """
    count = len(jax.tree.leaves(points)[0])

    def block(leaf, start: int):
        part = np.asarray(leaf)[start : start + size]
        ends = ((0, size - len(part)), *((0, 0),) * (part.ndim - 1))
        return jnp.asarray(np.pad(part, ends, mode="edge"))

    blocks = [
        function(jax.tree.map(lambda leaf, start=start: block(leaf, start), points))
        for start in range(0, count, size)
    ]
    return jax.tree.map(lambda *parts: jnp.concatenate(parts)[:count], *blocks)


def in_few_sizes(function: Callable, points: Any, sizes: tuple[int, ...] = SIZES) -> Any:
    """`in_blocks` of the smallest size that holds all points, else of the largest one.

    So a function of a block compiles once per size, whatever numbers of points are asked for.

    Args:
        function: of (size, ...) to a tree of arrays with `size` along their first axis.
        points: (points, ...), at least one: an array, or a tree of them. Under a transformation
            they are part of one program anyway and go in one call.
        sizes: increasing.

    Returns:
        The tree, with as many entries along the first axis as points.

    >>> made = []
    >>> for n in (1, 3, 5, 30):
    ...     found = in_few_sizes(lambda x: (made.append(len(x)), x)[1], np.arange(n))
    >>> made, len(found)
    ([1, 5, 5, 25, 25], 30)
    """
    leaves = jax.tree.leaves(points)
    if any(isinstance(leaf, Tracer) for leaf in leaves):
        return function(points)
    count = len(leaves[0])
    return in_blocks(function, points, next((n for n in sizes if n >= count), sizes[-1]))
