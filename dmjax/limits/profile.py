"""The strength of a signal of fixed shape: best fit, profile curve, test of no signal."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from dmjax.fits.roots import bracketed_root
from dmjax.likelihood.analysis import BinnedAnalysis
from dmjax.likelihood.nuisance import check_treatment, profile_alpha, reduced_log_likelihood

STATUS = ("ok", "unconstrained", "bad template")
"""Meaning of the status codes in `StrengthFit` and `StrengthLimit`."""

_RUNGS = 32
_FEWEST_EVENTS = 1e-3


class StrengthFit(NamedTuple):
    """Best strength of one template.

    Fields:
        best_fit: μ̂ ≥ 0, in units of the template; exactly 0 at the edge.
        alpha_hat: α̂ at the best fit (the profiled one for every treatment).
        log_l_max: log likelihood at the best fit.
        log_l_null: log likelihood without signal.
        test_statistic_null: −2Δln L of no signal, 2(log_l_max − log_l_null) ≥ 0.
        status: index into `STATUS`.
    """

    best_fit: Float[Array, ""]
    alpha_hat: Float[Array, ""]
    log_l_max: Float[Array, ""]
    log_l_null: Float[Array, ""]
    test_statistic_null: Float[Array, ""]
    status: Int[Array, ""]


def unit_template(
    template: Float[Array, " bins"],
) -> tuple[Float[Array, " bins"], Float[Array, ""], Int[Array, ""]]:
    """Template divided by its sum (held constant in gradients), that sum, and a status.

    A template with an entry that is negative or not finite becomes zero with status "bad template";
    one without events stays zero with status "unconstrained"; their sum is returned as 1.

    Args:
        template: expected events at unit strength, (bins,).

    Returns:
        Scaled template (bins,), scale, status code.

    >>> shape, scale, status = unit_template(jnp.asarray([3e10, 1e10]))
    >>> shape.tolist(), STATUS[int(status)]
    ([0.75, 0.25], 'ok')
    """
    valid = jnp.all(jnp.isfinite(template) & (template >= 0))
    clean = jnp.where(valid, template, 0.0)
    total = jax.lax.stop_gradient(jnp.sum(clean))
    usable = (
        (total > 0) & jnp.isfinite(total) & jnp.isfinite(1.0 / jnp.where(total > 0, total, 1.0))
    )
    scale = jnp.where(usable, total, 1.0)
    status = jnp.where(valid, jnp.where(usable, 0, 1), 2)
    return jnp.where(usable, clean, 0.0) / scale, scale, status


class Ladder(NamedTuple):
    """Log likelihood along a coarse ladder of signal events, and its maximum.

    Fields:
        events: t = 0 and values evenly spaced in ln t up to 10³(Σ n_on + 10), (points,).
        log_l: ln L(t · shape), (points,).
        slope: d ln L/dt, (points,).
        best: t̂ ≥ 0, the maximum between the rungs; exactly 0 where ln L falls from 0 on.
    """

    events: Float[Array, " points"]
    log_l: Float[Array, " points"]
    slope: Float[Array, " points"]
    best: Float[Array, ""]


def climb(analysis: BinnedAnalysis, shape: Float[Array, " bins"], treatment: str) -> Ladder:
    """Maximum of ln L(t · shape) over t ≥ 0: coarse scan, then the root of d ln L/dt.

    With α profiled the curve has a single maximum: ln L is concave in (1 + α, (1 + α)t), whose
    ratio is t. The scan guards the other treatments, for which that does not hold strictly.

    Args:
        analysis: the analysis.
        shape: template of unit sum, (bins,).
        treatment: see `reduced_log_likelihood`.

    Returns:
        `Ladder`, without gradients.
    """
    analysis, shape = jax.tree.map(jax.lax.stop_gradient, (analysis, shape))

    def slope_at(t):
        return log_l_along(analysis, shape, t[None], treatment)[1][0]

    largest = 1e3 * (jnp.sum(analysis.counts.n_on).astype(shape.dtype) + 10.0)
    fractions = jnp.asarray(np.linspace(0.0, 1.0, _RUNGS), shape.dtype)
    ladder = _FEWEST_EVENTS * (largest / _FEWEST_EVENTS) ** fractions
    events = jnp.concatenate([jnp.zeros(1, shape.dtype), ladder])
    log_l, slope = log_l_along(analysis, shape, events, treatment)
    best = jnp.argmax(log_l)
    below, above = jnp.maximum(best - 1, 0), jnp.minimum(best + 1, _RUNGS)
    root = bracketed_root(slope_at, events[below], events[above], slope[below], slope[above])
    falls = jnp.where(slope[above] < 0, root, events[above])
    return Ladder(events, log_l, slope, jnp.where(slope[below] > 0, falls, events[below]))


def log_l_along(
    analysis: BinnedAnalysis,
    shape: Float[Array, " bins"],
    events: Float[Array, " points"],
    treatment: str,
) -> tuple[Float[Array, " points"], Float[Array, " points"]]:
    """ln L(t · shape) and d ln L/dt at given t, differentiable in analysis and shape."""
    return jax.vmap(
        lambda t: jax.jvp(
            lambda v: reduced_log_likelihood(analysis, v * shape, treatment),
            (t,),
            (jnp.ones_like(t),),
        )
    )(events)


def fit_strength(
    analysis: BinnedAnalysis, template: Float[Array, " bins"], treatment: str = "profile"
) -> StrengthFit:
    """Best signal strength μ ≥ 0 at fixed masses, where N_χ = μ · template.

    μ̂ = argmax_{μ ≥ 0} ln L(μ · template), α removed by `treatment`. For one mediator that both
    produces and scatters, μ = (Y/Y_ref)².

    Args:
        analysis: the analysis.
        template: expected events at unit strength, (bins,), ≥ 0, of any normalisation.
        treatment: "profile", "marginal" or "per-bin"; static.

    Returns:
        `StrengthFit`; without expected events μ̂ = 0 and the status is "unconstrained".
        `test_statistic_null` and `log_l_max` carry gradients (envelope theorem), μ̂ none.

    Raises:
        ValueError: unknown treatment.

    >>> from dmjax.likelihood.onoff import OnOffCounts
    >>> analysis = BinnedAnalysis(OnOffCounts([2, 9], [2, 1]), [0.1, 0.1], [0.0, 0.0])
    >>> fit = fit_strength(analysis, jnp.asarray([0.0, 1e-6]))
    >>> 7e6 < float(fit.best_fit) < 8.5e6
    True
    """
    check_treatment(treatment)
    shape, scale, status = unit_template(template)
    events = climb(analysis, shape, treatment).best
    log_l, _ = log_l_along(analysis, shape, jnp.stack([events, jnp.zeros_like(events)]), treatment)
    return StrengthFit(
        best_fit=events / scale,
        alpha_hat=profile_alpha(analysis, events * shape).alpha_hat,
        log_l_max=log_l[0],
        log_l_null=log_l[1],
        test_statistic_null=jnp.maximum(2.0 * (log_l[0] - log_l[1]), 0.0),
        status=status,
    )


def profile_curve(
    analysis: BinnedAnalysis,
    template: Float[Array, " bins"],
    strengths: Float[Array, " points"],
    treatment: str = "profile",
) -> Float[Array, " points"]:
    """−2Δln L against the signal strength, measured from the best fit.

    q(μ) = 2[ln L(μ̂) − ln L(μ)], μ̂ from `fit_strength`.

    Args:
        analysis: the analysis.
        template: expected events at unit strength, (bins,), ≥ 0.
        strengths: μ ≥ 0, (points,).
        treatment: "profile", "marginal" or "per-bin"; static.

    Returns:
        q, (points,).

    Raises:
        ValueError: unknown treatment.

    >>> from dmjax.likelihood.onoff import OnOffCounts
    >>> analysis = BinnedAnalysis(OnOffCounts([0], [0]), [0.0], [0.0], sigma_alpha=1e-3)
    >>> curve = profile_curve(analysis, jnp.asarray([1.0]), jnp.asarray([0.0, 1.0]))
    >>> [round(float(q), 2) for q in curve]
    [0.0, 2.0]
    """
    best = fit_strength(analysis, template, treatment).log_l_max
    return jax.vmap(
        lambda mu: 2.0 * (best - reduced_log_likelihood(analysis, mu * template, treatment))
    )(strengths)
