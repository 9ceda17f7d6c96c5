"""Dense posterior on (ln m_V, ln coupling): the check of samplers, and regions to draw."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from dmjax.bayes.hypothesis import at_mass, check_table, nuisances
from dmjax.bayes.priors import log_prior, parameter_priors, prior_set
from dmjax.errors import InputError
from dmjax.fits.fit import best_fit, fit
from dmjax.likelihood.constraints import log_constraint
from dmjax.likelihood.joint import (
    Data,
    JointModel,
    integrated_index,
    integrated_mask,
    log_likelihood,
    observed_data,
)
from dmjax.likelihood.parameters import index_of, values_of
from dmjax.likelihood.signals import SIGNAL
from dmjax.numerics import hat_weights
from dmjax.prediction.tables import SignalTable, strength_at
from dmjax.programs import kept

Scalar = Float[Array, ""]
CREDIBLE = (0.6827, 0.9545)
"""Probability inside the regions called 1σ and 2σ."""

METHODS = ("laplace", "profile")
"""What becomes of the nuisances that the joint model does not integrate."""

_ROWS = 4


class GridPosterior(NamedTuple):
    """Posterior density on a grid, for priors uniform in both logarithms over the grid's ranges.

    Attributes:
        log_m_v: ln(m_V/MeV), increasing, (masses,).
        log_coupling: ln of the coupling, increasing, (couplings,).
        log_likelihood: ln L with the nuisances removed, (masses, couplings).
        log_density: ln of the density per unit of both logarithms, (masses, couplings).
        cell_area: weight of each point in integrals over the grid, (masses, couplings).
        levels: ln density on the edge of the regions that hold `CREDIBLE`, (2,).
    """

    log_m_v: Float[Array, " masses"]
    log_coupling: Float[Array, " couplings"]
    log_likelihood: Float[Array, "masses couplings"]
    log_density: Float[Array, "masses couplings"]
    cell_area: Float[Array, "masses couplings"]
    levels: Float[Array, " levels"]


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


def normalised(log_weight: Array, cell_area: Array) -> tuple[Scalar, Array, Array]:
    """(ln of the integral over the grid, ln density, its levels at `CREDIBLE`)."""
    norm = jax.scipy.special.logsumexp(log_weight, b=cell_area)
    log_density = log_weight - norm
    return norm, log_density, credible_levels(log_density, cell_area)


def axis(low: float, high: float, points: int) -> Float[Array, " points"]:
    """Equal steps of ln x between two values: an axis of the grid."""
    return jnp.asarray(np.linspace(np.log(low), np.log(high), points))


def grid_posterior(
    joint: JointModel,
    table: SignalTable,
    log_m_v: Float[Array, " masses"],
    log_coupling: Float[Array, " couplings"],
    data: Data | None = None,
    method: str = "laplace",
) -> GridPosterior:
    """Posterior density of (ln m_V, ln coupling) on a dense grid, the nuisances removed.

    p ∝ ∫ L(m_V, coupling, ν) π(ν) dν, flat in both logarithms over the grid's ranges and zero
    outside. The parameter that the joint model integrates is integrated exactly; the others by
    Laplace's approximation, L(ν̂) (2π)^{k/2} |H|^{-1/2}, or left at their maximum.

    Args:
        joint: with a component and a free parameter "signal".
        table: the signal in its searches, over at least the grid's masses.
        log_m_v: ln(m_V/MeV), increasing, (masses,).
        log_coupling: ln of the coupling, increasing, (couplings,).
        data: None: observed.
        method: one of `METHODS`.

    Returns:
        `GridPosterior`. With "laplace" ln L is that of an evidence, priors of the nuisances
        normalised over their ranges; exact where L π is normal in ν.

    Raises:
        InputError: a table of other searches, a grid that does not increase, an unknown method.

    Source: [D20] (arXiv:2006.09386) Eqs. 6.4, 6.5 and Fig. 6 left.
    """
    check_table(joint, table)
    if method not in METHODS:
        raise InputError(f"method must be one of {', '.join(METHODS)}, got '{method}'")
    for label, points in (("log_m_v", log_m_v), ("log_coupling", log_coupling)):
        if points.size < 2 or not bool(jnp.all(jnp.diff(points) > 0)):
            raise InputError(f"the grid needs at least two increasing values of {label}")
    chosen = observed_data(joint) if data is None else data
    start = best_fit(joint, chosen, fixed={SIGNAL: 0.0}).values
    m_v, couplings = jnp.exp(log_m_v), jnp.exp(log_coupling)
    log_likelihood = _filled(joint, chosen, table, start, m_v, couplings, method == "laplace")
    if method == "laplace":
        log_likelihood = log_likelihood + _prior_excess(joint)
    cell_area = hat_weights(log_m_v)[:, None] * hat_weights(log_coupling)[None, :]
    _, log_density, levels = normalised(log_likelihood, cell_area)
    return GridPosterior(log_m_v, log_coupling, log_likelihood, log_density, cell_area, levels)


@kept
def _filled(
    joint: JointModel, data: Data, table: SignalTable, start, m_v, couplings, laplace: bool
):
    """ln L of every mass and coupling, (masses, couplings), a few rows in memory at once."""
    at = index_of(joint.parameters.names, SIGNAL)
    held = np.asarray([name == SIGNAL for name in joint.parameters.names]) | integrated_mask(joint)

    def one(model, strength):
        point = start.at[at].set(strength)
        if held.all():
            return log_likelihood(model, point, data)
        found = fit(model, data, point, jnp.asarray(held))
        value = -0.5 * found.two_nll
        return value + _log_volume(found.covariance, found.at_bound) if laplace else value

    def row(mass):
        model = at_mass(joint, table, mass)
        strengths = jax.vmap(lambda c: strength_at(table, mass, c))(couplings)
        return jax.vmap(lambda s: one(model, s))(strengths)

    return jax.lax.map(row, m_v, batch_size=_ROWS)


def _log_volume(covariance: Float[Array, "n n"], held) -> Scalar:
    """ln of (2π)^{k/2} |H|^{-1/2} over the k parameters that moved."""
    whole = covariance + jnp.diag(held.astype(covariance.dtype))
    moved = jnp.sum(~held).astype(covariance.dtype)
    return 0.5 * jnp.linalg.slogdet(whole)[1] + 0.5 * moved * jnp.log(2.0 * jnp.pi)


def _prior_excess(joint: JointModel) -> Scalar:
    """ln of the nuisances' priors, normalised over their ranges, over their constraints.

    Of an integrated parameter the constraint is normalised already.
    """
    place = integrated_index(joint)
    names, centres = joint.parameters.names, values_of(joint.parameters)
    rest = [p for p in nuisances(joint) if place is None or p.name != names[place]]
    if not rest:
        return jnp.zeros(())
    priors = prior_set(parameter_priors(rest))
    own = jnp.stack([centres[names.index(name)] for name in priors.names])
    return log_prior(priors, own) - log_constraint(joint.parameters, centres, centres, place)
