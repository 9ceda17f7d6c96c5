"""Pulses of piecewise linear density: boxes, triangles, tables."""

import math

import jax.numpy as jnp
import numpy as np
from jax.core import Tracer
from jaxtyping import Array, ArrayLike, Float

from dmjax.errors import InputError
from dmjax.timing.pulses import AbstractPulse, positive

Scalar = Float[Array, ""]
SERIES_BELOW = 0.5
SERIES_TERMS = 13


class PiecewisePulse(AbstractPulse):
    """Pulse whose density is linear on each piece and may jump between pieces.

    Use the constructors of this file: they normalise the area to one.

    Attributes:
        left, right: ends of each piece [µs]; pieces do not overlap.
        density_left, density_right: density at those ends [1/µs].
    """

    left: Float[Array, " n"]
    right: Float[Array, " n"]
    density_left: Float[Array, " n"]
    density_right: Float[Array, " n"]

    def cdf(self, time: Scalar) -> Scalar:
        """Σ over pieces of ax + mx²/2, x = t − left inside the piece, m the slope."""
        x, slope, _ = _inside(self, time)
        return jnp.clip(jnp.sum(x * (self.density_left + 0.5 * slope * x)), 0.0, 1.0)

    def decayed_cdf(self, time: Scalar, lifetime: Scalar) -> Scalar:
        """∫f(s)[1 − e^{−(t−s)/τ}]ds over s < t, in terms that do not cancel for any τ.

        With d the time since the piece ended and p = x/τ, a piece adds (1 − e^{−d/τ}) M +
        e^{−d/τ} [a x c₁(p) + m x² (c₁(p) − c₂(p))], M = ax + mx²/2.
        """
        x, slope, since = _inside(self, time)
        mass = x * (self.density_left + 0.5 * slope * x)
        c1, c2 = _decay_moments(x / lifetime)
        fresh = x * (self.density_left * c1 + slope * x * (c1 - c2))
        gone = -jnp.expm1(-since / lifetime)
        return jnp.clip(jnp.sum(gone * mass + (1.0 - gone) * fresh), 0.0, 1.0)


def _inside(
    pulse: PiecewisePulse, time: Scalar
) -> tuple[Float[Array, " n"], Float[Array, " n"], Float[Array, " n"]]:
    """Per piece: how much of it has passed [µs], its slope, the time since its end [µs]."""
    width = pulse.right - pulse.left
    passed = jnp.clip(time - pulse.left, 0.0, width)
    slope = (pulse.density_right - pulse.density_left) / width
    return passed, slope, jnp.clip(time - pulse.right, 0.0)


def _decay_moments(p: Float[Array, " n"]) -> tuple[Float[Array, " n"], Float[Array, " n"]]:
    """c₁ = ∫₀¹(1 − e^{−py})dy, c₂ = ∫₀¹y(1 − e^{−py})dy; series below p = ½, closed forms above."""
    small = p < SERIES_BELOW
    few, many = jnp.where(small, p, 0.0), jnp.where(small, 1.0, p)
    first, second = jnp.zeros_like(p), jnp.zeros_like(p)
    for k in range(SERIES_TERMS, 0, -1):
        sign = (-1.0) ** (k + 1) / math.factorial(k)
        first = few * (first + sign / (k + 1))
        second = few * (second + sign / (k + 2))
    left = jnp.exp(-many)
    c1 = 1.0 - (1.0 - left) / many
    c2 = 0.5 - (1.0 - left * (1.0 + many)) / (many * many)
    return jnp.where(small, first, c1), jnp.where(small, second, c2)


def box_pulse(start: ArrayLike, width: ArrayLike) -> PiecewisePulse:
    """Constant between `start` and `start + width` [µs].

    >>> float(box_pulse(0.0, 0.1).cdf(jnp.asarray(0.025)))
    0.25
    """
    positive("the width of a pulse [us]", width)
    start, width = _floats(start, width)
    left = start[None]
    return PiecewisePulse(left, left + width, 1.0 / width[None], 1.0 / width[None])


def triangular_pulse(start: ArrayLike, width: ArrayLike) -> PiecewisePulse:
    """Rises from `start`, peaks in the middle, ends at `start + width` [µs].

    >>> round(float(triangular_pulse(0.0, 0.29).cdf(jnp.asarray(0.145))), 12)
    0.5
    """
    positive("the width of a pulse [us]", width)
    start, width = _floats(start, width)
    peak = jnp.stack([jnp.zeros_like(width), 2.0 / width])
    left = start + jnp.stack([jnp.zeros_like(width), 0.5 * width])
    return PiecewisePulse(left, left + 0.5 * width, peak, peak[::-1])


def tabulated_pulse(edges: ArrayLike, fractions: ArrayLike) -> PiecewisePulse:
    """Constant in each bin of a table; `fractions` are scaled to sum to one.

    Args:
        edges: bin edges [µs], n + 1, increasing.
        fractions: content of each bin, n, none negative.

    >>> float(tabulated_pulse([0.0, 0.5, 1.0], [1.0, 3.0]).cdf(jnp.asarray(0.75)))
    0.625
    """
    if not any(isinstance(x, Tracer) for x in (edges, fractions)):
        _check_table(np.asarray(edges, float), np.asarray(fractions, float))
    edges, fractions = _floats(edges, fractions)
    density = fractions / (jnp.sum(fractions) * jnp.diff(edges))
    return PiecewisePulse(edges[:-1], edges[1:], density, density)


def _check_table(edges: np.ndarray, fractions: np.ndarray) -> None:
    if edges.ndim != 1 or edges.shape != (fractions.size + 1,):
        raise InputError(
            f"a beam table of n bins needs n + 1 edges, got {edges.size} for {fractions.size}"
        )
    if not (np.all(np.isfinite(edges)) and np.all(np.diff(edges) > 0.0)):
        raise InputError(f"the edges of a beam table must increase, got {edges}")
    total = fractions.sum()
    if not (np.isfinite(total) and total > 0.0):
        raise InputError(f"a beam table must sum to a positive finite number, got {total}")
    if np.any(fractions < 0.0):
        raise InputError(f"no bin of a beam table may be negative, got {fractions.min()}")


def _floats(*values: ArrayLike) -> list[Array]:
    dtype = jnp.result_type(float, *(x for x in values if isinstance(x, jnp.ndarray)))
    return [jnp.asarray(x, dtype) for x in values]
