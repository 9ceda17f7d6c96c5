"""A signal of free mass and strength: fits on a grid of both, and over the masses."""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from dmjax.batches import in_chunks
from dmjax.fits.fit import Fit, fit
from dmjax.likelihood.joint import Data, JointModel
from dmjax.likelihood.signals import with_signals
from dmjax.limits.test_statistics import Strength
from dmjax.prediction.templates import SignalCounts, at_index
from dmjax.programs import kept

Scalar = Float[Array, ""]
Values = Float[Array, " parameters"]
_BATCH = 25


class Plane(NamedTuple):
    """The parameter space of a signal: some masses, at each of which strengths up to a largest one.

    Attributes:
        counts: of the signal at strength 1, (masses, bins), one entry per model.
        tops: largest strength at each mass, (masses,).
    """

    counts: tuple[SignalCounts, ...]
    tops: Float[Array, " masses"]


class PlaneScan(NamedTuple):
    """Fits of one data set on a plane.

    Attributes:
        two_nll: −2 ln L at each mass and strength, the nuisances fitted, (masses, strengths).
        values: of all parameters there, (masses, strengths, parameters).
        status: of these fits.
        free_nll, free_values, free_status: of the fits with a free strength, (masses, …).
    """

    two_nll: Float[Array, "masses strengths"]
    values: Float[Array, "masses strengths parameters"]
    status: Int[Array, "masses strengths"]
    free_nll: Float[Array, " masses"]
    free_values: Float[Array, "masses parameters"]
    free_status: Int[Array, " masses"]


class Best(NamedTuple):
    """Best point of a plane.

    Attributes:
        mass: number of the mass.
        strength: μ̂ there.
        two_nll: −2 ln L there: the smallest of all.
        status: the worst one of the fits of all masses.
    """

    mass: Int[Array, ""]
    strength: Scalar
    two_nll: Scalar
    status: Int[Array, ""]


def model_at(joint: JointModel, chosen: Strength, plane: Plane, mass) -> JointModel:
    """The joint model with the signal of one mass (number, maybe traced), its strength capped."""
    made = with_signals(joint, at_index(plane.counts, mass))
    upper = made.parameters.upper.at[chosen.index].set(plane.tops[mass])
    return eqx.tree_at(lambda j: j.parameters.upper, made, upper)


def _free_fits(joint: JointModel, chosen: Strength, plane: Plane, data: Data, start: Values) -> Fit:
    """Fits with a free strength at every mass, one after the other."""

    def one(mass):
        return fit(model_at(joint, chosen, plane, mass), data, start)

    return jax.lax.map(one, jnp.arange(plane.tops.shape[0]))


def best_of_plane(
    joint: JointModel, chosen: Strength, plane: Plane, data: Data, start: Values
) -> Best:
    """The smallest −2 ln L over all masses, strengths and nuisances. Pure: vmap over data."""
    found = _free_fits(joint, chosen, plane, data, start)
    mass = jnp.argmin(found.two_nll)
    strength = found.values[mass, chosen.index]
    return Best(mass, strength, found.two_nll[mass], jnp.max(found.status))


@kept
def plane_scan(
    joint: JointModel,
    chosen: Strength,
    plane: Plane,
    data: Data,
    strengths: Float[Array, "masses strengths"],
) -> PlaneScan:
    """Fits of one data set at every mass and strength, and with a free strength at every mass.

    Args:
        joint, chosen, data: model with a component "signal", its strength, data.
        plane: masses and the largest strengths.
        strengths: of the grid, not above the largest ones.

    Returns:
        `PlaneScan`.
    """
    start = joint.parameters.centres
    here = np.arange(start.shape[0]) == chosen.index
    free = _free_fits(joint, chosen, plane, data, start)
    rows, columns = strengths.shape

    def one(point):
        mass, strength, begin = point
        model = model_at(joint, chosen, plane, mass)
        found = fit(model, data, jnp.where(here, strength, begin), jnp.asarray(here))
        return found.two_nll, found.values, found.status

    masses = jnp.repeat(jnp.arange(rows), columns)
    points = masses, strengths.ravel(), jnp.repeat(free.values, columns, axis=0)
    two_nll, values, status = in_chunks(one, points, _BATCH)
    return PlaneScan(
        two_nll.reshape(rows, columns),
        values.reshape(rows, columns, -1),
        status.reshape(rows, columns),
        free.two_nll,
        free.values,
        free.status,
    )
