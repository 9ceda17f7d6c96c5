"""Where V may decay so that χ reaches the detector: quadrature over flights R and directions.

Flights are summed by Gauss–Legendre in 1 − e^{−R/λ}, λ the mean path, in panels that close in on
R = L. Nearer than the detector every direction of χ in V's frame has one solution; beyond it χ
must turn back within sinθ < L/R, and there are two.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from dmjax.flux.boxes import momentum
from dmjax.kinematics import two_body_energy
from dmjax.numerics import gauss_legendre, safe_divide, safe_sqrt

Scalar = Float[Array, ""]
N_SLICES = 16
NEAR = (0.0, 0.4, 0.85, 1.0)
FAR = (1.0, 1.1, 1.6, 4.0, 1e3)
ORDER = 12
"""Flights per panel. A slow V takes µs to the detector: too few flights show in fine time bins."""
N_TANGENT = 8


class Line(NamedTuple):
    """V of one energy that decays to χχ̄.

    Attributes:
        energy, mass, m_chi, other: of V, V, χ, and the χ that comes with it [MeV].
        rate: V per POT.
        phase: where in each slice of χ's cosine its delay is taken, in (0, 1).
        moments: Legendre coefficients of the V per sr in cosΨ; 1/4π alone if isotropic.
    """

    energy: Scalar
    mass: Scalar
    m_chi: Scalar
    other: Scalar
    rate: Scalar
    phase: Scalar
    moments: Float[Array, " l"]


class Motion(NamedTuple):
    """Velocity and γ of V, and χ's energy and momentum in V's frame."""

    beta: Scalar
    gamma: Scalar
    e_star: Scalar
    p_star: Scalar


class Vertices(NamedTuple):
    """Decays that send χ to the detector.

    Attributes:
        flight, r: paths of V and of χ [m].
        cos: of the angle between them; speed: β_χ.
        weight: probability times fluence factor, per unit probability of the slice.
        slot: slice of χ's cosine in V's frame.
    """

    flight: Float[Array, " n"]
    r: Float[Array, " n"]
    cos: Float[Array, " n"]
    speed: Float[Array, " n"]
    weight: Float[Array, " n"]
    slot: Int[Array, " n"]


def slice_points(line: Line) -> Float[Array, " s"]:
    """One cosine of χ in V's frame in each of the equal slices."""
    start = jnp.asarray(np.arange(N_SLICES), line.phase.dtype)
    return (start + line.phase) * 2.0 / N_SLICES - 1.0


def motion(line: Line) -> Motion:
    """Kinematics of V → χχ̄ in flight."""
    k = momentum(line.energy, line.mass)
    e_star = two_body_energy(line.mass, line.m_chi, line.other)
    return Motion(k / line.energy, line.energy / line.mass, e_star, momentum(e_star, line.m_chi))


def chi_at(line: Line, c: Array) -> tuple[Array, Array, Array]:
    """β_χ, cosθ and sinθ in the lab for the cosine c in V's frame."""
    move = motion(line)
    along = move.gamma * (move.p_star * c + move.beta * move.e_star)
    across = move.p_star * safe_sqrt(1.0 - c * c)
    k2 = jnp.maximum(along * along + across * across, (1e-3 * line.m_chi) ** 2)
    k = jnp.sqrt(k2)
    return k / jnp.sqrt(k2 + line.m_chi**2), along / k, across / k


def flights(
    breaks: tuple[float, ...], mean_path: Scalar, distance: Scalar
) -> tuple[Float[Array, " r"], Float[Array, " r"]]:
    """Flight lengths R and the probability of each, between breaks in units of the distance."""
    x, w = (jnp.asarray(a, mean_path.dtype) for a in gauss_legendre(ORDER, 0.0, 1.0))
    edges = jnp.asarray(breaks, mean_path.dtype) * distance / mean_path
    survive = jnp.exp(-edges)
    decayed = (survive[:-1] - survive[1:])[:, None] * w[None, :]
    span = jnp.diff(edges)[:, None]
    further = jnp.minimum(-jnp.log1p(x[None, :] * jnp.expm1(-span)), span)
    return (mean_path * (edges[:-1, None] + further)).ravel(), decayed.ravel()


def near_vertices(line: Line, mean_path: Scalar, distance: Scalar) -> Vertices:
    """Decays closer than the detector, one direction for every slice."""
    length, probability = flights(NEAR, mean_path, distance)

    def of_slice(c: Scalar, slot: Scalar) -> Vertices:
        speed, cos, sin = chi_at(line, c)
        root = safe_sqrt(1.0 - (length / distance * sin) ** 2)
        r = distance * root - length * cos
        each = [jnp.broadcast_to(x, length.shape) for x in (cos, speed)]
        weight = safe_divide(probability, root)
        slots = jnp.broadcast_to(slot, length.shape)
        return Vertices(length, r, each[0], each[1], weight, slots)

    slots = jnp.arange(N_SLICES, dtype=jnp.int32)
    found = jax.vmap(of_slice)(slice_points(line), slots)
    return jax.tree.map(jnp.ravel, found)


def far_vertices(line: Line, mean_path: Scalar, distance: Scalar) -> Vertices:
    """Decays beyond the detector, both solutions.

    c = c_max − (c_max + 1) z² takes up the inverse root at the tangent.
    """
    length, probability = flights(FAR, mean_path, distance)
    z, w = (jnp.asarray(x, length.dtype) for x in gauss_legendre(N_TANGENT, 0.0, 1.0))
    width = 2.0 / N_SLICES
    back = turning_cosine(motion(line), length / distance)

    def of_point(z: Scalar, w: Scalar, sign: Scalar) -> Vertices:
        c = back - (back + 1.0) * z * z
        speed, cos, sin = chi_at(line, c)
        root = safe_sqrt(1.0 - (length / distance * sin) ** 2)
        weight = probability * w / width * safe_divide(2.0 * (back + 1.0) * z, root)
        weight = jnp.where(cos < 0.0, weight, 0.0)
        slot = jnp.clip(((c + 1.0) / width).astype(jnp.int32), 0, N_SLICES - 1)
        return Vertices(length, sign * distance * root - length * cos, cos, speed, weight, slot)

    over_points = jax.vmap(of_point, in_axes=(0, 0, None))
    both = jax.vmap(over_points, in_axes=(None, None, 0))
    return jax.tree.map(jnp.ravel, both(z, w, jnp.asarray([-1.0, 1.0], z.dtype)))


def turning_cosine(move: Motion, ratio: Array) -> Array:
    """Largest cosine in V's frame with which χ from R = ratio·L > L still comes back to L.

    −[γ²ρ + t√(γ²(1 − ρ²) + t²)]/(γ² + t²), ρ = β_V/β*, t² = ratio² − 1; −1 (none) if ρ ≥ 1.
    """
    rho = move.beta * move.e_star / move.p_star
    t2 = jnp.clip(ratio * ratio - 1.0, 0.0)
    g2 = move.gamma**2
    root = safe_sqrt(t2 * (g2 * (1.0 - rho * rho) + t2))
    value = -(g2 * rho + root) / (g2 + t2)
    return jnp.where(rho < 1.0, jnp.clip(value, -1.0, 1.0), -1.0)
