"""Coordinates of (m_V, coupling) in which the posterior of a joint model is nearly normal.

The likelihood sees the coupling through x, the ln of about how many standard deviations the signal
is; in x the band is straight, also where a production channel closes. A table of likelihood times
priors on (ln m_V, x) gives a density whose cumulative functions map two normal numbers to
(ln m_V, coupling). The map is exact whatever the table: an imperfect table costs efficiency, never
correctness.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from dmjax.bayes.densities import cdf, cell, cumulative, density_at, inverse_cdf, share_between
from dmjax.bayes.hypothesis import at_mass, holders
from dmjax.bayes.priors import Prior, PriorSet, log_prior, prior_set, quantiles
from dmjax.fits.fit import best_fit, fit
from dmjax.likelihood.count_terms import raw_counts
from dmjax.likelihood.joint import Data, JointModel
from dmjax.likelihood.parameters import index_of
from dmjax.likelihood.signals import SIGNAL
from dmjax.numerics import safe_sqrt
from dmjax.prediction.tables import (
    SignalTable,
    counts_at,
    coupling_at,
    strength_at,
    strength_slope,
)
from dmjax.programs import kept

Scalar = Float[Array, ""]
Weights = tuple[Float[Array, " bins"], ...]

_KNOTS = 40
_ROWS = 60
_SIGNIFICANCES = (1e-6, 0.03, 60.0)
_DENSITY_FLOOR = 1e-6
_MASS_FLOOR = 1e-3
_SIZE_FLOOR = 1e-8
_FIT_STEPS = 20


class PosteriorMap(eqx.Module):
    """Table of likelihood times priors in (ln m_V, x), and the box of the priors.

    Attributes:
        signal: templates against the mass.
        weights: of the squares of the counts in the size of a signal, one per search.
        log_m_v: knots in ln(m_V/MeV), (masses,).
        mass_density: density at the knots, unnormalised, (masses,).
        log_size: knots in x, (knots,).
        density: over its largest value, with a floor, (masses, knots).
        couplings: ends of the prior of the coupling, (2,).
        log_floor: ln of the smallest size at strength 1 that still shifts x.
    """

    signal: SignalTable
    weights: Weights
    log_m_v: Float[Array, " masses"]
    mass_density: Float[Array, " masses"]
    log_size: Float[Array, " knots"]
    density: Float[Array, "masses knots"]
    couplings: Float[Array, "2"]
    log_floor: Scalar


def posterior_map(
    joint: JointModel, data: Data, table: SignalTable, priors: tuple[Prior, Prior]
) -> PosteriorMap:
    """Table of the profiled likelihood along the size of the signal, times the priors.

    Args:
        joint, data, table: as in `dark_hypothesis`.
        priors: of "m_v" and of the coupling.

    Returns:
        `PosteriorMap`; it only shapes coordinates, so that its coarse fits cost no correctness.
    """
    weights = _weights(joint, data)
    rows = _rows(np.asarray(table.log_m_v), priors[0])
    m_v = jnp.exp(jnp.asarray(rows))
    sizes = jax.jit(jax.vmap(lambda m: size_at(table, weights, m)))(m_v)
    log_floor = jnp.log(jnp.maximum(_SIZE_FLOOR * jnp.max(sizes), 1e-300))
    shift = _log_size(log_floor, sizes)
    faint, seen, most = np.log(_SIGNIFICANCES)
    # Below what is seen only the prior changes: few knots, down to where flat ones have no weight.
    knots = jnp.asarray(np.r_[np.linspace(faint, seen, 12)[:-1], np.linspace(seen, most, _KNOTS)])
    strengths = jnp.exp(knots[None, :] - shift[:, None])
    ends = jnp.asarray([priors[1].lower, priors[1].upper])
    stated = _prior_density(prior_set(priors), table, m_v, strengths)
    heights = _heights(joint, data, table, m_v, strengths) + stated
    density = jnp.exp(heights - jnp.max(heights))
    density = jnp.maximum(density, _DENSITY_FLOOR * jnp.max(density, axis=1, keepdims=True))
    edges = jax.vmap(lambda m, s: _edges(table, m, ends, s))(m_v, shift)
    mass = jax.vmap(lambda row, pair: share_between(knots, row, pair))(density, edges)
    return PosteriorMap(
        signal=table,
        weights=weights,
        log_m_v=jnp.asarray(rows),
        mass_density=jnp.maximum(mass, _MASS_FLOOR * jnp.max(mass)),
        log_size=knots,
        density=density,
        couplings=ends,
        log_floor=log_floor,
    )


def _weights(joint: JointModel, data: Data) -> Weights:
    """1/(n + 1) of every bin, n all counts that bear on its background."""
    found = []
    for i in holders(joint):
        on, off, _ = raw_counts(data.counts[i])
        found.append(1.0 / (on + (0.0 if off is None else off) + 1.0))
    return tuple(found)


def size_at(table: SignalTable, weights: Weights, m_v: Scalar) -> Scalar:
    """About how many standard deviations the signal of strength 1 is: √Σ s²/(n + 1)."""
    pairs = zip(counts_at(table, m_v), weights, strict=True)
    squares = [jnp.sum(s.nominal**2 * w.astype(m_v.dtype)) for s, w in pairs]
    return safe_sqrt(jnp.sum(jnp.stack(squares)))


def _log_size(log_floor: Scalar, size: Array) -> Array:
    """ln of the size at strength 1, held at a floor where (nearly) all channels close."""
    return jnp.log(jnp.maximum(size, jnp.exp(log_floor)))


def _edges(table: SignalTable, m_v: Scalar, couplings: Array, shift: Scalar) -> Float[Array, "2"]:
    """x at the ends of the prior of the coupling."""
    return jnp.log(jax.vmap(lambda c: strength_at(table, m_v, c))(couplings)) + shift


@kept
def _fitted(joint: JointModel, data: Data, table: SignalTable, m_v, strengths, start):
    at = index_of(joint.parameters.names, SIGNAL)
    held = jnp.zeros(start.shape, bool).at[at].set(True)

    def row(point):
        model = at_mass(joint, table, point[0])
        return jax.vmap(
            lambda s: -0.5 * fit(model, data, start.at[at].set(s), held, _FIT_STEPS).two_nll
        )(point[1])

    return jax.lax.map(row, (m_v, strengths), batch_size=4)


def _heights(joint: JointModel, data: Data, table: SignalTable, m_v, strengths):
    """ln L of every mass and strength, the nuisances refitted, (masses, strengths)."""
    start = best_fit(joint, data, fixed={SIGNAL: 0.0}).values
    found = _fitted(joint, data, table, m_v, strengths, start)
    return jnp.where(jnp.isfinite(found), found, -jnp.inf)


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


@kept
def _prior_density(priors: PriorSet, table: SignalTable, m_v, strengths):
    """ln of the priors' density in ln m_V and ln coupling, at the ends beyond them."""

    def one(mass, strength):
        point = jnp.stack([mass, coupling_at(table, mass, strength)])
        return log_density(priors, jnp.clip(point, priors.lower, priors.upper))

    return jax.vmap(jax.vmap(one, (None, 0)))(m_v, strengths)


def log_density(priors: PriorSet, values: Float[Array, "2"]) -> Scalar:
    """ln of the prior density of (m_V, coupling) per unit of their logarithms."""
    return log_prior(priors, values) + jnp.sum(jnp.log(values))


def point_at(made: PosteriorMap, z: Float[Array, "2"]) -> tuple[Float[Array, "2"], Scalar]:
    """(m_V, coupling) at two standard normal numbers, and ln of the map's density there.

    Args:
        made: the map.
        z: two standard normal numbers.

    Returns:
        m_V [MeV] and the coupling, inside the priors' box; ln density per unit ln m_V and
        ln coupling, up to a factor common to all points.
    """
    total = cumulative(made.log_m_v, made.mass_density)
    target = jax.scipy.special.ndtr(z[0]) * total[-1]
    log_m_v = inverse_cdf(made.log_m_v, made.mass_density, total, target)
    m_v = jnp.exp(log_m_v)
    k = cell(made.log_m_v, log_m_v)
    u = (log_m_v - made.log_m_v[k]) / (made.log_m_v[k + 1] - made.log_m_v[k])
    row = made.density[k] + u * (made.density[k + 1] - made.density[k])
    shift = _log_size(made.log_floor, size_at(made.signal, made.weights, m_v))
    edges = _edges(made.signal, m_v, made.couplings, shift)
    total = cumulative(made.log_size, row)
    low, high = (cdf(made.log_size, row, total, edge) for edge in edges)
    target = low + jax.scipy.special.ndtr(z[1]) * (high - low)
    x = inverse_cdf(made.log_size, row, total, target)
    coupling = coupling_at(made.signal, m_v, jnp.exp(x - shift))
    share = density_at(made.log_size, row, x) / (high - low)
    share = share * density_at(made.log_m_v, made.mass_density, log_m_v)
    density = jnp.log(share * strength_slope(made.signal, m_v, coupling))
    return jnp.stack([m_v, coupling]), density
