"""Coordinates in which the banded posterior of (ln m_V, ln Y) is close to a standard normal.

The likelihood sees Y through x = 2 ln(Y/Y_ref) + ln[(1 + α) Σ_b template_b], the log of the
expected events at scale shift α; in x the ridge is straight, also where a production channel
closes, and nearly independent of α. A table of the likelihood on (ln m_V, x) gives a density whose
cumulative functions map two normal numbers to (ln m_V, ln Y). The map is exact whatever the table:
an imperfect table costs efficiency, never correctness.
"""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from dmjax.batches import in_chunks
from dmjax.bayes.grid import GridPosterior
from dmjax.likelihood.analysis import BinnedAnalysis
from dmjax.likelihood.nuisance import marginal_alpha

Scalar = Float[Array, ""]

_DENSITY_FLOOR = 1e-9
_MASS_FLOOR = 1e-3
_EVENTS_FLOOR = 1e-8
_KNOTS = 96
_FEWEST_EVENTS = 0.1
_MOST_EVENTS = 5.0


class RidgeMap(eqx.Module):
    """Table of the likelihood in (ln m_V, x) and the prior's box.

    Fields:
        log_m_v: knots in ln(m_V/MeV), (masses,).
        mass_density: density at the knots, unnormalised, (masses,).
        log_events: knots in x, (knots,).
        density: likelihood at the knots over its largest value, with a floor, (masses, knots).
        log_y_ref: ln Y_ref of the templates.
        log_y_range: edges of the prior in ln Y, (2,).
        log_floor: ln of the smallest event number at Y_ref that still shifts x.
    """

    log_m_v: Float[Array, " masses"]
    mass_density: Float[Array, " masses"]
    log_events: Float[Array, " knots"]
    density: Float[Array, "masses knots"]
    log_y_ref: Scalar
    log_y_range: Float[Array, "2"]
    log_floor: Scalar


class RidgePoint(NamedTuple):
    """A point in physical coordinates.

    Fields:
        log_y: ln Y.
        log_density: ln of the map's own density there, per unit ln m_V and ln Y, unnormalised.
    """

    log_y: Scalar
    log_density: Scalar


@eqx.filter_jit
def ridge_map(analysis: BinnedAnalysis, grid: GridPosterior) -> RidgeMap:
    """Tabulate the likelihood along x at the masses of a grid posterior.

    Args:
        analysis: the analysis.
        grid: grid posterior, whose ranges are the prior's box.

    Returns:
        `RidgeMap`.
    """
    events = jnp.sum(grid.templates, axis=1)
    log_floor = jnp.log(jnp.maximum(_EVENTS_FLOOR * jnp.max(events), jnp.finfo(events.dtype).tiny))
    shift = log_total(log_floor, events)
    largest = _MOST_EVENTS * (jnp.sum(analysis.counts.n_on).astype(events.dtype) + 10.0)
    fractions = jnp.asarray(np.linspace(0.0, 1.0, _KNOTS), events.dtype)
    log_events = jnp.log(_FEWEST_EVENTS * (largest / _FEWEST_EVENTS) ** fractions)

    def log_l(point):
        row, x = point
        signal = jnp.exp(x - shift[row]) * grid.templates[row]
        fixed = eqx.tree_at(lambda a: a.neutrons, analysis, analysis.neutrons + signal)
        return marginal_alpha(fixed, jnp.zeros_like(signal))

    rows = jnp.repeat(jnp.arange(events.size), _KNOTS)
    points = (rows, jnp.tile(log_events, events.size))
    table = in_chunks(log_l, points, 512).reshape(events.size, _KNOTS)
    density = jnp.exp(table - jnp.max(table))
    density = jnp.maximum(density, _DENSITY_FLOOR * jnp.max(density, axis=1, keepdims=True))
    edges = 2.0 * (jnp.stack([grid.log_y[0], grid.log_y[-1]]) - grid.log_y_ref)

    mass_density = jax.vmap(lambda row, offset: mass_share(log_events, row, edges + offset))(
        density, shift
    )
    return RidgeMap(
        log_m_v=grid.log_m_v,
        mass_density=jnp.maximum(mass_density, _MASS_FLOOR * jnp.max(mass_density)),
        log_events=log_events,
        density=density,
        log_y_ref=grid.log_y_ref,
        log_y_range=jnp.stack([grid.log_y[0], grid.log_y[-1]]),
        log_floor=log_floor,
    )


def mass_share(
    knots: Float[Array, " knots"], density: Float[Array, " knots"], ends: Float[Array, "2"]
) -> Scalar:
    """Integral of a row of the table between two values of x."""
    cumulative = _cumulative(knots, density)
    low, high = (_cdf(knots, density, cumulative, ends[k]) for k in (0, 1))
    return high - low


def log_total(log_floor: Scalar, events: Float[Array, "..."]) -> Float[Array, "..."]:
    """ln of the expected events at Y_ref, held at a floor where (nearly) all channels close."""
    floor = jnp.exp(log_floor)
    return jnp.log(jnp.maximum(events, floor))


def _cumulative(knots, density):
    pieces = 0.5 * (density[1:] + density[:-1]) * jnp.diff(knots)
    return jnp.concatenate([jnp.zeros(1, density.dtype), jnp.cumsum(pieces)])


def _cell(knots, value):
    return jnp.clip(jnp.searchsorted(knots, value, side="right") - 1, 0, knots.size - 2)


def _density_at(knots, density, x):
    """Piecewise-linear density, constant beyond the first and last knot."""
    k = _cell(knots, x)
    u = jnp.clip((x - knots[k]) / (knots[k + 1] - knots[k]), 0.0, 1.0)
    return density[k] + u * (density[k + 1] - density[k])


def _cdf(knots, density, cumulative, x):
    inside = jnp.clip(x, knots[0], knots[-1])
    k = _cell(knots, inside)
    here = _density_at(knots, density, x)
    return cumulative[k] + 0.5 * (inside - knots[k]) * (density[k] + here) + (x - inside) * here


def _inverse_cdf(knots, density, cumulative, target):
    inside = jnp.clip(target, 0.0, cumulative[-1])
    k = _cell(cumulative, inside)
    missing = inside - cumulative[k]
    gradient = (density[k + 1] - density[k]) / (knots[k + 1] - knots[k])
    square = density[k] ** 2 + 2.0 * gradient * missing
    smallest = jnp.minimum(density[k], density[k + 1]) ** 2
    x = knots[k] + 2.0 * missing / (density[k] + jnp.sqrt(jnp.maximum(square, smallest)))
    return x + (target - inside) / jnp.where(target < 0, density[0], density[-1])


def _row(ridge: RidgeMap, log_m_v: Scalar):
    k = _cell(ridge.log_m_v, log_m_v)
    u = (log_m_v - ridge.log_m_v[k]) / (ridge.log_m_v[k + 1] - ridge.log_m_v[k])
    return ridge.density[k] + u * (ridge.density[k + 1] - ridge.density[k])


def mass_from_normal(ridge: RidgeMap, z: Scalar) -> Scalar:
    """ln m_V of a standard normal number z: F_m⁻¹(Φ(z)), inside the prior's range."""
    cumulative = _cumulative(ridge.log_m_v, ridge.mass_density)
    target = jax.scipy.special.ndtr(z) * cumulative[-1]
    return _inverse_cdf(ridge.log_m_v, ridge.mass_density, cumulative, target)


def coupling_from_normal(
    ridge: RidgeMap, z: Scalar, log_m_v: Scalar, events: Scalar, alpha: Scalar
) -> RidgePoint:
    """ln Y of a standard normal number z at given mass, and the density of the whole map there.

    Args:
        ridge: the map.
        z: standard normal number.
        log_m_v: ln(m_V/MeV), from `mass_from_normal`.
        events: expected events at Y_ref for this mass.
        alpha: scale shift, > −1.

    Returns:
        `RidgePoint`: with z_m and z standard normal, (ln m_V, ln Y) has this density up to a factor
        common to all points.
    """
    row = _row(ridge, log_m_v)
    cumulative = _cumulative(ridge.log_events, row)
    offset = log_total(ridge.log_floor, events) + jnp.log1p(alpha) - 2.0 * ridge.log_y_ref
    low, high = (
        _cdf(ridge.log_events, row, cumulative, 2.0 * edge + offset) for edge in ridge.log_y_range
    )
    target = low + jax.scipy.special.ndtr(z) * (high - low)
    x = _inverse_cdf(ridge.log_events, row, cumulative, target)
    mass_density = _density_at(ridge.log_m_v, ridge.mass_density, log_m_v)
    log_density = jnp.log(_density_at(ridge.log_events, row, x) / (high - low) * mass_density)
    return RidgePoint(0.5 * (x - offset), log_density)


def to_normal(
    ridge: RidgeMap, log_m_v: Scalar, log_y: Scalar, events: Scalar, alpha: Scalar
) -> tuple[Scalar, Scalar]:
    """The two standard normal numbers that the map sends to (ln m_V, ln Y): its inverse."""
    cumulative = _cumulative(ridge.log_m_v, ridge.mass_density)
    share_m = _cdf(ridge.log_m_v, ridge.mass_density, cumulative, log_m_v) / cumulative[-1]
    row = _row(ridge, log_m_v)
    cumulative = _cumulative(ridge.log_events, row)
    offset = log_total(ridge.log_floor, events) + jnp.log1p(alpha) - 2.0 * ridge.log_y_ref
    low, high, here = (
        _cdf(ridge.log_events, row, cumulative, 2.0 * value + offset)
        for value in (ridge.log_y_range[0], ridge.log_y_range[1], log_y)
    )
    shares = jnp.stack([share_m, (here - low) / (high - low)])
    edge = jnp.finfo(shares.dtype).eps
    z = jax.scipy.special.ndtri(jnp.clip(shares, edge, 1.0 - edge))
    return z[0], z[1]
