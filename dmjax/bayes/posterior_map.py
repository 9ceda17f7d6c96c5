"""Coordinates of (m_V, Y) in which the posterior of a joint model is nearly normal."""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from dmjax.analyses.signal import Y_REF, TemplateTable, template_at
from dmjax.bayes.hypothesis import Tables, at_mass
from dmjax.bayes.priors import Prior, PriorSet, log_prior, prior_set, quantiles
from dmjax.bayes.ridge import (
    RidgeMap,
    coupling_from_normal,
    log_total,
    mass_from_normal,
    mass_share,
)
from dmjax.fits.fit import best_fit, fit
from dmjax.likelihood.joint import Data, JointModel
from dmjax.likelihood.onoff import OnOffCounts
from dmjax.likelihood.parameters import index_of
from dmjax.likelihood.signals import SIGNAL, as_signal

_KNOTS = 40
_ROWS = 60
_SIGNIFICANCES = (1e-6, 0.03, 60.0)
_DENSITY_FLOOR = 1e-6
_MASS_FLOOR = 1e-3
_EVENTS_FLOOR = 1e-8


class Signals(NamedTuple):
    """Templates and weights of every analysis: what the size of a signal depends on."""

    tables: tuple[TemplateTable, ...]
    weights: tuple[Float[Array, " bins"], ...]


def signals_of(tables: Tables, data: Data) -> Signals:
    """Templates of the analyses that have some, weighted by their counts."""
    weights = []
    for counts in data.counts:
        on, off = counts.n_on if isinstance(counts, OnOffCounts) else counts.on, 0.0
        if isinstance(counts, OnOffCounts):
            off = counts.n_off
        elif counts.off is not None:
            off = counts.off
        weights.append(1.0 / (on + off + 1.0))
    return Signals(tuple(t for t in tables if t is not None), tuple(weights))


def _size(signals: Signals, m_v: Float[Array, ""]) -> Float[Array, ""]:
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
    signals = signals_of(tables, data)
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


def point_at(signals: Signals, ridge: RidgeMap, z: Float[Array, "2"]):
    """(m_V, Y) at two standard normal numbers, and ln of the map's density there."""
    log_m_v = mass_from_normal(ridge, z[0])
    size = _size(signals, jnp.exp(log_m_v))
    point = coupling_from_normal(ridge, z[1], log_m_v, size, jnp.zeros_like(size))
    return jnp.exp(jnp.stack([log_m_v, point.log_y])), point.log_density
