"""Dense posterior on (ln m_V, ln Y): chains start from it and are checked against it."""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from dmjax.analyses.datasets import Dataset
from dmjax.analyses.signal import Y_REF, Signal, template_table
from dmjax.batches import in_chunks
from dmjax.likelihood.analysis import BinnedAnalysis
from dmjax.likelihood.nuisance import check_treatment, reduced_log_likelihood
from dmjax.limits.curve import analysis as analysis_of

CREDIBLE = (0.6827, 0.9545)
"""Probability inside the regions called 1σ and 2σ."""


class GridPosterior(NamedTuple):
    """Posterior density on a grid, for priors uniform in ln m_V and ln Y over the grid's ranges.

    Fields:
        log_m_v: ln(m_V/MeV), increasing, (masses,).
        log_y: ln Y, increasing, (couplings,).
        log_y_ref: ln Y at which the templates were computed, scalar.
        templates: expected events at Y_ref, (masses, bins).
        log_likelihood: ln L with α removed, (masses, couplings).
        log_density: ln of the density per unit ln m_V and ln Y, (masses, couplings).
        cell_area: weight of each point in integrals over the grid, (masses, couplings).
        levels: ln density on the edge of the regions that hold `CREDIBLE`, (2,).
    """

    log_m_v: Float[Array, " masses"]
    log_y: Float[Array, " couplings"]
    log_y_ref: Float[Array, ""]
    templates: Float[Array, "masses bins"]
    log_likelihood: Float[Array, "masses couplings"]
    log_density: Float[Array, "masses couplings"]
    cell_area: Float[Array, "masses couplings"]
    levels: Float[Array, " levels"]


@eqx.filter_jit
def grid_log_likelihood(
    analysis: BinnedAnalysis,
    templates: Float[Array, "masses bins"],
    strengths: Float[Array, "masses points"],
    treatment: str = "marginal",
    batch_size: int = 512,
) -> Float[Array, "masses points"]:
    """ln L of every template at its own list of strengths, in chunks of bounded memory.

    Args:
        analysis: the analysis.
        templates: expected events at unit strength, (masses, bins).
        strengths: μ ≥ 0 for every template, (masses, points).
        treatment: how α is removed; static.
        batch_size: points held in memory at once; static.

    Returns:
        ln L(μ · template), (masses, points).

    Raises:
        ValueError: unknown treatment.
    """
    check_treatment(treatment)
    masses, points = strengths.shape
    rows = jnp.repeat(jnp.arange(masses), points)
    flat = in_chunks(
        lambda p: reduced_log_likelihood(analysis, p[1] * templates[p[0]], treatment),
        (rows, strengths.reshape(-1)),
        batch_size,
    )
    return flat.reshape(masses, points)


def trapezoid_weights(grid: Float[Array, " points"]) -> Float[Array, " points"]:
    """Half the distance between the neighbours of every point of a grid."""
    edges = jnp.concatenate([grid[:1], 0.5 * (grid[1:] + grid[:-1]), grid[-1:]])
    return jnp.diff(edges)


def credible_levels(
    log_density: Float[Array, "..."],
    cell_area: Float[Array, "..."],
    probabilities: tuple[float, ...] = CREDIBLE,
) -> Float[Array, " levels"]:
    """Thresholds in ln density of the highest-density regions that hold given probabilities.

    The region {density ≥ e^level} is filled from the densest cell down until its share of the total
    reaches the probability, interpolated between cells.

    Args:
        log_density: ln density, any shape, any normalisation.
        cell_area: weight of each point, same shape.
        probabilities: shares wanted, each in (0, 1).

    Returns:
        One threshold per probability, (levels,).

    >>> cells = credible_levels(jnp.log(jnp.asarray([0.7, 0.2, 0.1])), jnp.ones(3), (0.9,))
    >>> round(float(jnp.exp(cells[0])), 3)
    0.2
    """
    density, area = log_density.reshape(-1), cell_area.reshape(-1)
    order = jnp.argsort(-density)
    mass = area[order] * jnp.exp(density[order] - density[order[0]])
    held = jnp.cumsum(mass)
    wanted = jnp.asarray(probabilities, density.dtype)
    return jnp.interp(wanted, held / held[-1], density[order])


def grid_posterior(
    analysis: BinnedAnalysis,
    templates: Float[Array, "masses bins"],
    log_m_v: Float[Array, " masses"],
    log_y: Float[Array, " couplings"],
    log_y_ref: Float[Array, ""],
    treatment: str = "marginal",
    batch_size: int = 512,
) -> GridPosterior:
    """Posterior density of (ln m_V, ln Y) on a dense grid, α removed.

    p(ln m_V, ln Y) ∝ L((Y/Y_ref)² · template(m_V)), flat in both logarithms over the grid's ranges
    and zero outside them.

    Args:
        analysis: the analysis.
        templates: expected events at Y_ref, (masses, bins), ≥ 0.
        log_m_v: ln(m_V/MeV), increasing, (masses,).
        log_y: ln Y, increasing, (couplings,).
        log_y_ref: ln Y_ref.
        treatment: how α is removed: "marginal" (a posterior), "profile" or "per-bin".
        batch_size: points held in memory at once.

    Returns:
        `GridPosterior`.

    Raises:
        ValueError: unknown treatment, lengths that differ, or a grid that does not increase.

    Source: [D20] (arXiv:2006.09386) Fig. 6 left, from Eq. 6.4.

    >>> from dmjax.likelihood.onoff import OnOffCounts
    >>> analysis = BinnedAnalysis(OnOffCounts([9], [1]), [0.1], [0.0])
    >>> log_m_v, log_y = jnp.log(jnp.asarray([10.0, 20.0])), jnp.linspace(-2.0, 2.0, 41)
    >>> grid = grid_posterior(analysis, jnp.ones((2, 1)), log_m_v, log_y, jnp.asarray(0.0))
    >>> round(float(jnp.sum(jnp.exp(grid.log_density) * grid.cell_area)), 4)
    1.0
    """
    if templates.shape[:1] != log_m_v.shape:
        raise ValueError(f"{templates.shape[0]} templates for {log_m_v.size} masses: equal needed")
    for label, axis in (("log_m_v", log_m_v), ("log_y", log_y)):
        if axis.size < 2 or not bool(jnp.all(jnp.diff(axis) > 0)):
            raise ValueError(f"grid_posterior: {label} must hold at least two increasing values")
    strengths = jnp.exp(2.0 * (log_y - log_y_ref))
    strengths = jnp.broadcast_to(strengths[None, :], (log_m_v.size, log_y.size))
    log_likelihood = grid_log_likelihood(analysis, templates, strengths, treatment, batch_size)
    cell_area = trapezoid_weights(log_m_v)[:, None] * trapezoid_weights(log_y)[None, :]
    norm = jax.scipy.special.logsumexp(log_likelihood, b=cell_area)
    log_density = log_likelihood - norm
    levels = credible_levels(log_density, cell_area)
    return GridPosterior(
        log_m_v, log_y, log_y_ref, templates, log_likelihood, log_density, cell_area, levels
    )


def start_points(
    grid: GridPosterior, n: int, key: PRNGKeyArray
) -> tuple[Float[Array, " n"], Float[Array, " n"]]:
    """Draws from the grid posterior, spread evenly inside the cell of each drawn point.

    Args:
        grid: the grid posterior.
        n: number of draws.
        key: random key.

    Returns:
        ln m_V and ln Y, each (n,), within the grid's ranges.
    """
    cell_key, spread_key = jax.random.split(key)
    log_mass = (grid.log_density + jnp.log(grid.cell_area)).reshape(-1)
    cells = jax.random.categorical(cell_key, log_mass, shape=(n,))
    row, column = jnp.unravel_index(cells, grid.log_density.shape)
    inside = jax.random.uniform(spread_key, (2, n), dtype=grid.log_density.dtype)

    def spread(axis, index, fraction):
        below = 0.5 * (axis[index] + axis[jnp.maximum(index - 1, 0)])
        above = 0.5 * (axis[index] + axis[jnp.minimum(index + 1, axis.size - 1)])
        return below + fraction * (above - below)

    return spread(grid.log_m_v, row, inside[0]), spread(grid.log_y, column, inside[1])


def dataset_grid(
    data: Dataset,
    family: Signal,
    m_v_range: tuple[float, float],
    y_range: tuple[float, float],
    shape: tuple[int, int],
) -> GridPosterior:
    """`grid_posterior` of a data set, in equal steps of ln m_V and ln Y.

    Args:
        data, family: counts and signal.
        m_v_range, y_range: ends of the axes [MeV, 1].
        shape: (masses, couplings).
    """
    log_m_v, log_y = (
        np.linspace(np.log(low), np.log(high), count)
        for (low, high), count in zip((m_v_range, y_range), shape, strict=True)
    )
    return grid_posterior(
        analysis_of(data),
        jnp.asarray(template_table(family, np.exp(log_m_v))),
        jnp.asarray(log_m_v),
        jnp.asarray(log_y),
        jnp.asarray(np.log(Y_REF)),
    )
