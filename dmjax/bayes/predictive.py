"""Prior and posterior predictive checks of binned counts."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from dmjax.batches import in_chunks
from dmjax.bayes.nested import Hypothesis
from dmjax.bayes.priors import quantiles
from dmjax.errors import InputError
from dmjax.fits.estimates import binomial_error
from dmjax.likelihood.count_terms import raw_counts
from dmjax.likelihood.joint import Data
from dmjax.programs import kept

Bins = Float[Array, " bins"]
STATISTICS = ("total", "chi2", "largest")
"""Counts in all; Σ (n − µ)²/σ²; the largest (n − µ)/σ of a bin."""


class PredictiveCheck(NamedTuple):
    """How often replicated counts are at least as extreme as the observed ones.

    Attributes:
        statistic: one of `STATISTICS`.
        p_value: share of draws whose replica has a statistic ≥ that of the data.
        error: its Monte Carlo standard deviation, from the effective number of draws.
        observed: statistic of the data, mean over the draws.
        replicated: 16 %, 50 % and 84 % quantiles of the replicas' statistic.
        draws: number of them.
    """

    statistic: str
    p_value: float
    error: float
    observed: float
    replicated: tuple[float, float, float]
    draws: int


def replicate(key: PRNGKeyArray, mean: Bins, off: Bins | None) -> Bins:
    """Counts of one draw: Poisson, over a steady state known from its off counts.

    P(n | m, s) = ∫ dN P(n; s + N) p(N | m), p(N | m) a Γ density of shape m + 1: the very term of
    the likelihood ([D20] Eq. 6.4), which sums to one over n.

    Args:
        key: random key.
        mean: expected counts beside the steady state, (bins,).
        off: off counts, or None.
    """
    steady_key, count_key = jax.random.split(key)
    if off is not None:
        mean = mean + jax.random.gamma(steady_key, off.astype(mean.dtype) + 1.0)
    return jax.random.poisson(count_key, mean).astype(mean.dtype)


def _moments(mean: Bins, off: Bins | None) -> tuple[Bins, Bins]:
    """Mean and variance of replicated counts."""
    if off is None:
        return mean, mean
    steady = off.astype(mean.dtype) + 1.0
    return mean + steady, mean + 2.0 * steady


def _statistics(counts: Bins, mean: Bins, variance: Bins):
    used = variance > 0
    pull = jnp.where(used, (counts - mean) / jnp.sqrt(jnp.where(used, variance, 1.0)), 0.0)
    return jnp.stack([jnp.sum(counts), jnp.sum(pull * pull), jnp.max(pull)])


@kept
def _replicas(hypothesis: Hypothesis, data: Data, keys, values):
    pairs = [raw_counts(counts) for counts in data.counts]

    def one(point):
        key, value = point
        assert hypothesis.expected is not None
        drawn, seen = [], []
        means = hypothesis.expected(value)
        each = jax.random.split(key, len(pairs))
        for k, mean, (on, off, _) in zip(each, means, pairs, strict=True):
            moments = _moments(mean, off)
            drawn.append(_statistics(replicate(k, mean, off), *moments))
            seen.append(_statistics(on.astype(mean.dtype), *moments))
        return tuple(_combine(jnp.stack(parts)) for parts in (drawn, seen))

    return in_chunks(one, (keys, values), 512)


def _combine(parts: Float[Array, "analyses statistics"]) -> Float[Array, " statistics"]:
    sums = jnp.sum(parts, axis=0)
    return sums.at[2].set(jnp.max(parts[:, 2]))


def predictive_checks(
    key: PRNGKeyArray,
    hypothesis: Hypothesis,
    data: Data,
    draws: dict[str, np.ndarray],
    effective: float | None = None,
) -> dict[str, PredictiveCheck]:
    """Compare observed counts with counts replicated from draws of the parameters.

    Args:
        key: random key.
        hypothesis: gives the expected counts; its parameters must be among the draws.
        data: the observed counts.
        draws: name → draws of the posterior, or of the prior (`prior_draws`), or of a posterior
            from other bins: then the check is a prediction for these.
        effective: effective number of the draws; None: as many as there are.

    Returns:
        statistic → `PredictiveCheck`. p near 0 means data above, near 1 below the replicas.

    Raises:
        InputError: too few draws, or a parameter without draws.
    """
    if hypothesis.expected is None:
        raise InputError(f"{hypothesis.name}: no expected counts to replicate")
    missing = [name for name in hypothesis.priors.names if name not in draws]
    if missing:
        raise InputError(f"{hypothesis.name}: no draws of {', '.join(missing)}")
    values = np.stack([np.ravel(draws[name]) for name in hypothesis.priors.names], axis=1)
    if len(values) < 100:
        raise InputError(f"a predictive check needs at least 100 draws, got {len(values)}")
    keys = jax.random.split(key, len(values))
    # Poisson draws rely on promotion inside; a stricter setting is left as it is outside.
    with jax.numpy_dtype_promotion("standard"), jax.numpy_rank_promotion("allow"):
        found = _replicas(hypothesis, data, keys, jnp.asarray(values))
    drawn, seen = (np.asarray(part) for part in found)
    number = min(effective or len(values), len(values))
    return {
        name: _check(name, drawn[:, i], seen[:, i], number) for i, name in enumerate(STATISTICS)
    }


def _check(name: str, drawn: np.ndarray, seen: np.ndarray, number: float) -> PredictiveCheck:
    p = float((drawn >= seen).mean())
    middle = np.quantile(drawn, [0.16, 0.5, 0.84]).tolist()
    return PredictiveCheck(
        statistic=name,
        p_value=p,
        error=binomial_error(p * number, number),
        observed=float(seen.mean()),
        replicated=(middle[0], middle[1], middle[2]),
        draws=drawn.size,
    )


def prior_draws(key: PRNGKeyArray, hypothesis: Hypothesis, count: int) -> dict[str, np.ndarray]:
    """Independent draws of every parameter from its prior."""
    u = jax.random.uniform(key, (count, len(hypothesis.priors.names)))
    values = np.asarray(jax.vmap(quantiles, (None, 0))(hypothesis.priors, u))
    return {name: values[:, i] for i, name in enumerate(hypothesis.priors.names)}
