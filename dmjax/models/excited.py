"""χ₂ of pseudo-Dirac dark matter: as what flies and scatters, and how it decays.

V couples χ₁ to χ₂ alone, so each V → χ₁χ₂ makes one of either. What holds for χ₁, of mass m_χ
and splitting Δ, holds for χ₂ with m_χ + Δ and −Δ.
"""

import math

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from dmjax.models.vector import VectorMediator, heavier_mass
from dmjax.models.widths import FERMION_MASSES
from dmjax.numerics import gauss_legendre, safe_sqrt
from dmjax.units import HBAR_MEV_NS

Scalar = Float[Array, ""]
N_NODES = 24


def excited(v: VectorMediator) -> VectorMediator:
    """V as χ₂ meets it: m_χ is that of χ₂, and χ₁ is lighter by the splitting, now −Δ.

    >>> from dmjax.models import mediator
    >>> v = mediator("dark-photon", 60.0, 10.0, eps=1e-4, dm="pseudo-dirac", splitting=3.0)
    >>> float(excited(v).m_chi), float(heavier_mass(excited(v)))
    (13.0, 10.0)
    """
    swapped = heavier_mass(v), -v.splitting
    return eqx.tree_at(lambda one: (one.m_chi, one.splitting), v, swapped)


def excited_width(v: VectorMediator) -> Scalar:
    """Γ(χ₂ → χ₁ f f̄) of all leptons, at rest, or Γ(χ₂ → χ₁ V) where that is open.

    Γ = (1/π) ∫ ds Γ(χ₂ → χ₁ V_s) √s Γ_f(√s)/(s − m_V²)², 4m_f² < s < Δ², with
    Γ(χ₂ → χ₁ V_s) = α_D p (Δ² − s)(2 + Σ²/s)/2m₂², p = √[(Σ² − s)(Δ² − s)]/2m₂, Σ = m₁ + m₂.
    Tree level, exact in every mass; hadrons are neglected. For Δ ≪ m_χ and m_f = 0 it is
    4ε²αα_DΔ⁵/15πm_V⁴ (dark photon, one lepton).

    Args:
        v: mediator with splitting Δ ≥ 0, as χ₁ meets it.

    Returns:
        [MeV]; exactly 0 with zero gradient where Δ is below every threshold.

    >>> from dmjax.models import mediator
    >>> v = mediator("dark-photon", 600.0, 200.0, eps=1e-4, dm="pseudo-dirac", splitting=20.0)
    >>> limit = 4.0 * 1e-8 * 0.5 * 20.0**5 / (137.036 * 15.0 * math.pi * 600.0**4)
    >>> round(float(excited_width(v)) / limit, 3)
    0.863
    """
    top, m_2 = v.splitting**2, heavier_mass(v)
    total2 = (v.m_chi + m_2) ** 2
    angle, weight = (jnp.asarray(x, top.dtype) for x in gauss_legendre(N_NODES, 0.0, 0.5 * np.pi))
    rising, bent = jnp.sin(angle) ** 2, weight * jnp.sin(2.0 * angle)
    virtual = v.splitting < v.m_v
    summed = jnp.zeros_like(top)
    for name, mass in FERMION_MASSES.items():
        charge = getattr(v.charges, name)
        low = 4.0 * mass * mass
        span = jnp.clip(top - low, 0.0)
        s = low + span * rising
        speed = safe_sqrt(1.0 - low / s) * (1.0 + 0.5 * low / s) if mass else 0.5
        off_shell = jnp.where(virtual, v.m_v**2 - s, 1.0)
        momentum = safe_sqrt((total2 - s) * (top - s)) / (2.0 * m_2)
        shape = momentum * (top - s) * (2.0 * s + total2) * speed / off_shell**2
        summed = summed + charge * charge * span * (bent @ shape)
    visible = jnp.exp(2.0 * v.log_kappa + v.log_alpha_d) / (24.0 * math.pi**2)
    three = jnp.where(virtual, visible * summed / m_2**2, 0.0)
    return three + _onto_shell(v, total2, m_2)


def _onto_shell(v: VectorMediator, total2: Scalar, m_2: Scalar) -> Scalar:
    """Γ(χ₂ → χ₁ V); 0 where V is heavier than the splitting."""
    s, top = v.m_v**2, v.splitting**2
    gap = jnp.clip(top - s, 0.0)
    momentum = safe_sqrt(jnp.clip(total2 - s, 0.0) * gap) / (2.0 * m_2)
    return jnp.exp(v.log_alpha_d) * momentum * gap * (2.0 + total2 / s) / (2.0 * m_2**2)


def excited_lifetime_ns(v: VectorMediator) -> Scalar:
    """Proper lifetime ħ/Γ of χ₂ [ns]; infinite, with zero gradient, where it cannot decay."""
    width = excited_width(v)
    decays = width > 0.0
    return jnp.where(decays, HBAR_MEV_NS / jnp.where(decays, width, 1.0), jnp.inf)
