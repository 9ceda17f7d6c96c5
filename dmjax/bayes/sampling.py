"""A hypothesis as a NumPyro model, sampled by NUTS from several starts."""

from collections.abc import Callable

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist
from jaxtyping import PRNGKeyArray
from numpyro.diagnostics import effective_sample_size, split_gelman_rubin
from numpyro.distributions import biject_to

from dmjax.bayes.chains import run_chains
from dmjax.bayes.nested import Hypothesis
from dmjax.bayes.posterior import PosteriorResult, failed_gates
from dmjax.bayes.priors import PriorSet, quantiles
from dmjax.errors import InputError

_CANDIDATES = 200
_EDGE = 1e-6


def distribution(priors: PriorSet, i: int) -> dist.Distribution:
    """The prior of one parameter as a NumPyro distribution."""
    low, high = priors.lower[i], priors.upper[i]
    if priors.kinds[i] == "uniform":
        return dist.Uniform(low, high)
    if priors.kinds[i] == "log-uniform":
        return dist.LogUniform(low, high)
    return _normal(priors, i)


def _normal(priors: PriorSet, i: int) -> dist.Distribution:
    """A normal, cut only at ends that are finite: an infinite end has no transformation."""
    low, high = (float(end[i]) for end in (priors.lower, priors.upper))
    if not (np.isfinite(low) or np.isfinite(high)):
        return dist.Normal(priors.centres[i], priors.sigmas[i])
    return dist.TruncatedNormal(
        priors.centres[i],
        priors.sigmas[i],
        low=low if np.isfinite(low) else None,
        high=high if np.isfinite(high) else None,
    )


def numpyro_model(hypothesis: Hypothesis) -> Callable[[], None]:
    """The hypothesis as a NumPyro model: its priors as sites, its likelihood as one factor.

    Args:
        hypothesis: e.g. from `joint_hypothesis`.

    Returns:
        A model without arguments, for `numpyro.infer`.
    """
    sites = [distribution(hypothesis.priors, i) for i in range(len(hypothesis.priors.names))]

    def model() -> None:
        values = [
            numpyro.sample(name, site)
            for name, site in zip(hypothesis.priors.names, sites, strict=True)
        ]
        numpyro.factor("counts", hypothesis.log_likelihood(jnp.stack(values)))

    return model


def _starts(hypothesis: Hypothesis, key: PRNGKeyArray, chains: int):
    """One point per chain: of many prior draws, one drawn by its likelihood."""
    u_key, pick_key = jax.random.split(key)
    shape = (chains, _CANDIDATES, len(hypothesis.priors.names))
    u = jax.random.uniform(u_key, shape, minval=_EDGE, maxval=1.0 - _EDGE)
    values = jax.vmap(jax.vmap(lambda v: quantiles(hypothesis.priors, v)))(u)
    log_l = jax.lax.map(hypothesis.log_likelihood, values.reshape(-1, shape[2]), batch_size=256)
    picked = jax.random.categorical(pick_key, log_l.reshape(shape[:2]), axis=1)
    return values[jnp.arange(chains), picked]


def posterior_by_nuts(
    hypothesis: Hypothesis,
    key: PRNGKeyArray,
    chains: int = 4,
    warmup: int = 500,
    draws: int = 1000,
    min_ess: float = 1000.0,
    max_r_hat: float = 1.01,
    max_divergences: int = 5,
) -> PosteriorResult:
    """Posterior of every parameter of a hypothesis by NUTS.

    Args:
        hypothesis: likelihood and priors; differentiable. For a free mediator mass, whose templates
            have steps, use `dark_posterior`; several separate modes fail the R-hat gate: use
            `nested_sampling`.
        key: random key.
        chains: run side by side, each from its own start.
        warmup, draws: of each chain.
        min_ess, max_r_hat, max_divergences: gates; see `failed_gates`.

    Returns:
        `PosteriorResult`; a failed gate is reported in it and never raised.
    """
    check_chains(chains, draws)
    start_key, run_key = jax.random.split(key)
    keys = jax.random.split(run_key, chains)
    # NumPyro relies on promotion inside; a caller's stricter setting is left as it is outside.
    with jax.numpy_dtype_promotion("standard"), jax.numpy_rank_promotion("allow"):
        model = numpyro_model(hypothesis)
        names = hypothesis.priors.names
        maps = [biject_to(distribution(hypothesis.priors, i).support) for i in range(len(names))]
        start = eqx.filter_jit(_starts)(hypothesis, start_key, chains)
        z = {n: m.inv(start[:, i]) for i, (n, m) in enumerate(zip(names, maps, strict=True))}
        found, diverging, steps = run_chains(model, keys, z, warmup, draws)
        samples = {n: np.asarray(m(found[n])) for n, m in zip(names, maps, strict=True)}
    return judged(samples, diverging, steps, min_ess, max_r_hat, max_divergences)


def check_chains(chains: int, draws: int) -> None:
    """Raise unless there is enough to diagnose."""
    if chains < 2 or draws < 4:
        raise InputError(f"NUTS needs 2 chains and 4 draws at least, got {chains} and {draws}")


def judged(
    samples: dict[str, np.ndarray],
    diverging,
    steps,
    min_ess: float,
    max_r_hat: float,
    max_divergences: int,
) -> PosteriorResult:
    """Draws with their diagnostics and the gates they fail.

    Args:
        samples: name → (chains, draws).
        diverging, steps: of every draw, (chains, draws).
        min_ess, max_r_hat, max_divergences: see `failed_gates`.
    """
    diagnostics = {
        "r_hat": {name: float(split_gelman_rubin(x)) for name, x in samples.items()},
        "ess": {name: float(effective_sample_size(x)) for name, x in samples.items()},
        "divergences": int(np.sum(np.asarray(diverging))),
        "draws": int(np.size(diverging)),
        "mean_steps": float(np.mean(np.asarray(steps))),
    }
    reasons = failed_gates(diagnostics, min_ess, max_r_hat, max_divergences)
    return PosteriorResult(samples, diagnostics, not reasons, reasons)
