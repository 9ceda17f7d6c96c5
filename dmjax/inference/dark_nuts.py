"""NUTS over mass, coupling and all nuisances of a joint model, in nearly normal coordinates."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist
from jaxtyping import Array, Float, PRNGKeyArray
from numpyro.distributions import biject_to

from dmjax.inference.bayes import check_chains, distribution, judged
from dmjax.inference.chains import Keep, Say, run_chains
from dmjax.inference.dark_joint import Tables, at_mass, dark_hypothesis
from dmjax.inference.fits import best_fit, fit
from dmjax.inference.nested import Hypothesis
from dmjax.inference.posterior import PosteriorResult
from dmjax.inference.priors import Prior, PriorSet, log_prior, prior_set, quantiles
from dmjax.inference.ridge import (
    RidgeMap,
    coupling_from_normal,
    log_total,
    mass_from_normal,
    mass_share,
)
from dmjax.likelihood.joint import Data, JointModel, observed_data
from dmjax.likelihood.onoff import OnOffCounts
from dmjax.likelihood.parameters import index_of
from dmjax.likelihood.signal import Y_REF, TemplateTable, template_at
from dmjax.likelihood.signal_counts import SIGNAL, as_signal

_KNOTS = 40
_ROWS = 60
_SIGNIFICANCES = (1e-6, 0.03, 60.0)
_DENSITY_FLOOR = 1e-6
_MASS_FLOOR = 1e-3
_EVENTS_FLOOR = 1e-8
_STEEPEST = 1.0
_SITES = ("z_mass", "z_coupling")


class _Signals(NamedTuple):
    """Templates and weights of every analysis: what the size of a signal depends on."""

    tables: tuple[TemplateTable, ...]
    weights: tuple[Float[Array, " bins"], ...]


def _signals(tables: Tables, data: Data) -> _Signals:
    weights = []
    for counts in data.counts:
        on, off = counts.n_on if isinstance(counts, OnOffCounts) else counts.on, 0.0
        if isinstance(counts, OnOffCounts):
            off = counts.n_off
        elif counts.off is not None:
            off = counts.off
        weights.append(1.0 / (on + off + 1.0))
    return _Signals(tuple(t for t in tables if t is not None), tuple(weights))


def _size(signals: _Signals, m_v: Float[Array, ""]) -> Float[Array, ""]:
    """About how many standard deviations the signal at Y_REF is: √Σ s²/(n + 1)."""
    parts = zip(signals.tables, signals.weights, strict=True)
    counts = ((as_signal(template_at(t, m_v)).nominal, w.astype(m_v.dtype)) for t, w in parts)
    total = sum(jnp.sum(s**2 * w) for s, w in counts)
    positive = total > 0
    return jnp.where(positive, jnp.sqrt(jnp.where(positive, total, 1.0)), 0.0)


@eqx.filter_jit
def _heights(joint: JointModel, data: Data, tables: Tables, m_v, strengths, start):
    """ln L of every mass and strength, the nuisances refitted, (masses, strengths)."""
    at = index_of(joint.parameters.names, SIGNAL)
    held = jnp.zeros(start.shape, bool).at[at].set(True)

    def row(point):
        model = at_mass(joint, tables, point[0])
        return jax.vmap(lambda s: -0.5 * fit(model, data, start.at[at].set(s), held, 20).two_nll)(
            point[1]
        )

    return jax.lax.map(row, (m_v, strengths), batch_size=4)


def dark_ridge(
    joint: JointModel,
    data: Data,
    tables: Tables,
    priors: tuple[Prior, Prior],
) -> RidgeMap:
    """Table of the profiled likelihood along the size of the signal, times the priors.

    Args:
        joint, data, tables: as in `dark_hypothesis`.
        priors: of "m_v" and "y".

    Returns:
        `RidgeMap`; it only shapes the coordinates, so that its coarse fits cost no correctness.
    """
    signals = _signals(tables, data)
    rows = _rows(np.asarray(signals.tables[0].log_m_v), priors[0])
    m_v = jnp.exp(jnp.asarray(rows))
    size = jax.jit(jax.vmap(lambda m: _size(signals, m)))(m_v)
    log_floor = jnp.log(jnp.maximum(_EVENTS_FLOOR * jnp.max(size), 1e-300))
    shift = log_total(log_floor, size)
    faint, seen, most = np.log(_SIGNIFICANCES)
    # Below what is seen only the prior changes: few knots, down to where flat ones have no weight.
    knots = jnp.asarray(np.r_[np.linspace(faint, seen, 12)[:-1], np.linspace(seen, most, _KNOTS)])
    strengths = jnp.exp(knots[None, :] - shift[:, None])
    start = best_fit(joint, data, fixed={SIGNAL: 0.0}).values
    heights = _heights(joint, data, tables, m_v, strengths, start)
    heights = jnp.where(jnp.isfinite(heights), heights, -jnp.inf)
    edges = jnp.log(jnp.asarray([priors[1].lower, priors[1].upper]))
    log_y_ref = jnp.log(jnp.asarray(Y_REF, float))
    log_y = jnp.clip(0.5 * (knots[None, :] - shift[:, None]) + log_y_ref, *edges)
    both = prior_set(priors)
    points = jnp.stack([jnp.broadcast_to(m_v[:, None], log_y.shape), jnp.exp(log_y)], axis=-1)
    stated = jax.vmap(jax.vmap(lambda v: log_density(both, v)))(_within(both, points))
    density = jnp.exp(heights + stated - jnp.max(heights + stated))
    density = jnp.maximum(density, _DENSITY_FLOOR * jnp.max(density, axis=1, keepdims=True))
    offsets = shift - 2.0 * log_y_ref
    mass = jax.vmap(lambda row, offset: mass_share(knots, row, 2.0 * edges + offset))(
        density, offsets
    )
    return RidgeMap(
        log_m_v=jnp.asarray(rows),
        mass_density=jnp.maximum(mass, _MASS_FLOOR * jnp.max(mass)),
        log_events=knots,
        density=density,
        log_y_ref=log_y_ref,
        log_y_range=edges,
        log_floor=log_floor,
    )


def _rows(nodes: np.ndarray, prior: Prior) -> np.ndarray:
    """ln m_V of the table: even in ln m_V and in the prior, with both sides of every step."""
    low, high = np.log(prior.lower), np.log(prior.upper)
    shares = jnp.linspace(0.0, 1.0, _ROWS)[:, None]
    even = np.log(np.asarray(jax.vmap(quantiles, (None, 0))(prior_set([prior]), shares)[:, 0]))
    step = np.flatnonzero(np.diff(nodes) < 1e-6)
    wanted = np.searchsorted(nodes, np.r_[np.linspace(low, high, _ROWS), even])
    chosen = nodes[np.r_[np.minimum(wanted, nodes.size - 1), step, step + 1]]
    inside = chosen[(chosen > low) & (chosen < high)]
    return np.unique(np.r_[low, inside, high])


def _within(priors: PriorSet, points: Array) -> Array:
    return jnp.clip(points, priors.lower, priors.upper)


def log_density(priors: PriorSet, values: Float[Array, "2"]) -> Float[Array, ""]:
    """ln of the prior density of (m_V, Y) per unit of their logarithms."""
    return log_prior(priors, values) + jnp.sum(jnp.log(values))


def _point(signals: _Signals, ridge: RidgeMap, z: Float[Array, "2"]):
    """(m_V, Y) at two standard normal numbers, and ln of the map's density there."""
    log_m_v = mass_from_normal(ridge, z[0])
    size = _size(signals, jnp.exp(log_m_v))
    point = coupling_from_normal(ridge, z[1], log_m_v, size, jnp.zeros_like(size))
    return jnp.exp(jnp.stack([log_m_v, point.log_y])), point.log_density


def _log_weight(hypothesis: Hypothesis, signals: _Signals, ridge: RidgeMap) -> Callable:
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
        point, map_density = _point(signals, ridge, jnp.stack([z_mass, rest[0]]))
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


def dark_model(hypothesis: Hypothesis, signals: _Signals, ridge: RidgeMap) -> Callable[[], None]:
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
    signals = _signals(matched, Data(tuple(with_signal), chosen.centres))
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
        points = jax.jit(jax.vmap(jax.vmap(lambda v: _point(signals, ridge, v)[0])))(z)
        samples = {"m_v": np.asarray(points[..., 0]), "y": np.asarray(points[..., 1])}
        samples |= {name: np.asarray(maps[name](found[name])) for name in sites}
    return judged(samples, diverging, steps, min_ess, max_r_hat, max_divergences)


def _off_edge(value: float, priors: PriorSet, i: int) -> float:
    """A start a little inside the range: at an end the unconstrained coordinate is infinite."""
    low, high = float(priors.lower[i]), float(priors.upper[i])
    margin = 0.05 * min(float(priors.sigmas[i]), high - low)
    return float(np.clip(value, low + margin, high - margin))
