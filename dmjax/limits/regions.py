"""Regions of (mass, strength): the rise of the likelihood, or Feldman–Cousins with toys."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from dmjax.errors import InputError
from dmjax.fits.estimates import check_count
from dmjax.fits.fit import fit
from dmjax.fits.pseudo_data import check_data
from dmjax.likelihood.joint import Data, JointModel
from dmjax.limits.plane import Plane, best_of_plane, model_at, plane_scan
from dmjax.limits.test_statistics import Strength
from dmjax.limits.toys import Throwing, in_kept_blocks, largest_counts, p_value, throw_batch
from dmjax.programs import kept

FAR = 100.0
"""Toys are thrown where Wilks' p is above (1 − C)/`FAR`: further out none is needed."""


class Region(NamedTuple):
    """How well the data agree with each point of a plane.

    Attributes:
        statistic: t = −2 ln[L(m, μ, ν̂)/L(m̂, μ̂, ν̂)] of the data, (masses, strengths), ≥ 0.
        p_value, p_error: probability of a larger t at each point, and its Monte Carlo error (0 for
            the formula); the region of confidence level C holds the points with p > 1 − C.
        null, p_null, p_null_error: t and p of no signal.
        mass, strength: number of the best mass, and μ̂ there.
        status: of the fits of the data: the worst one.
        failed: toys whose fits did not converge, (masses, strengths); 0 without toys.
    """

    statistic: np.ndarray
    p_value: np.ndarray
    p_error: np.ndarray
    null: float
    p_null: float
    p_null_error: float
    mass: int
    strength: float
    status: int
    failed: np.ndarray


def wilks_p(statistic: np.ndarray) -> np.ndarray:
    """Tail of χ² with two degrees of freedom, e^{−t/2}.

    >>> round(float(wilks_p(np.array(4.605))), 3)
    0.1
    """
    return np.exp(-0.5 * np.maximum(statistic, 0.0))


def likelihood_region(
    joint: JointModel, chosen: Strength, plane: Plane, data: Data, strengths: np.ndarray
) -> Region:
    """p-values of a plane by Wilks' theorem: t follows χ² of two degrees of freedom.

    Valid for large counts, away from zero signal, where the mass means nothing and t is larger.

    Args:
        joint, chosen, data: model with a component "signal", its strength, data.
        plane: the parameter space.
        strengths: of the grid, (masses, strengths), not above `plane.tops`.

    Returns:
        `Region` without Monte Carlo errors.

    Source: S. S. Wilks, Ann. Math. Statist. 9 (1938) 60.
    """
    return _observed(joint, chosen, plane, data, strengths)[0]


@kept
def _without(joint: JointModel, chosen: Strength, data: Data):
    """−2 ln L without signal, parameters, status."""
    here = np.arange(joint.parameters.centres.shape[0]) == chosen.index
    start = jnp.where(here, 0.0, joint.parameters.centres)
    found = fit(joint, data, start, jnp.asarray(here))
    return found.two_nll, found.values, found.status


def _observed(joint, chosen, plane, data, strengths):
    """(region by Wilks, truths of the grid (masses, strengths, parameters), truth of no signal)."""
    strengths = np.asarray(strengths, float)
    tops = np.asarray(plane.tops)[:, None]
    if strengths.ndim != 2 or np.any(strengths < 0) or np.any(strengths > tops * (1 + 1e-9)):
        raise InputError("strengths of a plane lie between 0 and the largest one of their mass")
    check_data(joint, data)
    scan = plane_scan(joint, chosen, plane, data, jnp.asarray(strengths))
    zero, nothing, zero_status = _without(joint, chosen, data)
    free = np.asarray(scan.free_nll)
    mass = int(np.argmin(free))
    t = np.maximum(np.asarray(scan.two_nll) - free[mass], 0.0)
    null = max(float(zero) - float(free[mass]), 0.0)
    worst = max(int(jnp.max(scan.status)), int(jnp.max(scan.free_status)), int(zero_status))
    found = Region(
        statistic=t,
        p_value=wilks_p(t),
        p_error=np.zeros(t.shape),
        null=null,
        p_null=float(wilks_p(np.array(null))),
        p_null_error=0.0,
        mass=mass,
        strength=float(scan.free_values[mass, chosen.index]),
        status=worst,
        failed=np.zeros(t.shape, int),
    )
    return found, scan.values, nothing


@kept
def _statistics(
    joint: JointModel, chosen: Strength, plane: Plane, data: Data, truth, start, mass
) -> tuple[Array, Array, Array]:
    """t at (mass, strength of the truth) of many toys, the best mass of each, worst status."""
    here = np.arange(truth.shape[0]) == chosen.index
    model = model_at(joint, chosen, plane, mass)

    def one(toy):
        at = fit(model, toy, truth, jnp.asarray(here))
        best = best_of_plane(joint, chosen, plane, toy, start)
        # The grid's own point is one of the plane.
        least = jnp.minimum(best.two_nll, at.two_nll)
        return (at.two_nll - least)[None], best.mass, jnp.maximum(at.status, best.status)

    return jax.vmap(one)(data)


def feldman_cousins_region(
    joint: JointModel,
    chosen: Strength,
    plane: Plane,
    data: Data,
    strengths: np.ndarray,
    how: Throwing,
    cl: float = 0.90,
) -> Region:
    """p-values of a plane from toys thrown at each point, the nuisances at their best fits there.

    A toy is fitted as the data are: at the point it was thrown at, and over all masses and
    strengths of the plane. The ordering is that of the likelihood ratio. Where Wilks' p is below
    (1 − cl)/`FAR` it stands as it is, without toys.

    Args:
        joint, chosen, data, plane, strengths: see `likelihood_region`.
        how: number of toys at each point, key, batches.
        cl: largest confidence level that will be read off the p-values.

    Returns:
        `Region` with binomial errors; the error is 1 where no toy could be fitted.

    Raises:
        InputError: too few toys for the level, bad strengths or data.

    Source: Feldman and Cousins, Phys. Rev. D 57 (1998) 3873; nuisances as in the PDG review.
    """
    check_count(how.toys, 1.0 - cl)
    found, truths, nothing = _observed(joint, chosen, plane, data, strengths)
    rows, columns = found.statistic.shape
    most = largest_counts_of(joint, chosen, plane, truths)

    def thrown(truth: Float[Array, " parameters"], mass: int, label: str):
        model = model_at(joint, chosen, plane, jnp.asarray(mass))

        def make(keys, attempt=0):
            toys = throw_batch(model, truth, keys, most)
            # Another attempt at what failed begins where the toy was thrown.
            start = truth if attempt else joint.parameters.centres
            return _statistics(joint, chosen, plane, toys, truth, start, jnp.asarray(mass))

        return in_kept_blocks(make, how, label, truth, [truth[chosen.index]])

    p, error = found.p_value.copy(), np.zeros((rows, columns))
    failed = np.zeros((rows, columns), int)
    for i, j in np.argwhere(found.p_value > (1.0 - cl) / FAR):
        toys = thrown(truths[i, j], int(i), f"point_{i}_{j}")
        failed[i, j] = int((toys.status != 0).sum())
        if failed[i, j] == how.toys:
            error[i, j] = 1.0
            continue
        made = p_value(toys, float(found.statistic[i, j]))
        p[i, j], error[i, j] = made.value, made.error
    null = p_value(thrown(nothing, 0, "nothing"), found.null)
    return found._replace(
        p_value=p, p_error=error, p_null=null.value, p_null_error=null.error, failed=failed
    )


def largest_counts_of(
    joint: JointModel, chosen: Strength, plane: Plane, truths: Float[Array, "masses points n"]
) -> tuple[int, ...]:
    """`most_counts` that serve every point of a plane: they share a compilation."""
    each = [
        largest_counts(model_at(joint, chosen, plane, jnp.asarray(i)), truths[i])
        for i in range(truths.shape[0])
    ]
    return tuple(max(column) for column in zip(*each, strict=True))
