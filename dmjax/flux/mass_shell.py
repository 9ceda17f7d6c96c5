"""The mediator's mass in production: on its shell, or spread by its width (physics: [D20] §2).

A channel open up to the invariant mass s_max gives dN/ds = N(√s) ρ(s) with

    ρ(s) = (1/π) √s Γ_χ(√s) / [(s − m_V²)² + m_V²Γ_V²],   4m_χ² < s < s_max,

and √s stands for m_V in the kinematics. ρ tends to BR(V → χχ) δ(s − m_V²) for a narrow V. Nodes
are Gauss–Legendre in x on either side of the resonance, s = m_V² + m_V Γ_V sinh x: linear in s
across it, logarithmic in its tails. Each side integrates a pure Lorentzian exactly.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from dmjax.conventions import Conventions
from dmjax.models.vector import VectorMediator, heavier_mass
from dmjax.models.widths import branching_ratios, chi_width, total_width
from dmjax.numerics import gauss_legendre, safe_divide

Scalar = Float[Array, ""]
N_NODES = 14
"""Per side of the resonance."""


class MassNodes(NamedTuple):
    """Masses at which V is produced [MeV], and the share of each: Σ weight = ∫ ρ ds."""

    mass: Float[Array, " s"]
    weight: Float[Array, " s"]


def mass_nodes(
    v: VectorMediator, m_max: float | Scalar, conventions: Conventions, n: int | None = None
) -> MassNodes:
    """Where V may sit between 2m_χ and m_max [MeV]; one node at m_V when it is narrow.

    `conventions.width`: "narrow"; "fixed": Γ_V(m_V) in the denominator; "running":
    √s Γ_V(m_V) Γ_χ(√s)/Γ_χ(m_V) instead of m_V Γ_V. Zero weight where the channel is closed, and
    where V → χχ̄ is: χ of a V that is always virtual are not counted. `n` nodes per side of the
    resonance; None: `N_NODES`.
    """
    if conventions.width == "narrow":
        return _on_shell(v, m_max)
    threshold = v.m_chi + heavier_mass(v)
    decays = threshold < v.m_v
    width = jnp.where(decays, total_width(v), v.m_v)
    scale = v.m_v * width
    low = threshold**2
    ends = [jnp.arcsinh((s - v.m_v**2) / scale) for s in (low, jnp.maximum(m_max**2, low))]
    middle = jnp.clip(0.0, ends[0], ends[1])
    n = N_NODES if n is None else n
    panels = [_panel(ends[0], middle, 2, n), _panel(middle, ends[1], 1, n)]
    x, lorentz = (jnp.concatenate(pair) for pair in zip(*panels, strict=True))
    s = jnp.maximum(v.m_v**2 + scale * jnp.sinh(x), low)
    mass = jnp.sqrt(s)
    partial = jax.vmap(chi_width, in_axes=(None, 0))(v, mass)
    if conventions.width == "running":
        running = mass * width * safe_divide(partial, chi_width(v, v.m_v))
        offset = (s - v.m_v**2) ** 2
        lorentz = lorentz * (offset + scale**2) / (offset + running**2)
    density = lorentz * mass * partial / (jnp.pi * scale)
    return MassNodes(mass, jnp.where(decays, density, 0.0))


def _panel(
    start: Scalar, stop: Scalar, power: int, n: int
) -> tuple[Float[Array, " n"], Float[Array, " n"]]:
    """∫ dx/cosh x by Gauss–Legendre in u, x = start + (stop − start) u^power.

    Scaled to the exact arctan(sinh x) at both ends. Power 2 where the width opens as a root.
    """
    nodes = gauss_legendre(n, 0.0, 1.0)
    u, w = (jnp.asarray(column, start.dtype) for column in nodes)
    x = start + (stop - start) * u**power
    weight = w * u ** (power - 1) / jnp.cosh(x)
    exact = jnp.arctan(jnp.sinh(stop)) - jnp.arctan(jnp.sinh(start))
    return x, weight * (exact / weight.sum())


def _on_shell(v: VectorMediator, m_max: float | Scalar) -> MassNodes:
    threshold = v.m_chi + heavier_mass(v)
    is_open = (v.m_v < m_max) & (threshold < v.m_v)
    safe = jnp.where(is_open, v.m_v, 0.5 * (m_max + threshold))
    return MassNodes(safe[None], jnp.where(is_open, branching_ratios(v)["chi"], 0.0)[None])
