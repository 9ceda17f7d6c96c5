"""Removing the scale uncertainty α: by its maximum, by its integral, or bin by bin."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from dmjax.likelihood.analysis import (
    BinnedAnalysis,
    expected_means,
    log_constraint,
    log_posterior_alpha,
)
from dmjax.likelihood.onoff import log_onoff, onoff_slopes

TREATMENTS = ("profile", "marginal", "per-bin")
"""The ways to remove α that `reduced_log_likelihood` knows."""

_PROFILE_STEPS = 14
_MODE_STEPS = 8
_NODES = 24
_FALL = 20.0


class AlphaProfile(NamedTuple):
    """The best scale shift at a fixed signal.

    Fields:
        alpha_hat: argmax over α ≥ −1 (no gradient flows through it), scalar.
        log_l: `log_posterior_alpha` there, scalar.
    """

    alpha_hat: Float[Array, ""]
    log_l: Float[Array, ""]


def _slopes(analysis: BinnedAnalysis, signal, scale, total: Callable):
    """Derivatives of the constrained log likelihood in the scale r = 1 + α, summed by `total`."""
    rate = signal + analysis.neutrinos
    first, second = onoff_slopes(analysis.counts, scale * rate + analysis.neutrons)
    precision = 1.0 / analysis.sigma_alpha**2
    slope = total(rate * first) - (scale - 1.0) * precision
    return slope, total(rate * rate * second) - precision


def _mode(analysis: BinnedAnalysis, signal, total: Callable, steps: int):
    """The r ≥ 0 that maximises ln L(r) + ln p(r), with slope and curvature: bracketed Newton.

    The first step looks at the edge r = 0, which is the answer where the slope there is negative.
    φ(r) = r d/dr of that has one sign change and lies below Σn − r Σs' − r(r−1)/σ², whose root
    closes the bracket from above; the same with n less its background starts the search.
    """
    rate_sum = total(signal + analysis.neutrinos)
    on = total(analysis.counts.n_on)
    excess = on - total(analysis.counts.n_off + analysis.neutrons)
    precision = 1.0 / analysis.sigma_alpha**2

    def root(events):
        b = rate_sum - precision
        discriminant = jnp.sqrt(b * b + 4.0 * precision * events)
        steep = b > 0
        return jnp.where(
            steep,
            2.0 * events / jnp.where(steep, b + discriminant, 1.0),
            0.5 * (discriminant - b) / precision,
        )

    high = 1.001 * root(on + 0.5)
    start = root(jnp.clip(excess, 0.5, on + 0.5))

    def step(i, state):
        low, high, r, _, edge = state
        slope, curvature = _slopes(analysis, signal, r, total)
        phi, gain = r * slope, slope + r * curvature
        new_low, new_high = jnp.where(phi > 0, r, low), jnp.where(phi > 0, high, r)
        newton = r - phi / jnp.where(gain < 0, gain, -1.0)
        inside = (gain < 0) & (newton >= new_low) & (newton <= new_high)
        new_r = jnp.where(inside, newton, 0.5 * (new_low + new_high))
        here = (r, slope, curvature)
        later = (new_low, new_high, new_r, here, edge)
        return jax.tree.map(partial(jnp.where, i == 0), (low, high, start, here, here), later)

    zero = jnp.zeros_like(start)
    nothing = (zero, zero, zero)
    _, _, _, last, edge = jax.lax.fori_loop(0, steps, step, (zero, high, zero, nothing, nothing))
    return jax.tree.map(partial(jnp.where, edge[1] > 0), last, edge)


def _frozen(analysis: BinnedAnalysis, signal):
    """Analysis in the signal's dtype, and signal, with gradients stopped."""
    cast = partial(jax.tree.map, lambda leaf: jax.lax.stop_gradient(leaf.astype(signal.dtype)))
    return cast(analysis), jax.lax.stop_gradient(signal)


def profile_alpha(analysis: BinnedAnalysis, signal: Float[Array, " bins"]) -> AlphaProfile:
    """Maximum over α ≥ −1 of likelihood times constraint, by a fixed number of Newton steps.

    ln L_p(N_χ) = max_α [Σ_b ln L_b + ln p(α)]. The function is concave in α, so the maximum is
    unique; where it lies at the edge, α̂ is exactly −1. By the envelope theorem the gradient of
    `log_l` is the one at fixed α̂; second derivatives are not provided.

    Args:
        analysis: the analysis.
        signal: expected dark-matter events, (bins,), ≥ 0.

    Returns:
        `AlphaProfile`.

    Source: [D20] Eq. 6.4 with α profiled instead of integrated.

    >>> from dmjax.likelihood.onoff import OnOffCounts
    >>> analysis = BinnedAnalysis(OnOffCounts([9], [2]), [4.0], [0.5])
    >>> -1.0 < float(profile_alpha(analysis, jnp.asarray([8.0])).alpha_hat) < 0.0
    True
    """
    frozen, fixed = _frozen(analysis, signal)
    alpha = _mode(frozen, fixed, jnp.sum, _PROFILE_STEPS)[0] - 1.0
    return AlphaProfile(alpha, log_posterior_alpha(analysis, signal, alpha))


def _integral(analysis: BinnedAnalysis, signal, integrand: Callable, total: Callable):
    """ln ∫ dα exp(integrand), by Gauss–Legendre between the points where it has fallen by e^−20.

    The integrand is log-concave: one Newton step on its fall, from a Gaussian's or exponential's
    end point, lands beyond the wanted point on both sides. The lower end is never below α = −1.
    """
    frozen, fixed = _frozen(analysis, signal)
    mode, slope, curvature = _mode(frozen, fixed, total, _MODE_STEPS)
    steepness = jnp.abs(slope)
    reach = 2.0 * _FALL / (steepness + jnp.sqrt(steepness**2 - 2.0 * _FALL * curvature))
    points = jnp.stack([jnp.maximum(mode - reach, 0.0), mode, mode + reach])
    values, tangents = jax.lax.map(
        lambda r: jax.jvp(partial(integrand, frozen, fixed), (r - 1.0,), (jnp.ones_like(r),)),
        points,
    )
    ends = points[::2] + (values[1:2] - _FALL - values[::2]) / tangents[::2]
    low = jnp.where(mode > reach, jnp.maximum(ends[0], 0.0), 0.0)
    high = ends[1]
    x, w = np.polynomial.legendre.leggauss(_NODES)
    fractions, log_weights = (
        jnp.asarray(v, signal.dtype) for v in (0.5 + 0.5 * x, np.log(0.5 * w))
    )
    terms = jax.lax.map(
        lambda node: node[1] + integrand(analysis, signal, low + (high - low) * node[0] - 1.0),
        (fractions, log_weights),
    )
    return jax.scipy.special.logsumexp(terms, axis=0) + jnp.log(high - low)


def marginal_alpha(analysis: BinnedAnalysis, signal: Float[Array, " bins"]) -> Float[Array, ""]:
    """Log likelihood with the one α shared by all bins integrated out.

    ln ∫_{−1}^∞ dα p(α) Π_b L(n_b, m_b; s_b(α)), by 24 Gauss nodes between the points where the
    integrand has fallen by e^−20 from its own mode, or from α = −1.

    Args:
        analysis: the analysis.
        signal: expected dark-matter events, (bins,), ≥ 0.

    Returns:
        The log marginal likelihood, scalar.

    Source: [D20] Eq. 6.4, α outside the product of bins.

    >>> from dmjax.likelihood.onoff import OnOffCounts
    >>> analysis = BinnedAnalysis(OnOffCounts([0], [0]), [0.0], [0.5])
    >>> round(float(marginal_alpha(analysis, jnp.asarray([0.0]))), 4)  # ln(e^{-0.5}/2)
    -1.1931
    """
    return _integral(analysis, signal, log_posterior_alpha, jnp.sum)


def per_bin_alpha(analysis: BinnedAnalysis, signal: Float[Array, " bins"]) -> Float[Array, ""]:
    """Log likelihood with an independent α integrated out in every bin, as the paper prints it.

    Σ_b ln ∫_{−1}^∞ dα p(α) L(n_b, m_b; s_b(α)). It treats a common scale as uncorrelated between
    bins and so understates it; kept for comparison.

    Args:
        analysis: the analysis.
        signal: expected dark-matter events, (bins,), ≥ 0.

    Returns:
        The log likelihood, scalar.

    Source: [D20] Eq. 6.4 as printed.

    >>> from dmjax.likelihood.onoff import OnOffCounts
    >>> analysis = BinnedAnalysis(OnOffCounts([0], [0]), [0.0], [0.5])
    >>> round(float(per_bin_alpha(analysis, jnp.asarray([0.0]))), 4)
    -1.1931
    """

    def integrand(analysis, signal, alpha):
        means = expected_means(analysis, signal, alpha)
        return log_onoff(analysis.counts, means) + log_constraint(analysis, alpha)

    return jnp.sum(_integral(analysis, signal, integrand, lambda bins: bins))


def check_treatment(treatment: str) -> None:
    """Raise ValueError unless `treatment` is one of `TREATMENTS`."""
    if treatment not in TREATMENTS:
        raise ValueError(f"unknown treatment {treatment!r}: use one of {', '.join(TREATMENTS)}")


def reduced_log_likelihood(
    analysis: BinnedAnalysis, signal: Float[Array, " bins"], treatment: str = "profile"
) -> Float[Array, ""]:
    """Log likelihood of a signal with α removed in the named way.

    Args:
        analysis: the analysis.
        signal: expected dark-matter events, (bins,), ≥ 0.
        treatment: "profile" (`profile_alpha`), "marginal" (`marginal_alpha`) or "per-bin"
            (`per_bin_alpha`); static.

    Returns:
        ln L, scalar, differentiable once in the signal.

    Raises:
        ValueError: unknown treatment.

    >>> from dmjax.likelihood.onoff import OnOffCounts
    >>> analysis = BinnedAnalysis(OnOffCounts([0], [0]), [0.0], [0.5])
    >>> round(float(reduced_log_likelihood(analysis, jnp.asarray([0.0]), "marginal")), 4)
    -1.1931
    """
    check_treatment(treatment)
    if treatment == "profile":
        return profile_alpha(analysis, signal).log_l
    return (marginal_alpha if treatment == "marginal" else per_bin_alpha)(analysis, signal)
