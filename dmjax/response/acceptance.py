"""What share of the recoils of one energy is recorded in the bins and passes the selection."""

from collections.abc import Sequence

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from dmjax.response.detector import Response, observable_at
from dmjax.response.recoils import STEP, efficiency_at, inside, rising_ladder, smearing_matrix

LEAST = 1e-6
"""Smallest mean observable at which a resolution is evaluated."""


def acceptance(
    response: Response, edges: Sequence[float], t: Float[Array, " recoils"]
) -> Float[Array, " recoils"]:
    """Share of recoils of T that is recorded between the first and the last edge and accepted.

    ε_all(T) = Σ_{sub-bins s} ε(x_s) [C(s₊ | T) − C(s₋ | T)], as `accepted_recoils` counts them;
    without resolution ε(x(T)) inside the edges and 0 outside.

    Args:
        response: detector response.
        edges: in the observable, increasing.
        t: recoil energies [MeV], ≥ 0; differentiable but where a sharp response meets an edge.

    Returns:
        Shares in [0, 1].

    >>> from dmjax.response import Flat, Unquenched
    >>> one = jnp.asarray(1.0)
    >>> sharp = Response(Unquenched(), one, None, Flat(one), None, "keV")
    >>> acceptance(sharp, (1.0, 10.0), jnp.asarray([0.5e-3, 5e-3])).tolist()
    [0.0, 1.0]
    """
    return _acceptance(response, tuple(float(edge) for edge in edges), t)


@eqx.filter_jit
def _acceptance(
    response: Response, edges: tuple[float, ...], t: Float[Array, " recoils"]
) -> Float[Array, " recoils"]:
    """The edges are a tuple of numbers, and so static."""
    means = jax.vmap(observable_at, in_axes=(None, 0))(response, t)
    if response.resolution is None:
        recorded = (means >= edges[0]) & (means < edges[-1])
        centre = jnp.floor(means) + 0.5 if response.observable == "pe" else means
        return jnp.where(recorded, efficiency_at(response, t, centre), 0.0)
    held = jnp.maximum(means, LEAST)
    if response.efficiency_on == "recoil":
        ends = np.array([edges[0], edges[-1]])
        return smearing_matrix(response, held, ends)[0] * efficiency_at(response, t, means)
    fine = inside(rising_ladder(edges[-1], STEP[response.observable], 0.02), np.array(edges))
    centre = jnp.asarray(0.5 * (fine[1:] + fine[:-1]), t.dtype)
    return jax.vmap(response.efficiency.at)(centre) @ smearing_matrix(response, held, fine)
