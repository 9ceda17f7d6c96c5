"""Bayes factors between hypotheses, and the evidence on the dense grid to check them."""

import math
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from dmjax.bayes.grid import GridPosterior, normalised
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
    """Evidence and regions of (ln m_V, ln coupling) on a grid, under given priors.

    Attributes:
        names: of the mass and the coupling.
        log_z: ln ∫ L dπ by the trapezoidal rule.
        log_density: ln posterior per unit of both logarithms, (masses, couplings).
        levels: ln density on the edge of the 68.27 % and 95.45 % regions, (2,).
    """

    names: tuple[str, str]
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


def grid_evidence(grid: GridPosterior, priors: tuple[Prior, Prior]) -> GridEvidence:
    """Evidence of a grid posterior under priors of m_V and its coupling.

    Z = ∫∫ L π(m_V) m_V π(c) c d ln m_V d ln c. The grid must reach over the priors' ranges: what
    lies outside the grid is left out.

    Args:
        grid: filled with the method "laplace".
        priors: of "m_v" [MeV] and of the coupling.

    Raises:
        InputError: a prior with no weight on the grid.
    """
    axes = (grid.log_m_v, grid.log_coupling)
    stated = [_log_axis(p, points) for p, points in zip(priors, axes, strict=True)]
    weighted = grid.log_likelihood + stated[0][:, None] + stated[1][None, :]
    norm, density, levels = normalised(weighted, grid.cell_area)
    log_z = float(norm)
    if not math.isfinite(log_z):
        raise InputError("the priors have no support on the grid")
    names = (priors[0].name, priors[1].name)
    return GridEvidence(names, log_z, np.asarray(density), np.asarray(levels))


def _log_axis(prior: Prior, log_x: Float[Array, " points"]) -> Float[Array, " points"]:
    """ln of a prior's density per unit ln x; points a rounding outside count as its ends."""
    priors, slack = prior_set([prior]), 1e-12
    x = jnp.exp(log_x)
    near = (x > prior.lower * (1 - slack)) & (x < prior.upper * (1 + slack))
    x = jnp.where(near, jnp.clip(x, prior.lower, prior.upper), x)
    return jax.vmap(lambda v: log_prior(priors, v[None]))(x) + log_x


def share_inside(
    draws: dict[str, np.ndarray], grid: GridPosterior, found: GridEvidence
) -> list[float]:
    """Share of draws of mass and coupling inside the grid's 68.27 % and 95.45 % regions.

    The density at a draw is that of the nearest grid point.

    Returns:
        Two shares, to be compared with 0.6827 and 0.9545.
    """
    nearest = []
    for name, points in zip(found.names, (grid.log_m_v, grid.log_coupling), strict=True):
        edges = 0.5 * np.asarray(points[1:] + points[:-1])
        nearest.append(np.searchsorted(edges, np.log(np.ravel(draws[name]))))
    density = found.log_density[tuple(nearest)]
    return [float((density >= level).mean()) for level in found.levels]
