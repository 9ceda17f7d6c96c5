"""Expected CLs limits at low counts, where the large-sample formulae fail.

The statistic of a strength μ is T = Σ_b n_b w_b with w_b = ln(1 + μ s_b/b_b), the likelihood ratio
of signal and background to background. T is a sum of Poisson counts times weights, so its whole
distribution is one Fourier transform: no toys, and bins of one s/b are one bin.
"""

from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from scipy.optimize import brentq
from scipy.special import ndtr, ndtri
from scipy.stats import qmc

from dmjax.errors import InputError
from dmjax.likelihood.joint import JointModel, joint_expected
from dmjax.limits.asymptotics import SIGMAS
from dmjax.limits.test_statistics import Strength

FEW = 10.0
"""Below so many `effective_counts`, about half of them background, asymptotic limits fail."""

DRAWS = 64
"""Values of the nuisances that p-values are averaged over: a power of 2."""

_POINTS = 8192
_LARGEST_RATIO = 1e3
_SMALLEST_STEPS = 4.0
_RELATIVE = 1e-6


class Means(NamedTuple):
    """Expected counts for some values of the nuisances, the nominal ones first.

    Attributes:
        signal: at strength 1, (1 + draws, bins).
        background: (1 + draws, bins).
    """

    signal: np.ndarray
    background: np.ndarray


def effective_counts(signal: np.ndarray, background: np.ndarray) -> float:
    """Counts that decide a limit: (Σ I)²/Σ[I²/(b + s)], I = s²/(b + s), at the limit's signal.

    The signal is scaled to Σ I = 2.71. In one bin, however it is cut, it is b + s.

    Args:
        signal, background: counts per bin; the signal at any strength.

    >>> round(effective_counts(np.array([2.0, 2.0]), np.array([2.5, 2.5])), 1)
    10.3
    >>> round(effective_counts(np.array([2.0, 2.0]), np.zeros(2)), 2)
    2.71
    """
    seen = signal > 0.0
    if not seen.any():
        return float("inf")
    s, b = signal[seen], background[seen]

    def excess(log: float) -> float:
        return float(np.sum((np.exp(log) * s) ** 2 / (b + np.exp(log) * s)) / 2.71 - 1.0)

    start = -float(np.log(s.sum()))
    root: Any = brentq(excess, start, start + np.log(10.0 + 2.0 * b.sum()) + 2.0)
    s = np.exp(root) * s
    information = s * s / (b + s)
    return float(information.sum() ** 2 / np.sum(information**2 / (b + s)))


def means_of(joint: JointModel, chosen: Strength, draws: int = DRAWS) -> Means:
    """Expected counts at the nominal nuisances and at draws of a Sobol sequence from constraints.

    Raises:
        InputError: an off measurement, or a free parameter beside the strength.
    """
    sigmas = np.asarray(joint.parameters.sigmas, float)
    known = np.isfinite(sigmas)
    free = np.flatnonzero(~known)
    if any(model.observed.off is not None for model in joint.models) or free.size != 1:
        raise InputError(
            "limits at low counts need known backgrounds: no off measurement, and no free "
            "parameter but the signal"
        )
    centres = np.asarray(joint.parameters.centres, float)
    values = centres[None, :]
    if known.any():
        sequence = qmc.Sobol(int(known.sum()), scramble=True, rng=np.random.default_rng(1))
        normal = ndtri(sequence.random(draws))
        thrown = np.repeat(values, draws, axis=0)
        thrown[:, known] += normal * sigmas[known]
        low, high = (np.asarray(x) for x in (joint.parameters.lower, joint.parameters.upper))
        values = np.concatenate([values, np.clip(thrown, low, high)])
    without, with_signal = (
        np.asarray(_all_counts(joint, values, chosen.index, jnp.asarray(at)), float)
        for at in (0.0, 1.0)
    )
    return Means(np.maximum(with_signal - without, 0.0), without)


@eqx.filter_jit
def _all_counts(joint: JointModel, values, index: int, at: Float[Array, ""]):
    def one(row):
        return jnp.concatenate(joint_expected(joint, row.at[index].set(at)))

    return jax.lax.map(one, jnp.asarray(values))


def low_count_limits(
    means: Means,
    cl: float = 0.90,
    cls: bool = True,
    sigmas: tuple[float, ...] = SIGMAS,
) -> np.ndarray:
    """Upper limits on the strength expected without signal, at low counts.

    For every strength P(T ≤ t) is computed with and without signal; t is the quantile of T without
    signal at Φ(N), the smallest value that is reached with at least that probability, and the limit
    is where P_s+b(T ≤ t)/P_b(T ≤ t) falls to 1 − cl. With nuisances both probabilities are averages
    over them. Weights are whole multiples of a small step, which is a statistic as good as equal;
    many events of tiny weight are one normal number.

    Args:
        means: expected counts; see `means_of`.
        cl: confidence level.
        cls: whether P_b divides.
        sigmas: N of the bands.

    Returns:
        Limits, (bands,); inf without signal events.

    Source: T. Junk, NIM A 434 (1999) 435; nuisances as Cousins and Highland, NIM A 320 (1992) 331.

    >>> empty = Means(np.full((1, 3), 0.5), np.zeros((1, 3)))
    >>> [round(1.5 * float(x), 6) for x in low_count_limits(empty)]  # −ln 0.1 events
    [2.302585, 2.302585, 2.302585, 2.302585, 2.302585]
    """
    if not 0.5 < cl < 1.0:
        raise InputError(f"cl must lie between 0.5 and 1, got {cl}")
    total = float(means.signal[0].sum())
    if not total > 0.0:
        return np.full(len(sigmas), np.inf)
    known: dict[float, np.ndarray] = {}

    def levels(strength: float) -> np.ndarray:
        if strength not in known:
            known[strength] = _levels(means, strength, cls, sigmas)
        return known[strength]

    return np.array([_crossing(levels, i, 1.0 - cl, total) for i in range(len(sigmas))])


def _crossing(levels, band: int, alpha: float, total: float) -> float:
    """Strength where a level falls to alpha, found in the logarithms of both."""

    def above(log: float) -> float:
        return float(np.log(max(levels(float(np.exp(log)))[band], 1e-300) / alpha))

    start = -float(np.log(total))
    low, high = start - 7.0, start
    while above(high) > 0.0:
        low, high = high, high + 0.7
        if high - start > 20.0:
            return float("inf")
    root: Any = brentq(above, low, high, xtol=_RELATIVE)
    return float(np.exp(root))


def _levels(means: Means, strength: float, cls: bool, sigmas: tuple[float, ...]) -> np.ndarray:
    """CLs, or p of signal and background, at the quantiles of T without signal."""
    weights = _weights(means.signal[0], means.background[0], strength)
    draws = slice(None) if len(means.signal) == 1 else slice(1, None)
    background = means.background[draws]
    both = background + strength * means.signal[draws]
    lattice = _lattice(weights, np.concatenate([background, both]))
    p_b, p_sb = (np.cumsum(_density(weights, some, lattice)) for some in (background, both))
    at = [int(np.argmax(p_b >= min(ndtr(n), p_b.max()) - 1e-12)) for n in sigmas]
    return p_sb[at] / p_b[at] if cls else p_sb[at]


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


def _density(weights: np.ndarray, counts: np.ndarray, lattice: Lattice) -> np.ndarray:
    """P(T) on the lattice, averaged over the rows of counts."""
    step, fine, origin = lattice
    whole = np.maximum(np.round(weights[~fine] / step).astype(int), 1)
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
