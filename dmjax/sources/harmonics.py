"""Parents in flight in every direction at once: Legendre moments of the Doppler distribution.

For a direction at angle α to the beam, η_α(v, ln g) = Σ_parents w δ(ln g − ln γ(1 − βv cosψ)) is
the density of `doppler`. Its expansion Σ_l M_l(v, ln g) P_l(cosα) follows from the addition
theorem, without a sum over azimuths:

    M_l = (2l + 1)/2 Σ_parents w P_l(cosθ) P_l(cosψ_g) g/(γβv),   cosψ_g = (1 − g/γ)/(βv),

where |cosψ_g| ≤ 1. Averaged over the circle at angle Ψ about a detector at θ_d from the beam,
P_l(cosα) becomes P_l(cosθ_d) P_l(cosΨ). The table holds M_l P_l(cosθ_d).
"""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from dmjax.sources.mesons import NeutralMesons

Scalar = Float[Array, ""]
ORDER = 16
N_SPEEDS = 49
STEP_LOG_G = 0.05


class Harmonics(eqx.Module):
    """M_l P_l(cosθ_d) on uniform grids of a = atan(k/m) ∈ (0, π/2] and ln g.

    Attributes:
        values: (a, ln g, l).
        log_g_min, step_a, step_log_g: of the grids; a starts at step_a.
        y_max: rapidity of the fastest parent.
    """

    values: Float[Array, "a g l"]
    log_g_min: Scalar
    step_a: Scalar
    step_log_g: Scalar
    y_max: Scalar


def legendre(x: np.ndarray | Array, order: int) -> list:
    """P_0(x) … P_order(x)."""
    p = [x * 0.0 + 1.0, x]
    for n in range(1, order):
        p.append(((2 * n + 1) * x * p[n] - n * p[n - 1]) / (n + 1))
    return p


def harmonics(mesons: NeutralMesons, angle: float | None) -> Harmonics:
    """Tabulate the moments for a detector at `angle` [rad]; None: all directions alike (NumPy)."""
    gamma = 1.0 + np.asarray(mesons.kinetic_energy) / float(mesons.mass)
    towards = np.array(legendre(np.asarray(mesons.cos_theta), ORDER)) * np.asarray(mesons.weight)
    y_max = float(np.arccosh(gamma.max()))
    log_g = np.arange(-y_max - 2 * STEP_LOG_G, y_max + 3 * STEP_LOG_G, STEP_LOG_G)
    a = 0.5 * np.pi * np.arange(1, N_SPEEDS) / (N_SPEEDS - 1)
    detector = np.ones(ORDER + 1) if angle is None else np.array(legendre(np.cos(angle), ORDER))
    if angle is None:
        detector[1:] = 0.0
    scale = (np.arange(ORDER + 1) + 0.5) * detector
    values = [_moments(gamma, towards, np.sin(a_i), log_g) * scale for a_i in a]
    steps = (log_g[0], a[0], STEP_LOG_G, y_max)
    return Harmonics(jnp.asarray(np.array(values), float), *(jnp.asarray(x, float) for x in steps))


def _moments(gamma: np.ndarray, towards: np.ndarray, v: float, log_g: np.ndarray) -> np.ndarray:
    """Σ_parents w P_l(cosθ) P_l(cosψ_g) averaged over each cell of ln g, (ln g, l).

    Exact cell averages: the antiderivative of P_l(c) in c, at the cell's edges cut to |c| ≤ 1.
    """
    edges = np.exp(np.concatenate([log_g - 0.5 * STEP_LOG_G, log_g[-1:] + 0.5 * STEP_LOG_G]))
    beta = np.sqrt(gamma**2 - 1.0) / gamma
    cosine = np.clip((1.0 - edges[:, None] / gamma) / (beta * v), -1.0, 1.0)
    p = legendre(cosine, ORDER + 1)
    rises = [cosine] + [(p[n + 1] - p[n - 1]) / (2 * n + 1) for n in range(1, ORDER + 1)]
    inside = -np.diff(np.array(rises), axis=1) / STEP_LOG_G
    return np.einsum("lgp,lp->gl", inside, towards)


def harmonics_at(table: Harmonics, a: Scalar, log_g: Scalar) -> Float[Array, " l"]:
    """All moments at (a, ln g): bilinear; 0 outside the parents' range in ln g."""
    n_a, n_g, _ = table.values.shape
    row = jnp.clip(a / table.step_a - 1.0, 0.0, n_a - 1.0)
    column = (log_g - table.log_g_min) / table.step_log_g
    inside = (column >= 0.0) & (column <= n_g - 1.0)
    column = jnp.where(inside, column, 0.0)
    i = jnp.clip(jnp.floor(row).astype(jnp.int32), 0, n_a - 2)
    j = jnp.clip(jnp.floor(column).astype(jnp.int32), 0, n_g - 2)
    s, t = row - i.astype(row.dtype), column - j.astype(row.dtype)
    cell = [(1 - s) * (1 - t), (1 - s) * t, s * (1 - t), s * t]
    corners = [(i, j), (i, j + 1), (i + 1, j), (i + 1, j + 1)]
    value = sum(w * table.values[c] for w, c in zip(cell, corners, strict=True))
    return jnp.where(inside, value, 0.0)
