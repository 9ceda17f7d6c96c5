"""Bayes factors between hypotheses, and the evidence on the dense grid to check them."""

import math
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from dmjax.bayes.grid import GridPosterior, credible_levels
from dmjax.bayes.nested import NestedRun
from dmjax.bayes.priors import Prior, log_prior, prior_set
from dmjax.errors import InputError


class BayesFactor(NamedTuple):
    """How much the data prefer one hypothesis over another, both with their priors.

    Attributes:
        first, second: names.
        log_b: ln Z₁ − ln Z₂; above 0 prefers the first.
        error: its standard deviation.
    """

    first: str
    second: str
    log_b: float
    error: float


class GridEvidence(NamedTuple):
    """Evidence and regions of (ln m_V, ln Y) on a grid, for any of the named priors.

    Attributes:
        log_z: ln ∫ L dπ by the trapezoidal rule.
        log_density: ln posterior per unit ln m_V and ln Y, (masses, couplings).
        levels: ln density on the edge of the 68.27 % and 95.45 % regions, (2,).
    """

    log_z: float
    log_density: np.ndarray
    levels: np.ndarray


def bayes_factor(first: NestedRun, second: NestedRun) -> BayesFactor:
    """ln of the ratio of two evidences of the same data.

    >>> from dmjax.bayes.priors import prior_set
    >>> blank = dict(information=0.0, draws={}, log_likelihood=np.zeros(1), effective=1.0)
    >>> blank |= dict(live=20, deaths=0, evaluations=0, status="converged")
    >>> runs = [NestedRun(n, z, 0.1, **blank) for n, z in (("a", -3.0), ("b", -5.0))]
    >>> bayes_factor(*runs).log_b
    2.0
    """
    error = math.hypot(first.error, second.error)
    return BayesFactor(first.name, second.name, first.log_z - second.log_z, error)


def grid_evidence(grid: GridPosterior, priors: tuple[Prior, Prior] | None = None) -> GridEvidence:
    """Evidence of a grid posterior under priors of m_V and Y.

    Z = ∫∫ L π(m_V) m_V π(Y) Y d ln m_V d ln Y. The grid must reach over the priors' ranges: what
    lies outside the grid is left out.

    Args:
        grid: with α integrated out ("marginal").
        priors: of "m_v" [MeV] and "y"; None: log-uniform over the grid.

    Raises:
        InputError: a prior with no weight on the grid.
    """
    if priors is None:
        ends = [(float(np.exp(axis[0])), float(np.exp(axis[-1]))) for axis in grid[:2]]
        priors = (
            Prior("m_v", "log-uniform", *ends[0]),
            Prior("y", "log-uniform", *ends[1]),
        )
    log_density = [_log_axis(p, axis) for p, axis in zip(priors, grid[:2], strict=True)]
    weighted = grid.log_likelihood + log_density[0][:, None] + log_density[1][None, :]
    log_z = float(jax.scipy.special.logsumexp(weighted, b=grid.cell_area))
    if not math.isfinite(log_z):
        raise InputError("the priors have no support on the grid")
    density = weighted - log_z
    return GridEvidence(
        log_z, np.asarray(density), np.asarray(credible_levels(density, grid.cell_area))
    )


def _log_axis(prior: Prior, log_x: Float[Array, " points"]) -> Float[Array, " points"]:
    """ln of a prior's density per unit ln x; points a rounding outside count as its ends."""
    priors, slack = prior_set([prior]), 1e-12
    x = jnp.exp(log_x)
    near = (x > prior.lower * (1 - slack)) & (x < prior.upper * (1 + slack))
    x = jnp.where(near, jnp.clip(x, prior.lower, prior.upper), x)
    return jax.vmap(lambda v: log_prior(priors, v[None]))(x) + log_x


def share_inside(draws: dict[str, np.ndarray], grid: GridPosterior, found: GridEvidence):
    """Share of draws of "m_v" and "y" inside the grid's 68.27 % and 95.45 % regions.

    The density at a draw is that of the nearest grid point.

    Returns:
        Two shares, to be compared with 0.6827 and 0.9545.
    """
    nearest = []
    for name, axis in (("m_v", grid.log_m_v), ("y", grid.log_y)):
        edges = 0.5 * np.asarray(axis[1:] + axis[:-1])
        nearest.append(np.searchsorted(edges, np.log(draws[name])))
    density = found.log_density[tuple(nearest)]
    return [float((density >= level).mean()) for level in found.levels]
