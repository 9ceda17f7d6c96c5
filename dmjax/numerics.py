"""Gradient-safe primitives, quadrature nodes, interpolation bases."""

import itertools
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float


def safe_sqrt(x: Float[Array, "..."]) -> Float[Array, "..."]:
    """√x for x > 0, else 0, with a gradient that is 0 (never NaN) where x ≤ 0."""
    positive = x > 0
    return jnp.where(positive, jnp.sqrt(jnp.where(positive, x, 1.0)), 0.0)


def safe_divide(a: Float[Array, "..."], b: Float[Array, "..."]) -> Float[Array, "..."]:
    """a/b where b > 0, else 0, with a gradient that is 0 where b ≤ 0."""
    positive = b > 0
    return jnp.where(positive, a / jnp.where(positive, b, 1.0), 0.0)


def frozen(tree: Any) -> Any:
    """The tree without gradients; what is not a floating-point array stays as it is."""
    return jax.tree.map(
        lambda leaf: jax.lax.stop_gradient(leaf) if eqx.is_inexact_array(leaf) else leaf, tree
    )


def gauss_legendre(n: int, a: float, b: float) -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights of the n-point Gauss–Legendre rule on [a, b] (NumPy, for tables)."""
    x, w = np.polynomial.legendre.leggauss(n)
    return 0.5 * (b - a) * x + 0.5 * (a + b), 0.5 * (b - a) * w


def panel_nodes(edges: np.ndarray, order: int) -> tuple[np.ndarray, np.ndarray]:
    """Gauss–Legendre nodes and weights over the consecutive panels between `edges`."""
    pieces = [gauss_legendre(order, lo, hi) for lo, hi in itertools.pairwise(edges)]
    nodes = np.concatenate([p[0] for p in pieces])
    return nodes, np.concatenate([p[1] for p in pieces])


def hat_weights(grid: Float[Array, " n"]) -> Float[Array, " n"]:
    """∫ hat_i dx of the piecewise-linear (hat) basis on `grid`: the trapezoid weights."""
    half = 0.5 * jnp.diff(grid)
    zero = jnp.zeros(1, grid.dtype)
    return jnp.concatenate([half, zero]) + jnp.concatenate([zero, half])


def smooth_weights(grid: Float[Array, " n"]) -> Float[Array, " n"]:
    """Weights of ∫ f dx for smooth f, x a smooth function of the index: the trapezoid rule in it.

    dx/di to fourth order, but for the two nodes at either end, which are those of `hat_weights`.

    >>> x = jnp.geomspace(1.0, 20.0, 41)
    >>> bell = jnp.exp(-((jnp.log(x / 4.5) / 0.3) ** 2)) / x
    >>> area = 0.3 * jnp.pi**0.5
    >>> [round(float(w(x) @ bell / area), 4) for w in (hat_weights, smooth_weights)]
    [1.0009, 1.0]
    """
    inside = (2.0 / 3.0) * (grid[3:-1] - grid[1:-3]) - (grid[4:] - grid[:-4]) / 12.0
    return hat_weights(grid).at[2:-2].set(inside)


def hat_cumulative(grid: Float[Array, " n"], x: Float[Array, ""]) -> Float[Array, " n"]:
    """C_i(x) = ∫_{−∞}^{x} hat_i for every hat of `grid`: once differentiable in x and in the grid.

    Nodes of the grid may coincide.

    Differences C_i(b) − C_i(a) deposit a box on the grid without a jump when an edge crosses a
    node; they sum to b − a and keep the box's mean when it lies inside the grid.
    """
    left, width = grid[:-1], jnp.diff(grid)
    u = jnp.clip(safe_divide(x - left, width), 0.0, 1.0)
    rising = 0.5 * width * u * u
    falling = width * u - rising
    zero = jnp.zeros(1, grid.dtype)
    return jnp.concatenate([zero, rising]) + jnp.concatenate([falling, zero])


def hat_points(
    grid: Float[Array, " n"], parts: int
) -> tuple[Float[Array, "cells parts"], Float[Array, "parts 2"]]:
    """Points between the nodes at which to take a rough function, and what each gives its hats.

    Each cell is cut in equal parts with a point in the middle of each; the second array holds the
    shares of a part for the cell's left and right node.
    """
    u = (jnp.arange(parts, dtype=grid.dtype) + 0.5) / parts
    width = jnp.diff(grid)[:, None]
    shares = jnp.stack([1.0 - u, u], axis=1) / parts
    return grid[:-1, None] + width * u[None, :], shares


def hat_integrals(
    grid: Float[Array, " n"], values: Float[Array, "cells parts"], shares: Float[Array, "parts 2"]
) -> Float[Array, " n"]:
    """∫ hat_i f dx for every hat, from values of f at `hat_points`."""
    left, right = (jnp.diff(grid)[:, None] * (values @ shares)).T
    zero = jnp.zeros(1, grid.dtype)
    return jnp.concatenate([left, zero]) + jnp.concatenate([zero, right])


def cubic_taps(u):
    """The four uniform cubic B-spline weights at fraction u ∈ [0, 1) of a cell; they sum to 1."""
    v = 1.0 - u
    return (
        v * v * v / 6.0,
        (3.0 * u * u * u - 6.0 * u * u + 4.0) / 6.0,
        (3.0 * v * v * v - 6.0 * v * v + 4.0) / 6.0,
        u * u * u / 6.0,
    )


def cast_floats(tree, dtype):
    """Copy of a module with every floating-point array leaf in `dtype`."""

    def cast(leaf):
        inexact = eqx.is_inexact_array(leaf)
        return leaf.astype(dtype) if inexact else leaf

    return jax.tree.map(cast, tree)
