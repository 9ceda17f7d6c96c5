"""Posterior of (ln m_V, ln Y, α) by NUTS, with its convergence measured and gated."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import PRNGKeyArray
from numpyro.diagnostics import effective_sample_size, split_gelman_rubin
from numpyro.infer.hmc import hmc
from numpyro.infer.util import potential_energy

from dmjax.bayes.grid import GridPosterior, start_points
from dmjax.bayes.model import (
    PARAMETERS,
    SITES,
    Template,
    alpha_from_normal,
    point_at,
    posterior_model,
)
from dmjax.bayes.ridge import ridge_map, to_normal
from dmjax.likelihood.analysis import BinnedAnalysis

_TREE_DEPTH = 7


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
        run: keys, starts in ln m_V and ln Y (each (chains,)), analysis and ridge map, to draws,
            divergence flags and leapfrog steps, each (chains, draws).
    """

    template: Template
    chains: int
    run: Callable


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

    def chain(key, log_m_v, log_y, analysis, ridge):
        z_alpha = jnp.zeros_like(log_m_v)
        alpha = alpha_from_normal(analysis.sigma_alpha, z_alpha)
        events = jnp.sum(template(jnp.exp(log_m_v)))
        start = (*to_normal(ridge, log_m_v, log_y, events, alpha), z_alpha)
        initialise, advance = hmc(potential_fn_gen=potential, algo="NUTS")
        state = initialise(
            dict(zip(SITES, start, strict=True)),
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
        sites = tuple(z[site] for site in SITES)
        values = jax.lax.map(lambda point: point_at(template, analysis, ridge, point)[0], sites)
        return dict(zip(PARAMETERS, values, strict=True)), diverging, steps

    run = jax.jit(jax.vmap(chain, in_axes=(0, 0, 0, None, None)))
    return PosteriorSampler(template, chains, run)


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
    start = start_points(grid, sampler.chains, start_key)
    keys = jax.random.split(run_key, sampler.chains)
    # NumPyro relies on promotion inside; a caller's stricter setting is left as it is outside.
    with jax.numpy_dtype_promotion("standard"), jax.numpy_rank_promotion("allow"):
        draws, diverging, steps = sampler.run(keys, *start, analysis, ridge)
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
