"""Posterior of a signal strength at fixed mass, the nuisances integrated, and its upper limit."""

import math
from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.special import gammaln, logsumexp
from jaxtyping import Array, Float

from dmjax.fits.fit import Fit, fit
from dmjax.likelihood.joint import Data, JointModel, integrated_mask, log_likelihood
from dmjax.limits.likelihood_limits import risen
from dmjax.limits.test_statistics import Strength
from dmjax.programs import kept

Scalar = Float[Array, ""]
NODES, GROUPS = 48, 8
"""Strengths at which nuisances are integrated, and groups of draws."""
DRAWS = (256, 1024, 4096)
"""Of each group: the next where too few of them count."""
LEAST = 100.0
"""Effective draws that an integral needs wherever the posterior is not small."""

FALLS = (40.0, 25.0, 16.0)
"""The posterior ends where −2 ln L of the profile has risen by the first of these that it reaches.

With a normal error on the efficiency, cut at 0, no strength is excluded for good: the rise is
bounded, and a flat prior has no norm. The end leaves out e^−8 of the density at its peak or less.
"""

FREEDOM = 5.0
"""Degrees of freedom of Student's t that nuisances are drawn from: tails above a normal's."""

_FINE, _NEAR = 4001, 5.0
_BATCH, _TOGETHER = 8, 2048


class Marginal(NamedTuple):
    """The likelihood of a strength with the nuisances integrated.

    Attributes:
        strengths: increasing from 0, (nodes,).
        log_likelihood: ln ∫ L(μ, ν) π(ν) dν up to a constant, from all draws, (nodes,).
        groups: the same from each group of draws, (groups, nodes).
        effective: effective draws at every strength, (nodes,); all of them without nuisances.
        status: of the fits, the worst.
    """

    strengths: np.ndarray
    log_likelihood: np.ndarray
    groups: np.ndarray
    effective: np.ndarray
    status: int


class CredibleLimit(NamedTuple):
    """A Bayesian upper limit.

    Attributes:
        limit: below which `cl` of the posterior lies.
        error: Monte Carlo error of the integral over nuisances.
        effective: least number of effective draws where the posterior is not small.
    """

    limit: float
    error: float
    effective: float


def _widths(found: Fit, moving: np.ndarray, sigmas: Array) -> Array:
    """Covariance to draw from: that of the fit; where it has none, of the constraints."""
    variance = jnp.diagonal(found.covariance)
    known = (variance > 0) & jnp.isfinite(variance) & moving
    instead = jnp.where(jnp.isfinite(sigmas), sigmas, 1.0) ** 2
    inside = jnp.where(known[:, None] & known[None, :], found.covariance, 0.0)
    return inside + jnp.diag(jnp.where(known, 0.0, jnp.where(moving, instead, 1.0)))


@kept
def _integrals(joint: JointModel, chosen: Strength, data: Data, strengths, key: Array, draws: int):
    """(ln integral of each group (groups, nodes), effective draws, status) at every strength.

    ν = ν̂ + C^{1/2} z √(f/χ²_f) around the best fit at each strength, the same z and χ² at all: the
    average of L/density is the integral, whatever the shape of L.
    """
    limits, size = joint.parameters, joint.parameters.centres.shape[0]
    here = np.arange(size) == chosen.index
    moving = ~(here | integrated_mask(joint))
    count = int(moving.sum())
    normal_key, spread_key = jax.random.split(key)
    z = jax.random.normal(normal_key, (GROUPS * draws, size)) * jnp.asarray(moving, float)[None, :]
    spread = jax.random.gamma(spread_key, 0.5 * FREEDOM, (GROUPS * draws,)) * 2.0 / FREEDOM
    steps = z / jnp.sqrt(spread)[:, None]
    radii = jnp.sum(steps * steps, axis=1)
    half = 0.5 * (FREEDOM + count)
    density = gammaln(half) - gammaln(0.5 * FREEDOM) - 0.5 * count * math.log(FREEDOM * math.pi)
    density = density - half * jnp.log1p(radii / FREEDOM)

    def one(strength):
        start = jnp.where(here, strength, limits.centres)
        found = fit(joint, data, start, jnp.asarray(here))
        root = jnp.linalg.cholesky(_widths(found, moving, limits.sigmas))
        volume = jnp.sum(jnp.where(moving, jnp.log(jnp.diagonal(root)), 0.0))

        def weight(drawn):
            step, height = drawn
            values = found.values + jnp.where(moving, root @ step, 0.0)
            inside = jnp.all((values >= limits.lower) & (values <= limits.upper) | ~moving)
            safe = jnp.where(inside, values, found.values)
            return jnp.where(inside, log_likelihood(joint, safe, data) - height + volume, -jnp.inf)

        logs = jax.lax.map(weight, (steps, density), batch_size=_TOGETHER)
        shares = jnp.exp(logs - logsumexp(logs))
        each = logsumexp(logs.reshape(GROUPS, draws), axis=1) - math.log(draws)
        return each, 1.0 / jnp.sum(shares**2), found.status

    groups, effective, status = jax.lax.map(one, strengths, batch_size=_BATCH)
    return groups.T, effective, status


@kept
def _risen(joint: JointModel, chosen: Strength, data: Data, level: Scalar):
    found = risen(joint, chosen, data, level, 1e-2)[0]
    return found.x, found.reached


def _top(joint: JointModel, chosen: Strength, data: Data) -> float:
    """The largest strength that is looked at; inf where the data bound none."""
    for level in FALLS:
        end, reached = _risen(joint, chosen, data, jnp.asarray(level))
        if bool(reached):
            return float(end)
    return math.inf


def marginal_likelihood(
    joint: JointModel, chosen: Strength, data: Data, key: Array, most: float = math.inf
) -> Marginal | None:
    """The likelihood of a strength with the nuisances integrated over their priors.

    The priors are the constraints, cut at the ranges; flat where a nuisance is free. At Chebyshev
    nodes in √μ the integral is an average over draws around the best fit there. Its Monte Carlo
    error is smooth in μ, as the draws are the same at every node. Where fewer than `LEAST` of them
    count, more are taken, up to the last of `DRAWS`.

    Args:
        joint, chosen, data: model, its strength ≥ 0, data.
        key: of `jax.random`.
        most: strength beyond which the prior is 0.

    Returns:
        `Marginal`; None where the data bound no strength below `most`.
    """
    top = min(_top(joint, chosen, data), most)
    if not math.isfinite(top):
        return None
    x = 0.5 * (1.0 - np.cos(np.pi * np.arange(NODES) / (NODES - 1.0)))
    strengths = top * x**2
    for draws in DRAWS:
        found = _integrals(joint, chosen, data, jnp.asarray(strengths), key, draws)
        made = _marginal(strengths, *map(np.asarray, found))
        if _least(made) >= LEAST:
            break
    return made


def _marginal(strengths, groups, effective, status) -> Marginal:
    together = np.asarray(logsumexp(groups, axis=0)) - math.log(GROUPS)
    return Marginal(strengths, together, groups, effective, int(status.max()))


def _least(found: Marginal) -> float:
    """Fewest effective draws where the posterior is not small."""
    near = found.log_likelihood > found.log_likelihood.max() - _NEAR
    return float(found.effective[near].min())


def credible_limit(
    found: Marginal, scale: Callable[[np.ndarray], np.ndarray], cl: float, lowest: float = 0.0
) -> CredibleLimit:
    """Upper limit on a strength for a prior flat in some function of it.

    ∫ L dx up to the limit is `cl` of that up to the largest strength of `found`, x = scale(μ).

    Args:
        found: the marginal likelihood.
        scale: increasing function of strengths, in which the prior is flat.
        cl: probability.
        lowest: strength below which the prior is 0; above 0 for a logarithm.

    Returns:
        `CredibleLimit` in strengths.
    """
    held = found.log_likelihood
    root = np.sqrt(found.strengths / found.strengths[-1])
    start = math.sqrt(min(lowest / found.strengths[-1], 1.0))
    fine = np.linspace(start, 1.0, _FINE)
    strengths = found.strengths[-1] * fine**2
    x = scale(strengths)

    def quantile(log_likelihood: np.ndarray) -> float:
        smooth = np.polynomial.Chebyshev.fit(root, log_likelihood, NODES - 1, [0.0, 1.0])
        density = np.exp(smooth(fine) - log_likelihood.max())
        steps = 0.5 * (density[1:] + density[:-1]) * np.diff(x)
        total = np.concatenate([[0.0], np.cumsum(steps)])
        return float(np.interp(cl * total[-1], total, strengths))

    apart = np.array([quantile(one) for one in found.groups])
    error = float(apart.std(ddof=1)) / math.sqrt(GROUPS)
    return CredibleLimit(quantile(held), error, _least(found))
