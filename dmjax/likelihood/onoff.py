"""The on/off Poisson term with the background mean integrated out analytically."""

import math

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, ArrayLike, Float

MAX_COUNT = 500
"""Largest count per bin: beyond it the scaled coefficients leave the range of float64."""

_UNROLLED = 4
_LOG_FACTORIALS = np.array([math.lgamma(k + 1) for k in range(2 * MAX_COUNT + 1)])


class OnOffCounts(eqx.Module):
    """On and off counts of every bin, with the coefficients of their likelihood in s.

    e^s L(n, m; s) is a polynomial of degree n in s. It is kept around a pivot c per bin, in powers
    of s/c for s < c and of c/s for s ≥ c, so that nothing overflows at any s.

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
    pivot: Float[Array, " bins"]
    log_scale: Float[Array, " bins"]
    ascending: Float[Array, "terms bins"]
    descending: Float[Array, "terms bins"]

    def __init__(self, n_on: ArrayLike, n_off: ArrayLike):
        on, off = _whole_numbers("n_on", n_on), _whole_numbers("n_off", n_off)
        if on.shape != off.shape:
            raise ValueError(
                f"OnOffCounts: n_on has {on.size} bins, n_off {off.size}: equal needed"
            )
        pivot, log_scale, ascending, descending = _coefficients(on, off)
        self.n_on, self.n_off = jnp.asarray(on), jnp.asarray(off)
        self.pivot, self.log_scale = jnp.asarray(pivot), jnp.asarray(log_scale)
        self.ascending, self.descending = jnp.asarray(ascending), jnp.asarray(descending)


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


def _coefficients(
    on: np.ndarray, off: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Pivot, log scale and the coefficients in both directions, highest power first."""
    terms = int(on.max()) + 1
    pivot, log_scale = np.ones(on.size), np.zeros(on.size)
    ascending, descending = np.zeros((terms, on.size)), np.zeros((terms, on.size))
    for b, (n, m) in enumerate(zip(on.astype(int), off.astype(int), strict=True)):
        if n > 0:
            pivot[b] = 0.5 * math.exp((math.lgamma(n + m + 1) - math.lgamma(m + 1)) / n)
        j = np.arange(n + 1)
        log_binomial = np.array(
            [math.lgamma(k + m + 1) - math.lgamma(k + 1) - math.lgamma(m + 1) for k in n - j]
        )
        log_factorial = np.array([math.lgamma(i + 1) for i in j])
        logs = log_binomial - (n - j + m + 1) * math.log(2.0) - log_factorial
        logs = logs + j * math.log(pivot[b])
        log_scale[b] = logs.max()
        scaled = np.exp(logs - log_scale[b])
        ascending[terms - 1 - j, b] = scaled
        descending[terms - 1 - j, b] = scaled[::-1]
    return pivot, log_scale, ascending, descending


def onoff_counts(
    n_on: Float[Array, " bins"], n_off: Float[Array, " bins"], terms: int
) -> OnOffCounts:
    """`OnOffCounts` of counts that may be traced: for toys inside jit and vmap.

    Args:
        n_on, n_off: whole numbers ≥ 0, (bins,); not checked.
        terms: length of the polynomials, above every on count; static, at most `MAX_COUNT` + 1.

    Returns:
        The same as `OnOffCounts(n_on, n_off)`, with zero coefficients up to `terms`.

    >>> traced = onoff_counts(jnp.asarray([3.0]), jnp.asarray([1.0]), 6)
    >>> ours, exact = (log_onoff(c, jnp.asarray([2.0])) for c in (traced, OnOffCounts([3], [1])))
    >>> bool(jnp.allclose(ours, exact))
    True
    """
    dtype = n_on.dtype
    table = jnp.asarray(_LOG_FACTORIALS, dtype)
    n, m = n_on.astype(int), n_off.astype(int)
    j = jnp.arange(terms)[:, None]
    rest = n[None, :] - j
    valid = rest >= 0
    rest = jnp.maximum(rest, 0)
    some = n > 0
    power = jnp.where(some, n_on, 1.0)
    pivot = jnp.where(some, 0.5 * jnp.exp((table[n + m] - table[m]) / power), 1.0)
    total = rest + m[None, :]
    logs = table[total] - table[rest] - table[m][None, :] - table[j]
    logs = logs - (total + 1).astype(dtype) * math.log(2.0)
    logs = logs + j.astype(dtype) * jnp.log(pivot)[None, :]
    log_scale = jnp.max(jnp.where(valid, logs, -jnp.inf), axis=0)
    scaled = jnp.where(valid, jnp.exp(jnp.where(valid, logs - log_scale[None, :], 0.0)), 0.0)
    reverse = jnp.where(valid, jnp.take_along_axis(scaled, rest, axis=0), 0.0)
    parts = (n_on, n_off, pivot, log_scale, scaled[::-1], reverse[::-1])
    blank = OnOffCounts(np.zeros(1), np.zeros(1))
    return jax.tree.unflatten(jax.tree.structure(blank), parts)


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
    large, x, rows = _scaled(counts, s)

    def step(total, row):
        return total * x + row, None

    polynomial, _ = jax.lax.scan(step, jnp.zeros_like(s), rows, unroll=_UNROLLED)
    return _scale_back(counts, s, large, polynomial)


@_log_onoff.defjvp
def _log_onoff_jvp(primals, tangents):
    """Everything from one pass: the parabola at s has the value and both derivatives there."""
    counts, s = primals
    frozen = jax.lax.stop_gradient(s)
    value, slope, curvature = _with_slopes(jax.lax.stop_gradient(counts), frozen)
    step = s - frozen
    return value + step * (slope + 0.5 * curvature * step), (slope + curvature * step) * tangents[1]


def _scale_back(counts: OnOffCounts, s, large, polynomial):
    n, pivot, scale = (a.astype(s.dtype) for a in (counts.n_on, counts.pivot, counts.log_scale))
    growth = n * jnp.log(jnp.where(large, s / pivot, 1.0))
    return scale + growth + jnp.log(polynomial) - s


def _scaled(counts: OnOffCounts, s: Float[Array, " bins"]):
    """Which side of the pivot s is on, the ratio x ≤ 1 of the two, and the coefficients there."""
    pivot = counts.pivot.astype(s.dtype)
    large = s >= pivot
    x = jnp.where(large, pivot, s) / jnp.where(large, s, pivot)
    rows = jnp.where(large[None], counts.descending, counts.ascending)
    return large, x, rows.astype(s.dtype)


def onoff_slopes(
    counts: OnOffCounts, s: Float[Array, " bins"]
) -> tuple[Float[Array, " bins"], Float[Array, " bins"]]:
    """First and second derivative of `log_onoff` in s.

    d ln L/ds = L(n−1)/L(n) − 1 ≥ −1, and at most n/s − 1; d² ln L/ds² ≤ 0.

    Args:
        counts: on and off counts, (bins,).
        s: expected events beside the background, (bins,), s ≥ 0.

    Returns:
        The two derivatives, each (bins,).

    Validity and source as `log_onoff`.

    >>> slope, curvature = onoff_slopes(OnOffCounts([0], [4]), jnp.asarray([2.0]))
    >>> float(slope[0]), abs(float(curvature[0]))
    (-1.0, 0.0)
    """
    return _with_slopes(counts, s)[1:]


def _with_slopes(counts: OnOffCounts, s: Float[Array, " bins"]):
    """`log_onoff` with its first and second derivative."""
    large, x, rows = _scaled(counts, s)

    def step(sums, row):
        value, first, half_second = sums
        return (value * x + row, first * x + value, half_second * x + first), None

    zero = jnp.zeros_like(s)
    sums, _ = jax.lax.scan(step, (zero, zero, zero), rows, unroll=_UNROLLED)
    value, first, half_second = sums
    q = first / value
    bend = 2.0 * half_second / value - q * q
    n, unit = counts.n_on.astype(s.dtype), 1.0 / jnp.where(large, s, counts.pivot.astype(s.dtype))
    slope = jnp.where(large, n - x * q, q) * unit
    curvature = jnp.where(large, 2.0 * x * q - n + x * x * bend, bend) * unit * unit
    return _scale_back(counts, s, large, value), slope - 1.0, curvature
