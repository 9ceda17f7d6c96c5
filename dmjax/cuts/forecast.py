"""Fisher forecasts of (m_V, coupling), and the best place for a detector."""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float

from dmjax.cuts.plan import Plan, at_rest, log_coupling, plan_yields
from dmjax.cuts.profile import no_pulls
from dmjax.cuts.strength import Level
from dmjax.cuts.yields import Scalar, means
from dmjax.flux.mesons import MesonsInFlight
from dmjax.numerics import safe_divide
from dmjax.programs import kept
from dmjax.sources import doppler_table
from dmjax.sources.boost import boost_kernel

ANGLES = 9
"""At which boosts are tabulated over a floor."""
STEPS, RATE = 40, 0.05
"""Of Adam over the floor, in shares of its sides."""


@kept
def fisher(plan: Plan, coupling: Float[Array, ""]) -> Float[Array, "2 2"]:
    """Information on (ln m_V, ln coupling) of a signal, nuisances marginalised.

    Dᵀ(diag λ + JJᵀ)⁻¹D, D and J the slopes of the counts in both and in the pulls: with pulls of
    unit prior, what is left of the whole matrix when they are integrated.

    Args:
        plan: of several bins.
        coupling: of the signal that is there.
    """
    x = at_rest(plan)
    centre = jnp.log(jnp.stack([plan.m_v, coupling]))

    def counts(log: Array, pulls: Array) -> Array:
        made = plan_yields(plan, x, jnp.exp(log[0]), jnp.exp(log[1]))
        return means(plan.rules, made, jnp.ones((), float), pulls)

    here = plan_yields(plan, x, plan.m_v, coupling)
    pulls = no_pulls(plan.rules, here)
    rate = means(plan.rules, here, jnp.ones((), float), pulls)
    moved = jax.jacfwd(lambda log: counts(log, pulls))(centre)
    pulled = jax.jacfwd(lambda at: means(plan.rules, here, jnp.ones((), float), at))(pulls)
    weight = safe_divide(jnp.ones_like(rate), rate)[:, None]
    mixed = moved.T @ (weight * pulled)
    inner = jnp.eye(pulls.shape[0]) + pulled.T @ (weight * pulled)
    return moved.T @ (weight * moved) - mixed @ jnp.linalg.solve(inner, mixed.T)


class Place(NamedTuple):
    """Where a detector stands.

    Attributes:
        distance_m, angle_deg: from the target.
        log_limit: ln of the expected limit there.
        slopes: of it along and across the beam [1/m].
    """

    distance_m: float
    angle_deg: float
    log_limit: float
    slopes: tuple[float, float]


class Floor(NamedTuple):
    """A rectangle beside the target, and the boosts of its angles.

    Attributes:
        low, high: corners (along, across) [m].
        angles: Chebyshev nodes [rad].
        kernels: channel → boosts at the nodes, (angles, n, n).
    """

    low: np.ndarray
    high: np.ndarray
    angles: np.ndarray
    kernels: dict[str, Float[Array, "angles n n"]]


def floor_of(plan: Plan, corners: tuple[float, ...]) -> Floor:
    """Tabulate the boosts over a rectangle (along from, to, across from, to) [m]."""
    low, high = np.array(corners[0::2]), np.array(corners[1::2])
    edges = [np.arctan2(y, x) for x in (low[0], high[0]) for y in (low[1], high[1])]
    middle, half = 0.5 * (max(edges) + min(edges)), 0.5 * (max(edges) - min(edges))
    turns = np.cos((2.0 * np.arange(ANGLES) + 1.0) * np.pi / (2.0 * ANGLES))
    angles, k_max = middle + half * turns, float(plan.detector.beam.k_max)
    kernels = {
        name: jnp.stack(
            [boost_kernel(doppler_table(channel.mesons, a), k_max).values for a in angles]
        )
        for name, channel in plan.detector.beam.channels.items()
        if isinstance(channel, MesonsInFlight)
    }
    return Floor(low, high, angles, kernels)


@kept
def _at(plan: Plan, level: Level, floor: Floor, shares: Array) -> tuple[Scalar, Array]:
    """ln limit at shares of the sides of a floor, and its slopes."""

    def log_limit(at: Array) -> Scalar:
        low, high = jnp.asarray(floor.low), jnp.asarray(floor.high)
        along, across = low + at * (high - low)
        angle = jnp.arctan2(across, along)
        weights = _lagrange(jnp.asarray(floor.angles), angle)
        made = plan.detector
        for name, kernels in floor.kernels.items():
            values = jnp.einsum("a,aij->ij", weights, kernels)
            made = eqx.tree_at(
                lambda e, name=name: e.beam.channels[name].kernel.values, made, values
            )
        far = jnp.sqrt(along * along + across * across)
        x = at_rest(plan) | {"distance": jnp.log(far / plan.detector.distance_m)}
        still = plan._replace(turned=())
        return log_coupling(plan, level, plan_yields(still, x, detector=made))

    return jax.value_and_grad(log_limit)(shares)


def _lagrange(nodes: Float[Array, " n"], x: Scalar) -> Float[Array, " n"]:
    """Weights of the polynomial through all nodes."""
    apart = nodes[:, None] - nodes[None, :] + jnp.eye(nodes.shape[0])
    terms = (x - nodes)[None, :] / apart
    return jnp.prod(jnp.where(jnp.eye(nodes.shape[0], dtype=bool), 1.0, terms), axis=1)


def best_place(plan: Plan, level: Level, floor: Floor) -> Place:
    """Follow the gradient over a floor to where the expected limit is lowest.

    Adam on (along, across), held inside; the best point that was met.

    Args:
        plan, level: what is expected.
        floor: from `floor_of`.
    """
    method = optax.adam(optax.exponential_decay(RATE, STEPS, 0.05))
    at = jnp.asarray([0.5, 0.5])
    state, best = method.init(at), None
    for _ in range(STEPS + 1):
        value, slope = _at(plan, level, floor, at)
        if best is None or float(value) < best[0]:
            best = float(value), np.asarray(at), np.asarray(slope)
        with jax.numpy_dtype_promotion("standard"):
            step, state = method.update(slope, state)
        at = jnp.clip(optax.apply_updates(at, step), 0.0, 1.0)  # pyright: ignore
    value, where, slope = best  # pyright: ignore
    along, across = floor.low + where * (floor.high - floor.low)
    each = slope / (floor.high - floor.low)
    angle = float(np.degrees(np.arctan2(across, along)))
    return Place(float(np.hypot(along, across)), angle, value, (float(each[0]), float(each[1])))


def marginal_errors(matrix: np.ndarray) -> tuple[float, float, float]:
    """(σ of the first, σ of the second, correlation) of an information matrix; inf if singular.

    >>> marginal_errors(np.array([[4.0, 0.0], [0.0, 25.0]]))
    (0.5, 0.2, 0.0)
    """
    if not np.linalg.det(matrix) > 1e-12 * matrix[0, 0] * matrix[1, 1]:
        return np.inf, np.inf, 0.0
    covariance = np.linalg.inv(matrix)
    first, second = np.sqrt(np.diag(covariance))
    return float(first), float(second), float(covariance[0, 1] / (first * second))
