"""Windows by gradient: optax on smooth edges that narrow, then steps from node to node."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from dmjax.cuts.adam import climbed
from dmjax.cuts.selection import STRIDES
from dmjax.cuts.starts import Merits

STEPS = 30
"""Of the gradient at each width of the edges."""
RATES = (0.03, 0.001)
"""Adam's largest step at the start and at the end, as a share of an axis."""
REACH = (1, 2, 4, 8, 16, 32)
"""Nodes that both ends of a window are moved by at the end."""
LATER = 4
"""Nodes that the last time is moved by, either way, together with any lowest energy."""
MOST_ROUNDS = 60


def ascend(
    merit: Callable[[Float[Array, ""], Float[Array, " edges"]], Float[Array, ""]],
    start: Float[Array, " edges"],
) -> Float[Array, " edges"]:
    """Follow the gradient on edges of falling width.

    Args:
        merit: of (width of the edges, shares of the axes).
        start: shares of the axes, (E₁, E₂, t₁, t₂, …).

    Returns:
        Shares after `STEPS` steps of Adam at each of `STRIDES`; ordered, inside [0, 1].
    """
    widths = jnp.repeat(jnp.asarray(STRIDES, start.dtype), STEPS)
    return climbed(jax.grad(merit, argnums=1), start, widths, RATES, ordered)


def ordered(shares: Float[Array, " edges"]) -> Float[Array, " edges"]:
    """Shares inside [0, 1], energies and times each increasing."""
    held = jnp.clip(shares, 0.0, 1.0)
    return jnp.concatenate([jnp.sort(held[:2]), jnp.sort(held[2:])])


def tried_from(nodes: np.ndarray, last: np.ndarray) -> np.ndarray:
    """Windows tried instead: an edge at every node, a window moved, lowest energy and last time.

    Args:
        nodes: of windows, (n, edges).
        last: node of each edge.

    Returns:
        (n, tried, edges), the windows themselves first.

    >>> tried_from(np.array([[0, 2, 0, 1]]), np.array([2, 2, 1, 1])).shape
    (1, 62, 4)
    """
    edges = last.size
    units = np.eye(edges, dtype=int)
    windows = units[::2] + units[1::2]
    steps = np.concatenate([0 * units[:1], *(s * n * windows for n in REACH for s in (1, -1))])
    moved = [nodes[:, None, :] + steps[None]]
    for edge, end in enumerate(last):
        line = np.repeat(nodes[:, None, :], end + 1, axis=1)
        line[:, :, edge] = np.arange(end + 1)
        moved.append(line)
    # The lowest energy and the last time go together: a ridge that no single edge climbs.
    plane = np.repeat(nodes[:, None, :], (last[0] + 1) * (2 * LATER + 1), axis=1)
    plane[:, :, 0] = np.repeat(np.arange(last[0] + 1), 2 * LATER + 1)
    plane[:, :, -1] += np.tile(np.arange(-LATER, LATER + 1), last[0] + 1)
    every = np.clip(np.concatenate([*moved, plane], axis=1), 0, last)
    return np.concatenate([np.sort(every[..., :2]), np.sort(every[..., 2:])], axis=-1)


def settle(
    merits: Merits, start: np.ndarray, sizes: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Move the edges of hard cuts to better nodes until no one of `tried_from` is better.

    Args:
        merits: see `Merits`.
        start: nodes of every mass, (masses, edges).
        sizes: last node in energy and in time.

    Returns:
        (nodes, merit, whether no step is better) of every mass; False: `MOST_ROUNDS` were not
        enough.
    """
    masses, edges = start.shape
    last = np.array([sizes[0]] * 2 + [sizes[1]] * (edges - 2))
    at, best, going = start.copy(), np.full(masses, -np.inf), np.ones(masses, bool)
    for _ in range(MOST_ROUNDS):
        rows = np.flatnonzero(going)
        if rows.size == 0:
            break
        tried = tried_from(at[rows], last)
        found = merits(np.repeat(rows, tried.shape[1]), tried.reshape(-1, edges))
        found = found.reshape(rows.size, -1)
        top, which = found.argmax(axis=1), np.arange(rows.size)
        going[rows] = found[which, top] > best[rows] + 1e-9
        at[rows], best[rows] = tried[which, top], found[which, top]
    return at, best, ~going
