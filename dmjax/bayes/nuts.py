"""NUTS over mass, coupling and all nuisances of a joint model, in nearly normal coordinates."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist
from jaxtyping import Array, PRNGKeyArray
from numpyro.distributions import biject_to

from dmjax.bayes.chains import Chains, Keep, run_chains
from dmjax.bayes.gates import (
    Gates,
    Sampled,
    check_chains,
    diagnose,
    further_draws,
    judged,
)
from dmjax.bayes.hypothesis import dark_hypothesis
from dmjax.bayes.nested import Hypothesis
from dmjax.bayes.posterior_map import PosteriorMap, log_density, point_at, posterior_map
from dmjax.bayes.priors import Prior, PriorSet
from dmjax.fits.fit import best_fit
from dmjax.likelihood.joint import Data, JointModel, observed_data
from dmjax.likelihood.signals import SIGNAL
from dmjax.prediction.tables import SignalTable
from dmjax.store.progress import Say, nothing

_STEEPEST = 1.0
_SITES = ("z_mass", "z_coupling")
_DEFAULT = Gates()


class Length(NamedTuple):
    """How long NUTS runs at first.

    Attributes:
        chains: run side by side, each from its own draw of the map.
        warmup, draws: steps of each chain.
    """

    chains: int = 4
    warmup: int = 500
    draws: int = 1000


_USUAL = Length()


def distribution(priors: PriorSet, i: int) -> dist.Distribution:
    """The prior of one parameter as a NumPyro distribution."""
    low, high = priors.lower[i], priors.upper[i]
    if priors.kinds[i] == "uniform":
        return dist.Uniform(low, high)
    if priors.kinds[i] == "log-uniform":
        return dist.LogUniform(low, high)
    if priors.kinds[i] == "log-normal":
        return dist.LogNormal(priors.centres[i], priors.sigmas[i])
    # Cut only at ends that are finite: an infinite end has no transformation.
    if not (np.isfinite(low) or np.isfinite(high)):
        return dist.Normal(priors.centres[i], priors.sigmas[i])
    return dist.TruncatedNormal(
        priors.centres[i],
        priors.sigmas[i],
        low=low if np.isfinite(low) else None,
        high=high if np.isfinite(high) else None,
    )


def _log_weight(hypothesis: Hypothesis, made: PosteriorMap) -> Callable:
    """ln of likelihood and prior over the map's density, of (z_mass, other coordinates).

    Only its slope along the mass can be large: where a channel closes between two masses of the
    table the map changes over a very short way. There the slope handed to the integrator is
    bounded. Leapfrog steps with any slope that depends on position alone keep volume and can be
    reversed, and the energies in the acceptance are the true ones: the draws stay exact. The slope
    along the mass is also the only one that needs the template's derivative, taken once.
    """
    every = hypothesis.priors
    lower, upper = (jnp.asarray(end[:2]) for end in (every.lower, every.upper))
    first = (every.centres[:2], every.sigmas[:2], every.names[:2], every.kinds[:2])
    both = PriorSet(lower, upper, *first)

    def plain(z_mass, rest):
        point, map_density = point_at(made, jnp.stack([z_mass, rest[0]]))
        point = jnp.clip(point, lower, upper)
        values = jnp.concatenate([point, rest[1:]])
        return hypothesis.log_likelihood(values) + log_density(both, point) - map_density

    weight = jax.custom_jvp(plain)

    @weight.defjvp
    def _(primals, tangents):
        z_mass, rest = primals
        one = jnp.ones_like(z_mass)
        value, slope = jax.jvp(lambda m: plain(m, rest), (z_mass,), (one,))
        _, others = jax.jvp(lambda r: plain(z_mass, r), (rest,), (tangents[1],))
        return value, jnp.clip(slope, -_STEEPEST, _STEEPEST) * tangents[0] + others

    return weight


def _nuisances(hypothesis: Hypothesis) -> dict[str, dist.Distribution]:
    names = hypothesis.priors.names
    return {names[i]: distribution(hypothesis.priors, i) for i in range(2, len(names))}


def dark_model(hypothesis: Hypothesis, made: PosteriorMap) -> Callable[[], None]:
    """The hypothesis as a NumPyro model: normal sites for (m_V, coupling), priors for the rest."""
    weight, sites = _log_weight(hypothesis, made), _nuisances(hypothesis)

    def model() -> None:
        z = [numpyro.sample(site, dist.Normal(0.0, 1.0)) for site in _SITES]
        rest = [numpyro.sample(name, site) for name, site in sites.items()]
        numpyro.factor("counts", weight(z[0], jnp.stack([z[1], *rest])))

    return model


def dark_posterior(
    joint: JointModel,
    table: SignalTable,
    priors: tuple[Prior, Prior],
    key: PRNGKeyArray,
    data: Data | None = None,
    length: Length = _USUAL,
    gates: Gates = _DEFAULT,
    keep: Keep = lambda _, make: make(),
    say: Say = nothing,
) -> Sampled:
    """Posterior of m_V, the coupling and every nuisance of a joint model by NUTS.

    Mass and coupling are two standard normal numbers, mapped through a table of the profiled
    likelihood whose density is divided out; the nuisances follow their priors. A run that misses a
    gate goes on within the budget: too few effective draws are mended by more of them, all else by
    a new run of twice the warm-up.

    Args:
        joint, table, priors, data: as in `dark_hypothesis`.
        key: random key.
        length: of the first run.
        gates: what the draws must pass, and the budget.
        keep, say: of blocks of steps; see `run_chains`.

    Returns:
        `Sampled` with "m_v", the coupling and the nuisances; a failed gate is reported in
        it and never raised.
    """
    check_chains(length.chains, length.draws)
    hypothesis = dark_hypothesis(joint, table, priors, data)
    chosen = observed_data(joint) if data is None else data
    start_key, run_key = jax.random.split(key)
    # NumPyro relies on promotion inside; a caller's stricter setting is left as it is outside.
    with jax.numpy_dtype_promotion("standard"), jax.numpy_rank_promotion("allow"):
        made = posterior_map(joint, chosen, table, priors)
        model, sites = dark_model(hypothesis, made), _nuisances(hypothesis)
        maps = {name: biject_to(site.support) for name, site in sites.items()}
        start: dict[str, Array] = dict(
            zip(_SITES, jax.random.normal(start_key, (2, length.chains)), strict=True)
        )
        for name, inside in _inside(hypothesis, joint, chosen).items():
            start[name] = jnp.broadcast_to(maps[name].inv(jnp.asarray(inside)), (length.chains,))
        points = jax.jit(jax.vmap(jax.vmap(lambda v: point_at(made, v)[0])))

        def named(found: Chains) -> dict[str, np.ndarray]:
            z = jnp.stack([found.draws[site] for site in _SITES], axis=-1)
            both = np.asarray(points(z))
            samples = {prior.name: both[..., i] for i, prior in enumerate(priors)}
            return samples | {name: np.asarray(maps[name](found.draws[name])) for name in sites}

        return sample(model, run_key, start, length, gates, named, keep, say)


def _inside(hypothesis: Hypothesis, joint: JointModel, data: Data) -> dict[str, float]:
    """Nuisances fitted without signal, a little inside their ranges.

    At an end of its range the unconstrained coordinate of a parameter is infinite.
    """
    best, priors = best_fit(joint, data, fixed={SIGNAL: 0.0}), hypothesis.priors
    by_name = dict(zip(joint.parameters.names, np.asarray(best.values), strict=True))
    found = {}
    for i, name in enumerate(priors.names[2:], 2):
        low, high = float(priors.lower[i]), float(priors.upper[i])
        margin = 0.05 * min(float(priors.sigmas[i]), high - low)
        found[name] = float(np.clip(by_name[name], low + margin, high - margin))
    return found


def sample(model, key, start, length: Length, gates: Gates, named, keep, say) -> Sampled:
    """Draws of a NumPyro model that pass the gates, or what the budget gave."""
    asked, spent, warmup = length.warmup + length.draws, 0, length.warmup
    most = int(gates.budget * asked)
    while True:
        left = most - spent - warmup

        def further(found: Chains, left=left) -> int:
            diagnostics = diagnose(named(found), found.diverging, found.steps)
            draws = found.steps.shape[1]
            return further_draws(diagnostics, gates, draws, left - draws)

        keys = jax.random.split(jax.random.fold_in(key, spent), length.chains)
        found = run_chains(model, keys, start, warmup, length.draws, keep, say, further)
        spent += warmup + found.steps.shape[1]
        samples = named(found)
        diagnostics = diagnose(samples, found.diverging, found.steps)
        diagnostics |= {"warmup": warmup, "steps": spent}
        warmup *= 2
        result = judged(samples, diagnostics, gates, asked)
        if result.converged or spent + warmup + length.draws > most:
            return result
