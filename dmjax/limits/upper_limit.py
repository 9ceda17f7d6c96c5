"""Upper limits on the signal strength at fixed masses, and batches of them."""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float, Int

from dmjax.batches import in_chunks
from dmjax.fits.chi2 import likelihood_threshold
from dmjax.fits.roots import bracketed_root
from dmjax.likelihood.analysis import BinnedAnalysis
from dmjax.likelihood.nuisance import check_treatment, profile_alpha
from dmjax.limits.profile import climb, log_l_along, unit_template


class StrengthLimit(NamedTuple):
    """Upper limit on the strength of one template, or of a batch (then every field is batched).

    Fields:
        best_fit: μ̂ ≥ 0, in units of the template.
        limit: the μ above μ̂ where −2Δln L reaches the threshold; inf where it never does.
        test_statistic_null: −2Δln L of no signal.
        alpha_hat: α̂ at the best fit.
        log_l_max: log likelihood at the best fit.
        status: index into `dmjax.limits.profile.STATUS`.
    """

    best_fit: Float[Array, "..."]
    limit: Float[Array, "..."]
    test_statistic_null: Float[Array, "..."]
    alpha_hat: Float[Array, "..."]
    log_l_max: Float[Array, "..."]
    status: Int[Array, "..."]


def upper_limit(
    analysis: BinnedAnalysis,
    template: Float[Array, " bins"],
    cl: Float[ArrayLike, ""] = 0.90,
    treatment: str = "profile",
) -> StrengthLimit:
    """Upper limit on μ ≥ 0 at fixed masses: where −2Δln L(μ) reaches its threshold above μ̂.

    2[ln L(μ̂) − ln L(μ_up)] = Φ⁻¹((1 + cl)/2)², μ_up > μ̂, solved with a fixed number of
    steps. For one mediator, Y_up = Y_ref √μ_up.

    Args:
        analysis: the analysis.
        template: expected events at unit strength, (bins,), ≥ 0, of any normalisation.
        cl: confidence level.
        treatment: how α is removed: "profile", "marginal" or "per-bin"; static.

    Returns:
        `StrengthLimit`. The limit is differentiable in the template and the analysis (implicit
        function theorem). Without expected events, or where −2Δln L stays below the threshold up
        to 10³ times all counts (a scale α free to reach −1 allows that), the limit is inf and the
        status "unconstrained"; a template with a negative or non-finite entry gives inf and
        "bad template". Never NaN.

    Raises:
        ValueError: unknown treatment.

    Source: [D20] §6.1 with the profile of Eq. 6.4.

    >>> from dmjax.likelihood.onoff import OnOffCounts
    >>> analysis = BinnedAnalysis(OnOffCounts([0], [0]), [0.0], [0.0], sigma_alpha=1e-3)
    >>> round(float(upper_limit(analysis, jnp.asarray([1.0])).limit), 2)  # 2.706/2
    1.35
    """
    check_treatment(treatment)
    shape, scale, status = unit_template(template)
    threshold = likelihood_threshold(cl).astype(shape.dtype)
    ladder = climb(analysis, shape, treatment)
    best = ladder.best
    top = jax.lax.stop_gradient(log_l_along(analysis, shape, best[None], treatment)[0][0])
    rise = 2.0 * (top - ladder.log_l) - threshold
    crossed = (rise > 0) & (ladder.events > best)
    above = jnp.argmax(crossed)
    below = jnp.maximum(above - 1, 0)
    low = jnp.maximum(ladder.events[below], best)
    at_low = jnp.where(ladder.events[below] > best, rise[below], -threshold)

    def rise_at(t):
        log_l, _ = log_l_along(analysis, shape, t[None], treatment)
        return jax.lax.stop_gradient(2.0 * (top - log_l[0]) - threshold)

    root = bracketed_root(rise_at, low, ladder.events[above], at_low, rise[above])
    point = jax.lax.stop_gradient(root)
    log_l, slope = log_l_along(
        analysis, shape, jnp.stack([best, jnp.zeros_like(best), point]), treatment
    )
    steepness = jax.lax.stop_gradient(jnp.where(crossed[above], -2.0 * slope[2], 1.0))
    solved = point - (2.0 * (log_l[0] - log_l[2]) - threshold) / steepness
    status = jnp.where((status == 0) & ~crossed[above], 1, status)
    return StrengthLimit(
        best_fit=best / scale,
        limit=jnp.where(status == 0, solved / scale, jnp.inf),
        test_statistic_null=jnp.maximum(2.0 * (log_l[0] - log_l[1]), 0.0),
        alpha_hat=profile_alpha(analysis, best * shape).alpha_hat,
        log_l_max=log_l[0],
        status=status,
    )


@eqx.filter_jit
def upper_limits(
    analysis: BinnedAnalysis,
    templates: Float[Array, "masses bins"],
    cl: Float[ArrayLike, ""] = 0.90,
    treatment: str = "profile",
    batch_size: int = 64,
) -> StrengthLimit:
    """`upper_limit` of many templates, in chunks of `batch_size`; compiled once per shape.

    Args:
        analysis: the analysis.
        templates: expected events at unit strength, (masses, bins).
        cl: confidence level.
        treatment: how α is removed; static.
        batch_size: templates held in memory at once; static.

    Returns:
        `StrengthLimit` with fields of shape (masses,).

    Raises:
        ValueError: unknown treatment.

    >>> from dmjax.likelihood.onoff import OnOffCounts
    >>> analysis = BinnedAnalysis(OnOffCounts([0], [0]), [0.0], [0.0], sigma_alpha=1e-3)
    >>> result = upper_limits(analysis, jnp.asarray([[1.0], [0.0], [1e-6]]))
    >>> [f"{float(limit):.3g}" for limit in result.limit], result.status.tolist()
    (['1.35', 'inf', '1.35e+06'], [0, 1, 0])
    """
    return in_chunks(
        lambda template: upper_limit(analysis, template, cl, treatment), templates, batch_size
    )
