"""V flies, decays, and its χ reaches the detector: Appendix B of [D20] for one V energy.

A decay at distance R from the target sends χ at angle θ to V's direction. The rigid triangle of
the two flights can be turned so that χ passes the detector at distance L, which it does after

    r = −R cosθ ± √(L² − R² sin²θ),   cosΨ = (R + r cosθ)/L,
    t = R/β_V + r/β_χ − L,            fluence × L² = D(cosΨ) / √(1 − (R/L)² sin²θ),

Ψ the angle between V and the line to the detector and D the V per sr there. Every flight with
R < L has one solution r, one with R > L two or none; R → 0 is the prompt case. χ's cosine in V's
frame is cut in slices; each keeps its own distribution of delays.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from dmjax.flux.boxes import momentum
from dmjax.numerics import gauss_legendre, safe_divide, safe_sqrt
from dmjax.units import M_PER_US

Scalar = Float[Array, ""]
N_SLICES = 16
NEAR = (0.0, 0.4, 0.85, 1.0)
FAR = (1.0, 1.1, 1.6, 4.0, 1e3)
ORDER = 5
N_TANGENT = 6


class Line(NamedTuple):
    """V of one energy and mass [MeV] that decays to χ of mass m_chi; `rate` per POT (and dE).

    `moments`: Legendre coefficients of the V per sr in cosΨ, normalised so that 1/4π is isotropic.
    """

    energy: Scalar
    mass: Scalar
    m_chi: Scalar
    rate: Scalar
    moments: Float[Array, " l"]


class Motion(NamedTuple):
    """Velocity and γ of V, and χ's energy and momentum in V's frame."""

    beta: Scalar
    gamma: Scalar
    e_star: Scalar
    p_star: Scalar


def motion(line: Line) -> Motion:
    """Kinematics of V → χχ̄ in flight."""
    k = momentum(line.energy, line.mass)
    e_star = 0.5 * line.mass
    return Motion(k / line.energy, line.energy / line.mass, e_star, momentum(e_star, line.m_chi))


def chi_at(line: Line, c: Array) -> tuple[Array, Array, Array]:
    """β_χ, cosθ and sinθ in the lab for the cosine c in V's frame."""
    move = motion(line)
    along = move.gamma * (move.p_star * c + move.beta * move.e_star)
    across = move.p_star * safe_sqrt(1.0 - c * c)
    k2 = jnp.maximum(along * along + across * across, (1e-3 * line.m_chi) ** 2)
    k = jnp.sqrt(k2)
    return k / jnp.sqrt(k2 + line.m_chi**2), along / k, across / k


def angular(moments: Float[Array, " l"], cosine: Array) -> Array:
    """D(cosΨ) = Σ_l moments_l P_l(cosΨ), never negative; by recurrence."""
    older, old = jnp.ones_like(cosine), cosine
    total = moments[0] * older
    for n in range(1, moments.shape[0]):
        total = total + moments[n] * old
        older, old = old, ((2 * n + 1) * cosine * old - n * older) / (n + 1)
    return jnp.clip(total, 0.0)


def prompt_chain(line: Line, c: Float[Array, " s"]) -> Float[Array, " s"]:
    """V per sr that send χ of cosine c to the detector when V does not fly."""
    _, cos, _ = chi_at(line, c)
    return angular(line.moments, cos)


def late_chain(
    line: Line,
    c: Float[Array, " s"],
    lifetime: Scalar,
    distance: Scalar,
    delays: Float[Array, " d"],
) -> Float[Array, "s d"]:
    """As `prompt_chain`, spread over the delays against light [µs], for V of proper lifetime [µs].

    Flights are summed by Gauss–Legendre in 1 − e^{−R/λ}, in panels that close in on R = L.
    """
    move = motion(line)
    mean_path = move.beta * move.gamma * lifetime * M_PER_US
    near = _near(line, c, mean_path, distance, delays)
    return near + _far(line, c, mean_path, distance, delays)


def _flights(
    breaks: tuple[float, ...], mean_path: Scalar, distance: Scalar
) -> tuple[Float[Array, " r"], Float[Array, " r"]]:
    """Flight lengths R and the probability of each, between breaks in units of the distance."""
    x, w = gauss_legendre(ORDER, 0.0, 1.0)
    x, w = jnp.asarray(x, mean_path.dtype), jnp.asarray(w, mean_path.dtype)
    edges = jnp.asarray(breaks, mean_path.dtype) * distance / mean_path
    survive = jnp.exp(-edges)
    decayed = survive[:-1, None] - survive[1:, None]
    span = jnp.diff(edges)[:, None]
    short = -jnp.log1p(-x * -jnp.expm1(-span))
    length = mean_path * (edges[:-1, None] + jnp.minimum(short, span))
    return length.ravel(), (decayed * w).ravel()


def _lateness(line, flight, r, cos, speed, weight, distance):
    """Delay against light [µs] and fluence of flights R and r."""
    beta = motion(line).beta
    late = flight * (1.0 / beta - 1.0) + r * (1.0 / speed - 1.0) + (flight + r - distance)
    return late / M_PER_US, weight * angular(line.moments, (flight + r * cos) / distance)


def _on_delays(
    delays: Float[Array, " d"],
    late: Float[Array, " n"],
    amount: Float[Array, " n"],
    slot: Int[Array, " n"],
    slots: int,
) -> Float[Array, "slots d"]:
    """Share each amount between the two nodes about its delay; what comes later than all is lost."""
    i = jnp.clip(jnp.searchsorted(delays, late, side="right") - 1, 0, delays.shape[0] - 2)
    share = (late - delays[i]) / (delays[i + 1] - delays[i])
    amount = jnp.where(share <= 1.0, amount, 0.0)
    share = jnp.clip(share, 0.0, 1.0)
    empty = jnp.zeros((slots, delays.shape[0]), amount.dtype)
    return empty.at[slot, i].add(amount * (1.0 - share)).at[slot, i + 1].add(amount * share)


def _near(line, c, mean_path, distance, delays):
    """Decays closer than the detector: one solution for every slice."""
    length, probability = _flights(NEAR, mean_path, distance)

    def of_slice(c_i):
        speed, cos, sin = chi_at(line, c_i)
        root = safe_sqrt(1.0 - (length / distance * sin) ** 2)
        weight = safe_divide(probability, root)
        r = distance * root - length * cos
        return _lateness(line, length, r, cos, speed, weight, distance)

    late, amount = jax.vmap(of_slice)(c)
    slot = jnp.repeat(jnp.arange(c.shape[0], dtype=jnp.int32), length.shape[0])
    return _on_delays(delays, late.ravel(), amount.ravel(), slot, c.shape[0])


def _far(line, c, mean_path, distance, delays):
    """Decays beyond the detector: χ must turn back, within sinθ < L/R; both solutions.

    c = c_max − (c_max + 1) z² takes up the inverse root at the tangent.
    """
    length, probability = _flights(FAR, mean_path, distance)
    z, w = (jnp.asarray(x, length.dtype) for x in gauss_legendre(N_TANGENT, 0.0, 1.0))
    width = 2.0 / c.shape[0]

    def of_point(z_i, w_i):
        back = turning_cosine(motion(line), length / distance)
        cosine = back - (back + 1.0) * z_i * z_i
        speed, cos, sin = chi_at(line, cosine)
        root = safe_sqrt(1.0 - (length / distance * sin) ** 2)
        weight = probability * w_i / width * safe_divide(2.0 * (back + 1.0) * z_i, root)
        weight = jnp.where(cos < 0.0, weight, 0.0)
        slot = jnp.clip(((cosine + 1.0) / width).astype(jnp.int32), 0, c.shape[0] - 1)
        return slot, [
            (sign * distance * root - length * cos, cos, speed, weight) for sign in (-1.0, 1.0)
        ]

    slot, solutions = jax.vmap(of_point)(z, w)
    total = jnp.zeros((c.shape[0], delays.shape[0]), c.dtype)
    for r, cos, speed, weight in solutions:
        flight = jnp.broadcast_to(length, r.shape)
        late, amount = _lateness(line, flight, r, cos, speed, weight, distance)
        total = total + _on_delays(delays, late.ravel(), amount.ravel(), slot.ravel(), c.shape[0])
    return total


def turning_cosine(move: Motion, ratio: Scalar) -> Scalar:
    """Largest cosine in V's frame with which χ from R = ratio·L > L still comes back to L.

    −[γ²ρ + t√(γ²(1 − ρ²) + t²)]/(γ² + t²), ρ = β_V/β*, t² = ratio² − 1; −1 (none) if ρ ≥ 1.
    """
    rho = move.beta * move.e_star / move.p_star
    t2 = jnp.clip(ratio * ratio - 1.0, 0.0)
    g2 = move.gamma**2
    root = safe_sqrt(t2 * (g2 * (1.0 - rho * rho) + t2))
    value = -(g2 * rho + root) / (g2 + t2)
    return jnp.where(rho < 1.0, jnp.clip(value, -1.0, 1.0), -1.0)


def slice_centres(dtype) -> Float[Array, " s"]:
    """Mid-points of equal slices of χ's cosine in V's frame."""
    return jnp.asarray((np.arange(N_SLICES) + 0.5) * 2.0 / N_SLICES - 1.0, dtype)
