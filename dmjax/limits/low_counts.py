"""CLs limits at low counts, observed and expected, where the large-sample formulae fail."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from scipy.special import ndtr, ndtri

from dmjax.errors import InputError
from dmjax.likelihood.count_terms import asimov_counts
from dmjax.likelihood.joint import JointModel, joint_expected
from dmjax.likelihood.parameters import named
from dmjax.limits.asymptotics import SIGMAS
from dmjax.limits.test_statistics import Strength
from dmjax.limits.weighted_counts import Means, distributions, place_of
from dmjax.programs import kept

FEW = 10.0
"""Below so many `effective_counts`, about half of them background, asymptotic limits fail."""

DRAWS = 64
"""Values of the nuisances that p-values are averaged over: a power of 2."""

_RELATIVE = 1e-6


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
    from scipy.optimize import brentq

    root: Any = brentq(excess, start, start + np.log(10.0 + 2.0 * b.sum()) + 2.0)
    s = np.exp(root) * s
    information = s * s / (b + s)
    return float(information.sum() ** 2 / np.sum(information**2 / (b + s)))


def deciding_counts(joint: JointModel, chosen: Strength, signals: np.ndarray) -> np.ndarray:
    """`effective_counts` of every signal over the background of a model at its centres.

    The background under an off measurement is its best fit.

    Args:
        joint, chosen: model and its strength.
        signals: counts of all models, (masses, bins).
    """
    nothing = named(joint.parameters, joint.parameters.centres.at[chosen.index].set(0.0))
    background = [np.asarray(asimov_counts(model, nothing).on) for model in joint.models]
    return np.array([effective_counts(row, np.concatenate(background)) for row in signals])


def is_known(joint: JointModel) -> bool:
    """Whether `means_of` serves: no counts behind a background, one free parameter, the strength.

    All others must be normal or log-normal.
    """
    counted = any(model.observed.off is not None or model.measured for model in joint.models)
    kinds = joint.parameters.kinds
    return not counted and kinds.count("free") == 1 and not {"gamma", "uniform"} & set(kinds)


def means_of(joint: JointModel, chosen: Strength, draws: int = DRAWS) -> Means:
    """Expected counts at the nominal nuisances and at draws of a Sobol sequence from constraints.

    Raises:
        InputError: an off measurement, or a free parameter beside the strength.
    """
    sigmas = np.asarray(joint.parameters.sigmas, float)
    known = np.isfinite(sigmas)
    if not is_known(joint):
        raise InputError(
            "limits at low counts need known backgrounds: no off measurement or measured template, "
            "and no free parameter but the signal"
        )
    centres = np.asarray(joint.parameters.centres, float)
    values = centres[None, :]
    if known.any():
        from scipy.stats import qmc

        sequence = qmc.Sobol(int(known.sum()), scramble=True, rng=np.random.default_rng(1))
        normal = ndtri(sequence.random(draws))
        thrown = np.repeat(values, draws, axis=0)
        log = np.array([kind == "log-normal" for kind in joint.parameters.kinds])[known]
        wide = np.log1p(sigmas[known] / np.where(log, centres[known], 1.0))
        spread = centres[known] * np.exp(normal * wide)
        thrown[:, known] = np.where(log, spread, centres[known] + normal * sigmas[known])
        low, high = (np.asarray(x) for x in (joint.parameters.lower, joint.parameters.upper))
        values = np.concatenate([values, np.clip(thrown, low, high)])
    without, with_signal = (
        np.asarray(_all_counts(joint, values, chosen.index, jnp.asarray(at)), float)
        for at in (0.0, 1.0)
    )
    return Means(np.maximum(with_signal - without, 0.0), without)


@kept
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
    _check_level(cl)
    total = float(means.signal[0].sum())
    if not total > 0.0:
        return np.full(len(sigmas), np.inf)
    known: dict[float, np.ndarray] = {}

    def levels(strength: float) -> np.ndarray:
        if strength not in known:
            known[strength] = _levels(means, strength, cls, sigmas)
        return known[strength]

    def limit(i: int) -> float:
        return _crossing(lambda strength: levels(strength)[i], 1.0 - cl, total)

    return np.array([limit(i) for i in range(len(sigmas))])


def _crossing(level: Callable[[float], float], alpha: float, total: float) -> float:
    """Strength where a level falls to alpha, found in the logarithms of both.

    0 where every strength is excluded, inf where none is.
    """

    def above(log: float) -> float:
        return float(np.log(max(level(float(np.exp(log))), 1e-300) / alpha))

    start = -float(np.log(total))
    low, high = start - 7.0, start
    if above(low) < 0.0:
        return 0.0
    while above(high) > 0.0:
        low, high = high, high + 0.7
        if high - start > 20.0:
            return float("inf")
    from scipy.optimize import brentq

    root: Any = brentq(above, low, high, xtol=_RELATIVE)
    return float(np.exp(root))


def _levels(means: Means, strength: float, cls: bool, sigmas: tuple[float, ...]) -> np.ndarray:
    """CLs, or p of signal and background, at the quantiles of T without signal."""
    found = distributions(means, strength)
    p_b = found.p_b
    at = [int(np.argmax(p_b >= min(ndtr(n), p_b.max()) - 1e-12)) for n in sigmas]
    return found.p_sb[at] / p_b[at] if cls else found.p_sb[at]


class ExactLimit(NamedTuple):
    """An upper limit from Poisson probabilities.

    Attributes:
        limit: on the strength; 0 where every strength is excluded, inf where none is.
        p_sb, p_b: P(T ≤ observed) at the limit with and without signal; NaN without a limit.
    """

    limit: float
    p_sb: float
    p_b: float


def exact_limit(means: Means, counts: np.ndarray, cl: float = 0.90, cls: bool = True) -> ExactLimit:
    """Upper limit of observed counts where P_s+b(T ≤ t)/P_b(T ≤ t) falls to 1 − cl.

    Args:
        means: expected counts; see `means_of`.
        counts: observed, (bins,).
        cl: confidence level.
        cls: whether P_b divides.

    Source: as `low_count_limits`.

    >>> found = exact_limit(Means(np.ones((1, 1)), np.zeros((1, 1))), np.zeros(1))
    >>> round(found.limit, 4), round(found.p_sb, 3), round(found.p_b, 3)  # −ln 0.1
    (2.3026, 0.1, 1.0)
    """
    _check_level(cl)
    total = float(means.signal[0].sum())
    if not total > 0.0:
        return ExactLimit(np.inf, np.nan, np.nan)

    def levels(strength: float) -> tuple[float, float]:
        found = distributions(means, strength)
        place = place_of(counts, found)
        return float(found.p_sb[place]), float(found.p_b[place])

    def level(strength: float) -> float:
        p_sb, p_b = levels(strength)
        return p_sb / max(p_b, 1e-300) if cls else p_sb

    limit = _crossing(level, 1.0 - cl, total)
    there = levels(limit) if 0.0 < limit < np.inf else (np.nan, np.nan)
    return ExactLimit(limit, *there)


def median_p_values(means: Means, strength: float) -> tuple[float, float]:
    """(P with signal, P without) of no more than the median T without signal, at a strength."""
    if not 0.0 < strength < np.inf:
        return np.nan, np.nan
    found = distributions(means, strength)
    place = int(np.argmax(found.p_b >= 0.5 - 1e-12))
    return float(found.p_sb[place]), float(found.p_b[place])


def _check_level(cl: float) -> None:
    if not 0.5 < cl < 1.0:
        raise InputError(f"cl must lie between 0.5 and 1, got {cl}")
