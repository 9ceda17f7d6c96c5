"""NUTS over mass, coupling and all nuisances of a joint model, in nearly normal coordinates."""

from collections.abc import Callable, Mapping

import jax
import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist
from jaxtyping import Array, PRNGKeyArray
from numpyro.distributions import biject_to

from dmjax.analyses.signal import TemplateTable
from dmjax.bayes.chains import Keep, Say, run_chains
from dmjax.bayes.hypothesis import Tables, dark_hypothesis
from dmjax.bayes.nested import Hypothesis
from dmjax.bayes.posterior import PosteriorResult
from dmjax.bayes.posterior_map import Signals, dark_ridge, log_density, point_at, signals_of
from dmjax.bayes.priors import Prior, PriorSet
from dmjax.bayes.ridge import RidgeMap
from dmjax.bayes.sampling import check_chains, distribution, judged
from dmjax.fits.fit import best_fit
from dmjax.likelihood.joint import Data, JointModel, observed_data
from dmjax.likelihood.signals import SIGNAL

_STEEPEST = 1.0
_SITES = ("z_mass", "z_coupling")


def _log_weight(hypothesis: Hypothesis, signals: Signals, ridge: RidgeMap) -> Callable:
    """ln of likelihood and prior over the map's density, of (z_mass, other coordinates).

    The slope along the mass is bounded, as in `posterior_model`: the draws stay exact.
    """
    lower, upper = (
        jnp.asarray(end[:2]) for end in (hypothesis.priors.lower, hypothesis.priors.upper)
    )
    both = PriorSet(
        lower,
        upper,
        hypothesis.priors.centres[:2],
        hypothesis.priors.sigmas[:2],
        hypothesis.priors.names[:2],
        hypothesis.priors.kinds[:2],
    )

    def plain(z_mass, rest):
        point, map_density = point_at(signals, ridge, jnp.stack([z_mass, rest[0]]))
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


def dark_model(hypothesis: Hypothesis, signals: Signals, ridge: RidgeMap) -> Callable[[], None]:
    """The hypothesis as a NumPyro model: normal sites for (m_V, Y), priors for the nuisances."""
    weight, sites = _log_weight(hypothesis, signals, ridge), _nuisances(hypothesis)

    def model() -> None:
        z = [numpyro.sample(site, dist.Normal(0.0, 1.0)) for site in _SITES]
        rest = [numpyro.sample(name, site) for name, site in sites.items()]
        numpyro.factor("counts", weight(z[0], jnp.stack([z[1], *rest])))

    return model


def dark_posterior(
    joint: JointModel,
    tables: Mapping[str, TemplateTable],
    priors: tuple[Prior, Prior],
    key: PRNGKeyArray,
    data: Data | None = None,
    chains: int = 4,
    warmup: int = 500,
    draws: int = 1000,
    min_ess: float = 1000.0,
    max_r_hat: float = 1.01,
    max_divergences: int = 5,
    keep: Keep = lambda _, make: make(),
    say: Say = lambda *_: None,
) -> PosteriorResult:
    """Posterior of m_V, Y and every nuisance of a joint model by NUTS.

    Mass and coupling are two standard normal numbers, mapped through a table of the profiled
    likelihood whose density is divided out; the nuisances follow their priors.

    Args:
        joint, tables, priors, data: as in `dark_hypothesis`.
        key: random key.
        chains: run side by side, each from its own draw of the table.
        warmup, draws: of each chain.
        min_ess, max_r_hat, max_divergences: gates; see `failed_gates`.
        keep, say: of blocks of steps; see `run_chains`.

    Returns:
        `PosteriorResult` with "m_v", "y" and the nuisances; a failed gate is reported in it.
    """
    check_chains(chains, draws)
    hypothesis = dark_hypothesis(joint, tables, priors, data)
    chosen = observed_data(joint) if data is None else data
    matched: Tables = tuple(tables.get(model.name) for model in joint.models)
    with_signal = [
        counts for counts, t in zip(chosen.counts, matched, strict=True) if t is not None
    ]
    signals = signals_of(matched, Data(tuple(with_signal), chosen.centres))
    best = best_fit(joint, chosen, fixed={SIGNAL: 0.0})
    by_name = dict(zip(joint.parameters.names, np.asarray(best.values), strict=True))
    start_key, run_key = jax.random.split(key)
    # NumPyro relies on promotion inside; a caller's stricter setting is left as it is outside.
    with jax.numpy_dtype_promotion("standard"), jax.numpy_rank_promotion("allow"):
        ridge = dark_ridge(joint, chosen, matched, priors)
        model, sites = dark_model(hypothesis, signals, ridge), _nuisances(hypothesis)
        maps = {name: biject_to(site.support) for name, site in sites.items()}
        start: dict[str, Array] = dict(
            zip(_SITES, jax.random.normal(start_key, (2, chains)), strict=True)
        )
        for i, name in enumerate(sites, 2):
            inside = _off_edge(by_name[name], hypothesis.priors, i)
            start[name] = jnp.broadcast_to(maps[name].inv(jnp.asarray(inside)), (chains,))
        keys = jax.random.split(run_key, chains)
        found, diverging, steps = run_chains(model, keys, start, warmup, draws, keep, say)
        z = jnp.stack([found[site] for site in _SITES], axis=-1)
        points = jax.jit(jax.vmap(jax.vmap(lambda v: point_at(signals, ridge, v)[0])))(z)
        samples = {"m_v": np.asarray(points[..., 0]), "y": np.asarray(points[..., 1])}
        samples |= {name: np.asarray(maps[name](found[name])) for name in sites}
    return judged(samples, diverging, steps, min_ess, max_r_hat, max_divergences)


def _off_edge(value: float, priors: PriorSet, i: int) -> float:
    """A start a little inside the range: at an end the unconstrained coordinate is infinite."""
    low, high = float(priors.lower[i]), float(priors.upper[i])
    margin = 0.05 * min(float(priors.sigmas[i]), high - low)
    return float(np.clip(value, low + margin, high - margin))
