"""Two-body decays of V: partial widths, branching ratios, lifetime.

Tree level. Every rate is κ² M × a number of order one; κ_f² and α_D are pulled out as logarithms
and only their ratio is exponentiated, so that float32 holds for any coupling. Hadronic modes are
neglected: above 2m_π (or m_π for a current with isoscalar part, V → π⁰γ) total widths are too small
and the branching ratios listed here too large, by the measured R ratio in the dark-photon case.
"""

import math

import jax.numpy as jnp
from jaxtyping import Array, Float

from dmjax.constants import M_ELECTRON, M_MUON, M_TAU
from dmjax.errors import unknown_name
from dmjax.models.vector import VectorMediator, heavier_mass
from dmjax.numerics import safe_divide, safe_sqrt
from dmjax.units import HBAR_MEV_NS

Scalar = Float[Array, ""]
DARK = "chi"
FERMION_MASSES = {
    "electron": M_ELECTRON,
    "muon": M_MUON,
    "tau": M_TAU,
    "nu_e": 0.0,
    "nu_mu": 0.0,
    "nu_tau": 0.0,
}
"""Final states f f̄ and their masses [MeV]."""


def _dark_shape(v: VectorMediator, mass: Scalar) -> Scalar:
    """Γ(V → χχ̄)/(α_D M)."""
    total, difference = v.m_chi + heavier_mass(v), v.splitting
    beta2 = 1.0 - (total / mass) ** 2
    beta = safe_sqrt(beta2)
    if v.dm == "scalar":
        return beta**3 / 12.0
    if v.dm == "majorana":
        return beta**3 / 6.0
    narrow = safe_sqrt(1.0 - (difference / mass) ** 2) ** 3
    return beta * narrow * (1.0 + 0.5 * (total / mass) ** 2) / 3.0


def chi_width(v: VectorMediator, mass: Scalar | None = None) -> Scalar:
    """Width of V, at invariant mass M, into its dark pair.

    Γ = α_D M/3 (1 + 2r²)β (Dirac), α_D M/12 β³ (complex scalar), α_D M/6 β³ (Majorana), r = m_χ/M,
    β² = 1 − 4r². Pseudo-Dirac, Σ = 2m_χ + Δ:
    Γ = α_D M/3 (1 + Σ²/2M²)(1 − Σ²/M²)^½ (1 − Δ²/M²)^{3/2}, exact in Δ.
    ([D20] Eq. 2.4 prints 1 + r² for Dirac; the tree-level result is 1 + 2r².)

    Args:
        v: masses, spin, α_D.
        mass: invariant mass √s of the pair [MeV]; None: m_V.

    Returns:
        [MeV]; exactly 0 with zero gradient at and below threshold.

    >>> from dmjax.models import mediator
    >>> round(float(chi_width(mediator("dark-photon", 75.0, 25.0, eps=1e-4))), 3)
    11.387
    """
    mass = v.m_v if mass is None else mass
    return jnp.exp(v.log_alpha_d) * mass * _dark_shape(v, mass)


def _fermion_shape(v: VectorMediator, fermion: str, mass: Scalar) -> Scalar:
    """Γ(V → f f̄)/(κ_f² M)."""
    if fermion not in FERMION_MASSES:
        raise unknown_name("fermion", fermion, FERMION_MASSES)
    charge = getattr(v.charges, fermion)
    factor = charge * charge / (12.0 * math.pi)
    m_f = FERMION_MASSES[fermion]
    if m_f == 0.0:
        return 0.5 * factor * jnp.ones_like(mass)
    ratio2 = (m_f / mass) ** 2
    return factor * (1.0 + 2.0 * ratio2) * safe_sqrt(1.0 - 4.0 * ratio2)


def fermion_width(v: VectorMediator, fermion: str, mass: Scalar | None = None) -> Scalar:
    """Width of V, at invariant mass M, into a lepton pair.

    Γ = (κ_f x_f)² M/12π (1 + 2m_f²/M²)√(1 − 4m_f²/M²); half of it at m_f = 0 for a neutrino,
    which is left-handed.

    Args:
        v: charges and κ_f.
        fermion: a key of `FERMION_MASSES`.
        mass: invariant mass of the pair [MeV]; None: m_V.

    Returns:
        [MeV]; exactly 0 with zero gradient at and below threshold.

    >>> from dmjax.models import mediator
    >>> round(1e6 * float(fermion_width(mediator("b-l", 75.0, 25.0, g=1e-3), "nu_mu")), 4)
    0.9947
    """
    mass = v.m_v if mass is None else mass
    return jnp.exp(2.0 * v.log_kappa) * mass * _fermion_shape(v, fermion, mass)


def _scaled_widths(v: VectorMediator, mass: Scalar) -> tuple[Scalar, dict[str, Scalar]]:
    """(ln s, Γ_i/s) with s the larger of κ_f² and α_D."""
    log_scale = jnp.maximum(2.0 * v.log_kappa, v.log_alpha_d)
    visible = jnp.exp(2.0 * v.log_kappa - log_scale) * mass
    dark = jnp.exp(v.log_alpha_d - log_scale) * mass
    widths = {name: visible * _fermion_shape(v, name, mass) for name in FERMION_MASSES}
    return log_scale, {DARK: dark * _dark_shape(v, mass), **widths}


def unit_widths(v: VectorMediator) -> tuple[Scalar, Scalar]:
    """(Γ into leptons at κ_f = 1, Γ into χχ̄) at m_V [MeV]; hadronic modes are neglected."""
    shapes = [_fermion_shape(v, name, v.m_v) for name in FERMION_MASSES]
    return v.m_v * sum(shapes), chi_width(v)


def total_width(v: VectorMediator, mass: Scalar | None = None) -> Scalar:
    """Sum of all two-body widths of V at invariant mass M [MeV]; None: m_V.

    Hadronic modes are neglected; `v.lifetime` is not used.
    """
    log_scale, widths = _scaled_widths(v, v.m_v if mass is None else mass)
    return jnp.exp(log_scale) * sum(widths.values())


def branching_ratios(v: VectorMediator) -> dict[str, Scalar]:
    """Γ_i/Γ for "chi" and every lepton; all 0 where no channel is open.

    >>> from dmjax.models import mediator
    >>> b = branching_ratios(mediator("leptophobic", 75.0, 25.0, g=1e-3, alpha_d=1e-9))
    >>> round(float(sum(b.values())), 6), b["muon"].item()
    (1.0, 0.0)
    """
    _, widths = _scaled_widths(v, v.m_v)
    total = jnp.asarray(sum(widths.values()))
    return {name: safe_divide(width, total) for name, width in widths.items()}


def lifetime_ns(v: VectorMediator) -> Scalar:
    """Proper lifetime of V [ns]: `v.lifetime` where given, else ħ/Γ.

    Infinite, with zero gradient, where no channel is open. In the laboratory multiply by γ.

    >>> from dmjax.models import double_mediator
    >>> round(float(lifetime_ns(double_mediator(30.0, eps=1e-6).producer)), 1)
    33.1
    """
    if v.lifetime is not None:
        return v.lifetime
    log_scale, widths = _scaled_widths(v, v.m_v)
    total = jnp.asarray(sum(widths.values()))
    open_channel = total > 0
    log_total = log_scale + jnp.log(jnp.where(open_channel, total, 1.0))
    return jnp.where(open_channel, jnp.exp(math.log(HBAR_MEV_NS) - log_total), jnp.inf)
