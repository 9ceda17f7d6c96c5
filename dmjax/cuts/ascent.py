"""Windows by gradient: optax on smooth edges that narrow, then steps from node to node."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float

from dmjax.cuts.selection import STRIDES
from dmjax.cuts.starts import Merits

STEPS = 30
"""Of the gradient at each width of the edges."""
RATES = (0.03, 0.001)
"""Adam's largest step at the start and at the end, as a share of an axis."""
REACH = (1, 2, 4, 8, 16)
"""Nodes that an edge is moved by at the end."""
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
    slope, method = jax.grad(merit, argnums=1), optax.scale_by_adam()

    def one(carry, how):
        at, state = carry
        stride, rate = how
        uphill = slope(stride, at)
        uphill = jnp.where(jnp.isfinite(uphill), uphill, 0.0)
        # Optax mixes its step counter with decay rates: strict promotion refuses that.
        with jax.numpy_dtype_promotion("standard"):
            moved, state = method.update(uphill, state)
        return (ordered(at + rate * moved), state), None

    widths = jnp.repeat(jnp.asarray(STRIDES, start.dtype), STEPS)
    rates = jnp.asarray(np.geomspace(*RATES, widths.size), start.dtype)
    (x, _), _ = jax.lax.scan(one, (start, method.init(start)), (widths, rates))
    return x


def ordered(shares: Float[Array, " edges"]) -> Float[Array, " edges"]:
    """Shares inside [0, 1], energies and times each increasing."""
    held = jnp.clip(shares, 0.0, 1.0)
    return jnp.concatenate([jnp.sort(held[:2]), jnp.sort(held[2:])])


def moves(edges: int) -> np.ndarray:
    """Steps that are tried: none, of every edge alone, and of both ends of every window together.

    >>> moves(4).shape
    (61, 4)
    """
    alone = np.eye(edges, dtype=int)
    units = np.concatenate([alone, alone[::2] + alone[1::2]])
    return np.concatenate([0 * units[:1], *(sign * n * units for n in REACH for sign in (1, -1))])


def settle(
    merits: Merits, start: np.ndarray, sizes: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Move the edges of hard cuts from node to node until nothing in reach is better.

    Args:
        merits: see `Merits`.
        start: nodes of every mass, (masses, edges).
        sizes: last node in energy and in time.

    Returns:
        (nodes, merit, whether no step is better) of every mass; False: `MOST_ROUNDS` were not
        enough.
    """
    masses, edges = start.shape
    steps, last = moves(edges), np.array([sizes[0]] * 2 + [sizes[1]] * (edges - 2))
    at, best, going = start.copy(), np.full(masses, -np.inf), np.ones(masses, bool)
    for _ in range(MOST_ROUNDS):
        rows = np.flatnonzero(going)
        if rows.size == 0:
            break
        tried = np.clip(at[rows, None, :] + steps[None], 0, last)
        tried = np.concatenate([np.sort(tried[..., :2]), np.sort(tried[..., 2:])], axis=-1)
        found = merits(np.repeat(rows, len(steps)), tried.reshape(-1, edges))
        found = found.reshape(rows.size, -1)
        top, which = found.argmax(axis=1), np.arange(rows.size)
        going[rows] = found[which, top] > best[rows] + 1e-9
        at[rows], best[rows] = tried[which, top], found[which, top]
    return at, best, ~going
