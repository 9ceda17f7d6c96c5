"""The distribution of the likelihood ratio of two known expectations, at any counts.

The statistic of a strength μ is T = Σ_b n_b w_b with w_b = ln(1 + μ s_b/b_b), the likelihood ratio
of signal and background to background. T is a sum of Poisson counts times weights, so its whole
distribution is one Fourier transform: no toys, and bins of one s/b are one bin. Weights are whole
multiples of a small step; many events of tiny weight are one normal number.
"""

from typing import NamedTuple

import numpy as np

_POINTS = 8192
_LARGEST_RATIO = 1e3
_SMALLEST_STEPS = 4.0
_TINY = 1e-300
_COUNTED = 500.0
"""Counts below which a single bin needs no transform."""


class Means(NamedTuple):
    """Expected counts for some values of the nuisances, the nominal ones first.

    Attributes:
        signal: at strength 1, (1 + draws, bins).
        background: (1 + draws, bins).
    """

    signal: np.ndarray
    background: np.ndarray


class Distributions(NamedTuple):
    """P(T ≤ t) on a lattice of t.

    Attributes:
        p_sb, p_b: with and without signal, (points,).
        weights: of the bins in T.
        lattice: of t.
    """

    p_sb: np.ndarray
    p_b: np.ndarray
    weights: np.ndarray
    lattice: "Lattice"


def distributions(means: Means, strength: float) -> Distributions:
    """The distributions of T of a strength, averaged over the nuisances."""
    weights = _weights(means.signal[0], means.background[0], strength)
    draws = slice(None) if len(means.signal) == 1 else slice(1, None)
    background = means.background[draws]
    both = background + strength * means.signal[draws]
    if weights.size == 1 and both.max() < _COUNTED:
        return _counted(background, both)
    lattice = _lattice(weights, np.concatenate([background, both]))
    p_b, p_sb = (np.cumsum(_density(weights, some, lattice)) for some in (background, both))
    return Distributions(p_sb, p_b, weights, lattice)


def place_of(counts: np.ndarray, found: Distributions) -> int:
    """Where T of counts lies on the lattice."""
    step, fine, origin = found.lattice
    whole = _whole(found.weights[~fine], step)
    rest = (counts[fine] @ found.weights[fine] - origin) / step
    return int(np.clip(np.round(counts[~fine] @ whole + rest), 0, found.p_b.size - 1))


def _counted(background: np.ndarray, both: np.ndarray) -> Distributions:
    """Of one bin, where T is the count itself."""
    most = both.max() + 10.0 * np.sqrt(both.max()) + 30.0
    n = np.arange(np.ceil(most))
    steps = np.cumsum(np.log(np.maximum(n, 1.0)))

    def summed(mean: np.ndarray) -> np.ndarray:
        terms = np.exp(n * np.log(np.maximum(mean, _TINY)) - mean - steps)
        return np.cumsum(terms.mean(axis=0))

    p_b, p_sb = summed(background), summed(both)
    return Distributions(p_sb, p_b, np.ones(1), Lattice(1.0, np.zeros(1, bool), 0.0))


def _weights(signal: np.ndarray, background: np.ndarray, strength: float) -> np.ndarray:
    """ln(1 + μs/b), the ratio held at a value beyond which an event excludes no signal anyway."""
    ratio = np.full(signal.shape, _LARGEST_RATIO)
    np.divide(strength * signal, background, out=ratio, where=background > 0.0)
    return np.log1p(np.minimum(np.where(signal > 0.0, ratio, 0.0), _LARGEST_RATIO))


class Lattice(NamedTuple):
    """Whole steps in place of values of T.

    Attributes:
        step: of T.
        fine: bins whose weights are too small for it, together a normal number.
        origin: T of the first point.
    """

    step: float
    fine: np.ndarray
    origin: float


def _lattice(weights: np.ndarray, counts: np.ndarray) -> Lattice:
    """A lattice with nothing of a probability that matters outside, for all rows of counts."""
    fine, spread = np.zeros(weights.size, bool), np.sqrt(np.max(counts @ weights**2))
    margin = 10.0 * spread + 5.0 * weights.max()
    for _ in range(2):
        middle = counts[:, fine] @ weights[fine] if fine.any() else np.zeros(len(counts))
        wide = 10.0 * np.sqrt(np.max(counts[:, fine] @ weights[fine] ** 2)) if fine.any() else 0.0
        origin = float(middle.min() - wide)
        coarse = np.max(counts[:, ~fine] @ weights[~fine])
        held = fine
        step = float((middle.max() - origin + coarse + margin) / _POINTS)
        fine = weights < _SMALLEST_STEPS * margin / _POINTS
    return Lattice(step, held, origin)


def _whole(weights: np.ndarray, step: float) -> np.ndarray:
    return np.maximum(np.round(weights / step).astype(int), 1)


def _density(weights: np.ndarray, counts: np.ndarray, lattice: Lattice) -> np.ndarray:
    """P(T) on the lattice, averaged over the rows of counts."""
    step, fine, origin = lattice
    whole = _whole(weights[~fine], step)
    angle = 2.0 * np.pi * np.arange(_POINTS // 2 + 1) / _POINTS
    total = np.zeros(angle.size, complex)
    for row in counts:
        rates = np.bincount(whole, weights=row[~fine], minlength=_POINTS)
        exponent = np.fft.rfft(rates) - rates.sum()
        shift = (row[fine] @ weights[fine] - origin) / step
        variance = row[fine] @ weights[fine] ** 2 / step**2
        shift = shift if variance > 4.0 else np.round(shift)
        total += np.exp(exponent - 1j * angle * shift - 0.5 * angle**2 * variance)
    return np.maximum(np.fft.irfft(total / len(counts), _POINTS), 0.0)
