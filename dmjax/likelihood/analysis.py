"""A binned on/off analysis with one shared scale uncertainty α on signal and neutrinos."""

import math

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer
from jaxtyping import Array, ArrayLike, Float

from dmjax.likelihood.onoff import OnOffCounts, log_onoff

_HALF_LOG_2PI = 0.5 * math.log(2.0 * math.pi)


class BinnedAnalysis(eqx.Module):
    """Counts, fixed expectations and the scale uncertainty of one analysis, bins flattened.

    The mean beside the steady-state background is s_b = (1 + α)(N_χ,b + N_ν,b) + N_BRN,b.

    Args:
        counts: on and off counts of the bins.
        neutrinos: expected CEvNS events, (bins,), ≥ 0.
        neutrons: expected beam-related neutrons, (bins,), ≥ 0.
        sigma_alpha: standard deviation of α, > 0.
        name: a label carried through to results.

    Raises:
        ValueError: lengths differ, or a concrete value is negative or not finite.

    Source: [D20] (arXiv:2006.09386) Eq. 6.4.

    >>> analysis = BinnedAnalysis(OnOffCounts([3, 0], [1, 2]), [0.5, 0.2], [0.1, 0.0])
    >>> analysis.neutrinos.shape, round(float(analysis.sigma_alpha), 2)
    ((2,), 0.28)
    """

    counts: OnOffCounts
    neutrinos: Float[Array, " bins"]
    neutrons: Float[Array, " bins"]
    sigma_alpha: Float[Array, ""]
    name: str = eqx.field(static=True)

    def __init__(
        self,
        counts: OnOffCounts,
        neutrinos: ArrayLike,
        neutrons: ArrayLike,
        sigma_alpha: ArrayLike = 0.28,
        name: str = "",
    ):
        dtype = counts.n_on.dtype
        self.counts = counts
        self.neutrinos = jnp.asarray(neutrinos, dtype)
        self.neutrons = jnp.asarray(neutrons, dtype)
        self.sigma_alpha = jnp.asarray(sigma_alpha, dtype)
        self.name = name
        for label, value in (("neutrinos", self.neutrinos), ("neutrons", self.neutrons)):
            check_events(f"BinnedAnalysis: {label}", value, counts.n_on.shape)
        if self.sigma_alpha.shape != () or _concretely_fails(sigma_alpha, lambda v: v > 0):
            raise ValueError(f"BinnedAnalysis: sigma_alpha must be one number > 0: {sigma_alpha}")


def _concretely_fails(value: ArrayLike, holds) -> bool:
    if isinstance(value, Tracer):
        return False
    concrete = np.asarray(value)
    return not bool(np.all(np.isfinite(concrete) & holds(concrete)))


def check_events(label: str, events: ArrayLike, shape: tuple[int, ...]) -> None:
    """Raise ValueError unless `events` has this shape and, where concrete, is finite and ≥ 0."""
    if jnp.shape(events) != shape:
        raise ValueError(f"{label} has shape {jnp.shape(events)}, {shape} is needed")
    if _concretely_fails(events, lambda v: v >= 0):
        raise ValueError(f"{label} must be finite and not negative in every bin")


def expected_means(
    analysis: BinnedAnalysis, signal: Float[Array, " bins"], alpha: Float[ArrayLike, ""]
) -> Float[Array, " bins"]:
    """Mean beside the steady-state background: s_b = (1 + α)(N_χ,b + N_ν,b) + N_BRN,b.

    Args:
        analysis: the analysis.
        signal: expected dark-matter events, (bins,).
        alpha: scale shift; below −1 the scale 1 + α is held at 0, so s ≥ 0 always.

    Returns:
        s, (bins,), in the dtype of the signal.

    Source: [D20] Eq. 6.4.
    """
    scale = jnp.maximum(1.0 + jnp.asarray(alpha, signal.dtype), 0.0)
    neutrinos = analysis.neutrinos.astype(signal.dtype)
    return scale * (signal + neutrinos) + analysis.neutrons.astype(signal.dtype)


def log_likelihood(
    analysis: BinnedAnalysis, signal: Float[Array, " bins"], alpha: Float[ArrayLike, ""]
) -> Float[Array, ""]:
    """ln of the product over bins of the on/off term, at given α: Σ_b ln L(n_b, m_b; s_b).

    Args:
        analysis: the analysis.
        signal: expected dark-matter events, (bins,), ≥ 0.
        alpha: scale shift (see `expected_means` for α ≤ −1).

    Returns:
        Σ_b ln L_b, without the constraint on α. Finite for every finite signal ≥ 0.

    Source: [D20] Eq. 6.4.

    >>> analysis = BinnedAnalysis(OnOffCounts([0], [0]), [1.0], [0.5])
    >>> round(float(log_likelihood(analysis, jnp.asarray([2.0]), 0.0)), 4)  # ln(e^{-3.5}/2)
    -4.1931
    """
    return jnp.sum(log_onoff(analysis.counts, expected_means(analysis, signal, alpha)))


def log_constraint(analysis: BinnedAnalysis, alpha: Float[Array, ""]) -> Float[Array, ""]:
    """Log density of α: a Gaussian of mean 0 and width σ_α cut at α > −1 and normalised there.

    ln p(α) = −α²/2σ² − ln(σ√2π) − ln Φ(1/σ). Below −1 the same smooth formula is returned, never
    −∞, so that an optimiser can step back; the integrals and samplers never go there.

    Args:
        analysis: the analysis.
        alpha: scale shift.

    Returns:
        ln p(α) in the dtype of alpha.

    Source: the constraint of [D20] Eq. 6.4, whose Gaussian is not cut.

    >>> analysis = BinnedAnalysis(OnOffCounts([0], [0]), [1.0], [0.5])
    >>> round(float(log_constraint(analysis, jnp.asarray(0.28))), 3)
    -0.146
    """
    sigma = analysis.sigma_alpha.astype(alpha.dtype)
    pull = alpha / sigma
    norm = jnp.log(sigma) + _HALF_LOG_2PI + jax.scipy.stats.norm.logcdf(1.0 / sigma)
    return -0.5 * pull * pull - norm


def log_posterior_alpha(
    analysis: BinnedAnalysis, signal: Float[Array, " bins"], alpha: Float[Array, ""]
) -> Float[Array, ""]:
    """`log_likelihood` + `log_constraint`: concave in α for α > −1.

    Args:
        analysis: the analysis.
        signal: expected dark-matter events, (bins,), ≥ 0.
        alpha: scale shift.

    Returns:
        The log of the integrand of Eq. 6.4 with α shared by all bins.

    Source: [D20] Eq. 6.4.

    >>> analysis = BinnedAnalysis(OnOffCounts([0], [0]), [1.0], [0.5])
    >>> round(float(log_posterior_alpha(analysis, jnp.asarray([2.0]), jnp.asarray(0.0))), 3)
    -3.839
    """
    return log_likelihood(analysis, signal, alpha) + log_constraint(analysis, alpha)
