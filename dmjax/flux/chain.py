"""V flies, decays, and its χ reaches the detector: Appendix B of [D20] for one V energy.

A decay at distance R from the target sends χ at angle θ to V's direction. The rigid triangle of
the two flights can be turned so that χ passes the detector at distance L, which it does after

    r = −R cosθ ± √(L² − R² sin²θ),   cosΨ = (R + r cosθ)/L,
    t = R/β_V + r/β_χ − L,            fluence × L² = D(cosΨ) / √(1 − (R/L)² sin²θ),

Ψ the angle between V and the line to the detector and D the V per sr there; R → 0 is the prompt
case. χ's cosine in V's frame is cut in slices; each keeps its own distribution of delays.
"""

import jax.numpy as jnp
from jaxtyping import Array, Float

from dmjax.flux.vertices import (
    N_SLICES,
    Line,
    Vertices,
    chi_at,
    far_vertices,
    motion,
    near_vertices,
    slice_points,
)
from dmjax.units import M_PER_US

Scalar = Float[Array, ""]


def angular(moments: Float[Array, " l"], cosine: Array) -> Array:
    """D(cosΨ) = Σ_l moments_l P_l(cosΨ), never negative; by recurrence."""
    older, old = jnp.ones_like(cosine), cosine
    total = moments[0] * older
    for n in range(1, moments.shape[0]):
        total = total + moments[n] * old
        older, old = old, ((2 * n + 1) * cosine * old - n * older) / (n + 1)
    return jnp.clip(total, 0.0)


def prompt_chain(line: Line) -> Float[Array, " s"]:
    """V per sr that send χ of each slice to the detector when V does not fly."""
    _, cos, _ = chi_at(line, slice_points(line))
    return angular(line.moments, cos)


def late_chain(
    line: Line, lifetime: Scalar, distance: Scalar, delays: Float[Array, " d"]
) -> Float[Array, "s d"]:
    """As `prompt_chain`, spread over delays against light [µs], for a proper lifetime [µs]."""
    move = motion(line)
    mean_path = move.beta * move.gamma * lifetime * M_PER_US
    near = near_vertices(line, mean_path, distance)
    far = far_vertices(line, mean_path, distance)
    v = Vertices(*(jnp.concatenate(pair) for pair in zip(near, far, strict=True)))
    behind = v.flight * (1.0 / move.beta - 1.0) + v.r * (1.0 / v.speed - 1.0)
    late = (behind + v.flight + v.r - distance) / M_PER_US
    amount = v.weight * angular(line.moments, (v.flight + v.r * v.cos) / distance)
    return _on_delays(delays, late, amount, v.slot)


def _on_delays(
    delays: Float[Array, " d"],
    late: Float[Array, " n"],
    amount: Float[Array, " n"],
    slot: Array,
) -> Float[Array, "s d"]:
    """Share each amount between the two nodes about its delay; later than all of them is lost."""
    i = jnp.clip(jnp.searchsorted(delays, late, side="right") - 1, 0, delays.shape[0] - 2)
    share = (late - delays[i]) / (delays[i + 1] - delays[i])
    amount = jnp.where(share <= 1.0, amount, 0.0)
    share = jnp.clip(share, 0.0, 1.0)
    empty = jnp.zeros((N_SLICES, delays.shape[0]), amount.dtype)
    return empty.at[slot, i].add(amount * (1.0 - share)).at[slot, i + 1].add(amount * share)
