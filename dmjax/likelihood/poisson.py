"""The Poisson term of a bin, safe at zero and tiny expectations."""

import jax.numpy as jnp
from jax.scipy.special import gammaln
from jaxtyping import Array, Float

from dmjax.numerics import safe_sqrt

FLOOR = 1e-6
"""Mean below which ln μ is continued by its second-order expansion there."""

Bins = Float[Array, " bins"]


def log_poisson(n: Bins, mu: Bins) -> Bins:
    """ln P(n; μ) = n ln μ − μ − ln Γ(n + 1), per bin.

    Args:
        n: counts, ≥ 0; not necessarily whole (Asimov data).
        mu: expected counts, ≥ 0.

    Returns:
        ln P in the dtype of mu: exact for μ ≥ `FLOOR` and, where n = 0, for every μ. Below the
        floor with n > 0, ln μ is replaced by its parabola at the floor: finite, concave, twice
        differentiable, and so low that no fit ends there unless nothing else can make the count.

    >>> [round(float(x), 4) for x in log_poisson(jnp.asarray([2.0, 0.0]), jnp.asarray([3.0, 0.0]))]
    [-1.4959, 0.0]
    """
    n = n.astype(mu.dtype)
    high = mu > FLOOR
    x = jnp.where(high, 0.0, mu / FLOOR - 1.0)
    low = jnp.log(jnp.asarray(FLOOR, mu.dtype)) + x - 0.5 * x * x
    log_mu = jnp.where(high, jnp.log(jnp.where(high, mu, 1.0)), low)
    return n * log_mu - mu - gammaln(n + 1.0)


def poisson_terms(n: Bins, mu: Bins) -> tuple[Bins, Bins, Bins]:
    """n ln μ − μ with its first and second derivative in μ: `log_poisson` but for ln Γ(n + 1).

    >>> terms = poisson_terms(jnp.asarray([2.0]), jnp.asarray([4.0]))
    >>> [round(float(x[0]), 4) for x in terms]
    [-1.2274, -0.5, -0.125]
    """
    n = n.astype(mu.dtype)
    high = mu > FLOOR
    inverse = 1.0 / jnp.where(high, mu, FLOOR)
    x = jnp.where(high, 0.0, mu / FLOOR - 1.0)
    value = n * (jnp.log(jnp.where(high, mu, FLOOR)) + x - 0.5 * x * x) - mu
    return value, n * inverse * (1.0 - x) - 1.0, -n * inverse * inverse


def log_onoff_profiled(n: Bins, m: Bins, s: Bins) -> Bins:
    """ln of max_b P(n; s + b) P(m; b), per bin: the on/off term with its background profiled.

    b̂ = ¼ [n + m − 2s + √((n + m − 2s)² + 8ms)], the root of the score in b ≥ 0.

    Args:
        n: on counts, ≥ 0, not necessarily whole.
        m: off counts, equal exposure.
        s: expected events beside the background, ≥ 0.

    Returns:
        ln L, (bins,), in the dtype of s.

    >>> out = log_onoff_profiled(jnp.asarray([3.0]), jnp.asarray([1.0]), jnp.asarray([2.0]))
    >>> round(float(out[0]), 4)
    -2.4959
    """
    n, m = n.astype(s.dtype), m.astype(s.dtype)
    background = best_background(n, m, s)
    return log_poisson(n, s + background) + log_poisson(m, background)


def best_background(n: Bins, m: Bins, s: Bins) -> Bins:
    """b̂(s) of an on/off bin with equal exposures; see `log_onoff_profiled`."""
    gap = n + m - 2.0 * s
    root = safe_sqrt(gap * gap + 8.0 * m * s)
    above = gap > 0
    # 2ms/(root − gap) is the same root without cancellation where gap < 0.
    apart = jnp.where(above | (root <= gap), 1.0, root - gap)
    return jnp.where(above, 0.25 * (gap + root), jnp.where(m > 0, 2.0 * m * s / apart, 0.0))
