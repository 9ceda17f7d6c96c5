"""Posterior of (ln m_V, ln Y, α) by NUTS, with its convergence measured and gated."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist
from jaxtyping import Array, Float, PRNGKeyArray
from numpyro.diagnostics import effective_sample_size, split_gelman_rubin
from numpyro.infer.hmc import hmc
from numpyro.infer.util import potential_energy

from dmjax.inference.grid import GridPosterior, start_points
from dmjax.inference.ridge import (
    RidgeMap,
    coupling_from_normal,
    mass_from_normal,
    ridge_map,
    to_normal,
)
from dmjax.likelihood.analysis import BinnedAnalysis, log_likelihood

Template = Callable[[Float[Array, ""]], Float[Array, " bins"]]

PARAMETERS = ("log_m_v", "log_y", "alpha")
"""Names of the sampled parameters: ln(m_V/MeV), ln Y, scale shift α."""


_AXES = ("mass", "coupling", "alpha")
_TREE_DEPTH = 7
_STEEPEST = 1.0


class PosteriorResult(NamedTuple):
    """Posterior draws and the evidence that they may be used.

    Fields:
        samples: draws of `PARAMETERS`, each NumPy (chains, draws).
        diagnostics: per parameter "r_hat" and "ess" (dicts), and "divergences", "draws",
            "mean_steps" (leapfrog steps per draw).
        converged: whether every gate was passed.
        reasons: one line for every gate that failed.
    """

    samples: dict[str, np.ndarray]
    diagnostics: dict
    converged: bool
    reasons: tuple[str, ...]


class PosteriorSampler(NamedTuple):
    """A compiled-once NUTS run for one signal template.

    Fields:
        template: m_V [MeV] to expected events at Y_ref, (bins,).
        chains: number of chains, run side by side.
        run: (key, start, analysis, ridge) to draws and per-draw statistics.
    """

    template: Template
    chains: int
    run: Callable


def alpha_from_normal(sigma: Float[Array, ""], z: Float[Array, ""]) -> Float[Array, ""]:
    """α of a standard normal number z, such that α follows its Gaussian cut at −1.

    α = −σ Φ⁻¹(Φ(−z) Φ(1/σ)): close to σz, smooth, and above −1 for every z.

    >>> round(float(alpha_from_normal(jnp.asarray(0.28), jnp.asarray(1.0))), 3)
    0.28
    """
    share = jax.scipy.special.ndtr(-z) * jax.scipy.special.ndtr(1.0 / sigma)
    return -sigma * jax.scipy.special.ndtri(jnp.minimum(share, 1.0 - jnp.finfo(share.dtype).epsneg))


def _expected(template: Template, analysis: BinnedAnalysis, ridge: RidgeMap, z):
    """Parameters, signal and the map's log density at three standard normal numbers."""
    z_mass, z_coupling, z_alpha = z
    alpha = alpha_from_normal(analysis.sigma_alpha, z_alpha)
    log_m_v = mass_from_normal(ridge, z_mass)
    events = template(jnp.exp(log_m_v))
    point = coupling_from_normal(ridge, z_coupling, log_m_v, jnp.sum(events), alpha)
    signal = jnp.exp(2.0 * (point.log_y - ridge.log_y_ref)) * events
    return (log_m_v, point.log_y, alpha), signal, point.log_density


def _log_weight(template: Template) -> Callable:
    """ln of likelihood over map density as a function of (z, analysis, ridge), nearly constant.

    Only its slope along the mass can be large: where a channel closes between two masses of the
    table the map changes over a very short way. There the slope handed to the integrator is
    bounded. Leapfrog steps with any slope that depends on position alone keep volume and can be
    reversed, and the energies in the acceptance are the true ones: the draws stay exact. The slope
    along the mass is also the only one that needs the template's derivative, taken once.
    """

    def plain(z, analysis, ridge):
        (_, _, alpha), signal, log_density = _expected(template, analysis, ridge, z)
        return log_likelihood(analysis, signal, alpha) - log_density

    log_weight = jax.custom_jvp(plain)

    @log_weight.defjvp
    def _(primals, tangents):
        (z_mass, *rest), analysis, ridge = primals
        t_mass, *t_rest = tangents[0]
        one = jnp.ones_like(z_mass)
        value, slope = jax.jvp(lambda m: plain((m, *rest), analysis, ridge), (z_mass,), (one,))
        _, others = jax.jvp(
            lambda *r: plain((z_mass, *r), analysis, ridge), tuple(rest), tuple(t_rest)
        )
        return value, jnp.clip(slope, -_STEEPEST, _STEEPEST) * t_mass + others

    return log_weight


def posterior_model(template: Template) -> Callable[[BinnedAnalysis, RidgeMap], None]:
    """NumPyro model of (ln m_V, ln Y, α) for a signal template as a function of the mass.

    ln m_V and ln Y are uniform over the ranges of the grid behind the ridge map, α Gaussian with
    width σ_α above −1; the likelihood is `log_likelihood` with N_χ = (Y/Y_ref)² template(m_V). The
    sites are three standard normal numbers: one is mapped to α by its prior, two to (ln m_V, ln Y)
    by the ridge map, whose density is divided out.

    Args:
        template: m_V [MeV] to expected events at Y_ref, (bins,); traceable and differentiable.

    Returns:
        A model of (analysis, ridge).

    Source: [D20] (arXiv:2006.09386) Eq. 6.4.
    """
    log_weight = _log_weight(template)

    def model(analysis: BinnedAnalysis, ridge: RidgeMap) -> None:
        z = tuple(numpyro.sample(f"z_{name}", dist.Normal(0.0, 1.0)) for name in _AXES)
        for name, value in zip(PARAMETERS, _expected(template, analysis, ridge, z)[0], strict=True):
            numpyro.deterministic(name, value)
        numpyro.factor("counts", log_weight(z, analysis, ridge))

    return model


def posterior_sampler(
    template: Template, chains: int = 4, warmup: int = 300, draws: int = 500
) -> PosteriorSampler:
    """A NUTS sampler for one signal template, to be kept and reused: it compiles once.

    Args:
        template: m_V [MeV] to expected events at Y_ref, (bins,); traceable and differentiable.
        chains: number of chains, run side by side.
        warmup: draws of each chain spent on step size and mass matrix.
        draws: draws kept of each chain.

    Returns:
        The sampler that `sample_posterior` runs.
    """
    model = posterior_model(template)

    def potential(analysis, ridge):
        return partial(potential_energy, model, (analysis, ridge), {})

    def chain(key, start, analysis, ridge):
        initialise, advance = hmc(potential_fn_gen=potential, algo="NUTS")
        state = initialise(
            start,
            warmup,
            step_size=0.5,
            dense_mass=True,
            max_tree_depth=_TREE_DEPTH,
            forward_mode_differentiation=True,
            model_args=(analysis, ridge),
            rng_key=key,
        )

        def step(state, _):
            state = advance(state, (analysis, ridge))
            return state, (state.z, state.diverging, state.num_steps)

        _, history = jax.lax.scan(step, state, length=warmup + draws)
        z, diverging, steps = jax.tree.map(lambda x: x[warmup:], history)
        sites = tuple(z[f"z_{name}"] for name in _AXES)
        values = jax.lax.map(lambda point: _expected(template, analysis, ridge, point)[0], sites)
        return dict(zip(PARAMETERS, values, strict=True)), diverging, steps

    run = jax.jit(jax.vmap(chain, in_axes=(0, 0, None, None)))
    return PosteriorSampler(template, chains, run)


def starting_values(
    sampler: PosteriorSampler,
    sigma_alpha: Float[Array, ""],
    grid: GridPosterior,
    ridge: RidgeMap,
    key: PRNGKeyArray,
) -> dict[str, Array]:
    """Start of every chain, drawn from the grid with α at its median, as the model's sites."""
    log_m_v, log_y = start_points(grid, sampler.chains, key)
    events = jax.lax.map(lambda log_m: jnp.sum(sampler.template(jnp.exp(log_m))), log_m_v)
    z_alpha = jnp.zeros_like(log_m_v)
    alpha = alpha_from_normal(sigma_alpha, z_alpha)
    z_mass, z_coupling = jax.vmap(partial(to_normal, ridge))(log_m_v, log_y, events, alpha)
    return {"z_mass": z_mass, "z_coupling": z_coupling, "z_alpha": z_alpha}


def sample_posterior(
    sampler: PosteriorSampler,
    analysis: BinnedAnalysis,
    grid: GridPosterior,
    key: PRNGKeyArray,
    min_ess: float = 1000.0,
    max_r_hat: float = 1.01,
    max_divergences: int = 2,
) -> PosteriorResult:
    """Run NUTS from starts drawn from the grid, and judge the result.

    Args:
        sampler: from `posterior_sampler`.
        analysis: the analysis.
        grid: grid posterior of the same analysis and template; its ranges are the priors'.
        key: random key.
        min_ess: smallest effective number of draws accepted for any parameter.
        max_r_hat: largest split R-hat accepted.
        max_divergences: largest number of divergent draws accepted.

    Returns:
        `PosteriorResult`; a failed gate is reported in it and never raised: the caller decides.
    """
    start_key, run_key = jax.random.split(key)
    ridge = ridge_map(analysis, grid)
    start = starting_values(sampler, analysis.sigma_alpha, grid, ridge, start_key)
    keys = jax.random.split(run_key, sampler.chains)
    # NumPyro relies on promotion inside; a caller's stricter setting is left as it is outside.
    with jax.numpy_dtype_promotion("standard"), jax.numpy_rank_promotion("allow"):
        draws, diverging, steps = sampler.run(keys, start, analysis, ridge)
    samples = {name: np.asarray(draws[name]) for name in PARAMETERS}
    diagnostics = {
        "r_hat": {name: float(split_gelman_rubin(x)) for name, x in samples.items()},
        "ess": {name: float(effective_sample_size(x)) for name, x in samples.items()},
        "divergences": int(np.sum(np.asarray(diverging))),
        "draws": int(samples["alpha"].size),
        "mean_steps": float(np.mean(np.asarray(steps))),
    }
    reasons = failed_gates(diagnostics, min_ess, max_r_hat, max_divergences)
    return PosteriorResult(samples, diagnostics, not reasons, reasons)


def failed_gates(
    diagnostics: dict, min_ess: float, max_r_hat: float, max_divergences: int
) -> tuple[str, ...]:
    """One line for every convergence gate that the diagnostics fail; NaN fails.

    >>> bad = {"r_hat": {"alpha": 1.2}, "ess": {"alpha": 50.0}, "divergences": 0}
    >>> failed_gates(bad, min_ess=40.0, max_r_hat=1.01, max_divergences=0)
    ('R-hat of alpha is 1.200, above 1.01',)
    """
    reasons = [
        f"R-hat of {name} is {value:.3f}, above {max_r_hat:g}"
        for name, value in diagnostics["r_hat"].items()
        if not value <= max_r_hat
    ]
    reasons += [
        f"effective sample size of {name} is {value:.0f}, below {min_ess:g}"
        for name, value in diagnostics["ess"].items()
        if not value >= min_ess
    ]
    if diagnostics["divergences"] > max_divergences:
        reasons.append(f"{diagnostics['divergences']} divergent draws, above {max_divergences}")
    return tuple(reasons)
