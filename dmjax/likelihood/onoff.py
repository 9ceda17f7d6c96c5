"""The on/off Poisson term with the background mean integrated out analytically."""

import math

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, ArrayLike, Float

MAX_COUNT = 500
"""Largest count per bin: beyond it the recursion leaves the range of float64."""

_LOG_FACTORIALS = np.array([math.lgamma(k + 1) for k in range(MAX_COUNT + 1)])


class OnOffCounts(eqx.Module):
    """On and off counts of every bin.

    Args:
        n_on: counts with signal and background, (bins,), integers ≥ 0 (at most `MAX_COUNT`).
        n_off: counts with background alone, equal exposure, (bins,).

    Raises:
        ValueError: shapes differ, or an entry is not a non-negative integer in range.

    Source: the integral of [D20] (arXiv:2006.09386) Eq. 6.4 over N_bg.

    >>> OnOffCounts([3, 0], [1, 2]).n_on.shape
    (2,)
    """

    n_on: Float[Array, " bins"]
    n_off: Float[Array, " bins"]

    def __init__(self, n_on: ArrayLike, n_off: ArrayLike):
        on, off = _whole_numbers("n_on", n_on), _whole_numbers("n_off", n_off)
        if on.shape != off.shape:
            raise ValueError(
                f"OnOffCounts: n_on has {on.size} bins, n_off {off.size}: equal needed"
            )
        self.n_on, self.n_off = jnp.asarray(on), jnp.asarray(off)


def _whole_numbers(name: str, values: ArrayLike) -> np.ndarray:
    counts = np.asarray(values, dtype=np.float64)
    if counts.ndim != 1 or counts.size == 0:
        raise ValueError(f"OnOffCounts: {name} must be one flat list of bins, not {counts.shape}")
    bad = ~((counts >= 0) & (counts <= MAX_COUNT) & (counts == np.round(counts)))
    if bad.any():
        first = int(np.argmax(bad))
        raise ValueError(
            f"OnOffCounts: {name} must hold integers from 0 to {MAX_COUNT}, "
            f"bin {first} has {counts[first]:g}"
        )
    return counts


def onoff_counts(n_on: Float[Array, " bins"], n_off: Float[Array, " bins"]) -> OnOffCounts:
    """`OnOffCounts` of counts that may be traced, not checked: for toys inside jit and vmap.

    Args:
        n_on, n_off: whole numbers from 0 to `MAX_COUNT`, (bins,).

    >>> traced = onoff_counts(jnp.asarray([3.0]), jnp.asarray([1.0]))
    >>> ours, exact = (log_onoff(c, jnp.asarray([2.0])) for c in (traced, OnOffCounts([3], [1])))
    >>> bool(jnp.allclose(ours, exact))
    True
    """
    blank = OnOffCounts(np.zeros(1), np.zeros(1))
    return jax.tree.unflatten(jax.tree.structure(blank), (n_on, n_off))


def log_onoff(counts: OnOffCounts, s: Float[Array, " bins"]) -> Float[Array, " bins"]:
    """Log likelihood of each bin for signal mean s, its background mean integrated out.

    L(n, m; s) = ∫₀^∞ dN P(n; s + N) P(m; N)
               = Σ_{j=0}^{n} s^j e^{−s}/j! · C(n−j+m, m) 2^{−(n−j+m+1)}.

    Args:
        counts: on and off counts, (bins,).
        s: expected events beside the background, (bins,), s ≥ 0.

    Returns:
        ln L, (bins,), in the dtype of s. Log-concave in s.

    Valid for 0 ≤ s < ∞, value and gradient in s finite throughout (float32: counts up to about 80
    per bin). The second derivative is exact, higher ones are 0; the counts are data, with gradient
    0. s < 0 has no meaning and is not checked here.
    Source: [D20] Eq. 6.4.

    >>> counts = OnOffCounts([0], [0])
    >>> round(float(log_onoff(counts, jnp.asarray([1.0]))[0]), 4)  # ln(e^{-1}/2)
    -1.6931
    """
    return _log_onoff(counts, s)


@jax.custom_jvp
def _log_onoff(counts: OnOffCounts, s: Float[Array, " bins"]) -> Float[Array, " bins"]:
    return onoff_terms(counts, s)[0]


@_log_onoff.defjvp
def _log_onoff_jvp(primals, tangents):
    """Everything from one pass: the parabola at s has the value and both derivatives there."""
    counts, s = primals
    frozen = jax.lax.stop_gradient(s)
    value, slope, curvature = onoff_terms(jax.lax.stop_gradient(counts), frozen)
    step = s - frozen
    return value + step * (slope + 0.5 * curvature * step), (slope + curvature * step) * tangents[1]


def onoff_terms(
    counts: OnOffCounts, s: Float[Array, " bins"]
) -> tuple[Float[Array, " bins"], Float[Array, " bins"], Float[Array, " bins"]]:
    """`log_onoff` with its first and second derivative in s.

    L(k, m; s) of k = 0 … n counts is Poisson(s) folded with NB(m + 1, ½), whose generating function
    ∝ e^{sz} (1 − z/2)^{−(m+1)} gives
    2(k + 1) L(k+1) = (2s + m + 1 + k) L(k) − s L(k−1),  dL(n)/ds = L(n−1) − L(n).
    Both terms of every step are known to full precision: L is the growing solution. Where s > n,
    d(k) = L(k) k!/s^k is carried instead, so that nothing overflows at any s.

    Args:
        counts: on and off counts, (bins,).
        s: expected events beside the background, (bins,), s ≥ 0.

    Returns:
        (ln L, d ln L/ds, d² ln L/ds²), each (bins,): the slope is ≥ −1 and at most n/s − 1, the
        curvature ≤ 0.

    Validity and source as `log_onoff`.

    >>> _, slope, curvature = onoff_terms(OnOffCounts([0], [4]), jnp.asarray([2.0]))
    >>> float(slope[0]), abs(float(curvature[0]))
    (-1.0, 0.0)
    """
    n, m = counts.n_on.astype(s.dtype), counts.n_off.astype(s.dtype)
    large = s > n
    both, count = 2.0 * s + m + 1.0, jnp.max(n)
    inverse = 0.5 / jnp.where(large, s, 1.0)

    def step(state):
        k, now, last, before = state
        weight = jnp.where(large, inverse, 0.5 / (k + 1.0))
        new = ((both + k) * now - jnp.where(large, k, s) * last) * weight
        on = k < n
        kept = (jnp.where(on, a, b) for a, b in ((new, now), (now, last), (last, before)))
        return k + 1.0, *kept

    log_zero = -s - (m + 1.0) * math.log(2.0)
    # Half of the exponent at the start, half at the end: L(0) alone may underflow.
    first = jnp.where(large, 1.0, jnp.exp(jnp.where(large, 0.0, 0.5 * log_zero)))
    zero = jnp.zeros_like(s)
    state = (jnp.zeros((), s.dtype), first, zero, zero)
    _, now, last, before = jax.lax.while_loop(lambda state: state[0] < count, step, state)
    per = n / jnp.where(large, s, 1.0)
    one = jnp.where(large, per, 1.0) * last / now
    less = jnp.maximum(n - 1.0, 0.0) / jnp.where(large, s, 1.0)
    two = jnp.where(large, per * less, 1.0) * before / now
    factorial = jnp.asarray(_LOG_FACTORIALS, s.dtype)[n.astype(int)]
    growth = n * jnp.log(jnp.where(large, s, 1.0)) - factorial
    value = jnp.log(now) + jnp.where(large, log_zero + growth, 0.5 * log_zero)
    return value, one - 1.0, two - one * one
