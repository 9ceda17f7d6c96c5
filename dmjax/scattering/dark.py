"""Dark matter on a target at rest through a vector mediator: nuclei (D1) and electrons (D2)."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from dmjax.constants import M_ELECTRON
from dmjax.conventions import Conventions
from dmjax.models.charges import neutron_charge, proton_charge
from dmjax.models.vector import VectorMediator, heavier_mass, mass_gap
from dmjax.nuclei import Nucleus, Radii, coherent_amplitude, matter_radius

Scalar = Float[Array, ""]


def bracket_powers(
    v: VectorMediator, m_target: Scalar | float, k: Scalar
) -> tuple[Scalar, Scalar, float]:
    """Spin-averaged |amplitude|² of V exchange on a unit charge over 4M² × propagator, in T.

    The coefficients of 1, T and T² of, with E² = k² + m_χ² (≥ 0 inside the kinematic range),
    Dirac                2E² − 2ET + T² − MT − m_χ²T/M
    complex scalar       2E(E − T) − m_χ²T/M
    Majorana (axial)     2k² − 2ET + T² − MT + m_χ²T/M
    pseudo-Dirac 1 → 2   2E² − 2ET + T² − MT − g(2E − T)/2M − m₁m₂T/M − Δ²/2,  g = m₂² − m₁².

    On a target of spin ½; [MeV², MeV, 1].
    """
    m2 = v.m_chi * v.m_chi
    energy2 = k * k + m2
    energy = energy2**0.5
    if v.dm == "scalar":
        return 2.0 * energy2, -2.0 * energy - m2 / m_target, 0.0
    if v.dm == "majorana":
        return 2.0 * k * k, m2 / m_target - m_target - 2.0 * energy, 1.0
    if v.dm == "dirac":
        return 2.0 * energy2, -2.0 * energy - m_target - m2 / m_target, 1.0
    gap = mass_gap(v) / m_target
    constant = 2.0 * energy2 - gap * energy - 0.5 * v.splitting**2
    linear = 0.5 * gap - v.m_chi * heavier_mass(v) / m_target - m_target - 2.0 * energy
    return constant, linear, 1.0


def chi_target(v: VectorMediator, m_target: Scalar | float, k: Scalar, t: Scalar) -> Scalar:
    """dσ/dT of χ on a point target of unit charge, at κ_f = κ_D = 1 [MeV⁻³].

    dσ/dT = M × the bracket of `bracket_powers` / (4π k² (2MT + m_V²)²). Dirac: [D20] Eq. 2.6
    without its M ≫ m_χ limit, and Eq. 2.7.

    Args:
        v: masses, spin, splitting.
        m_target: M [MeV].
        k: momentum of χ [MeV], positive.
        t: kinetic recoil energy T [MeV]; the caller keeps T within `recoil_range`, where the
            formula holds; never negative beyond.

    >>> from dmjax.models import mediator
    >>> v = mediator("dark-photon", 75.0, 25.0, eps=1e-4, dm="majorana")
    >>> at_rest = jnp.asarray(0.0)
    >>> slow, fast = (float(chi_target(v, 1e5, jnp.asarray(k), at_rest)) for k in (1.0, 9.0))
    >>> round(fast / slow, 6)  # the bracket falls as k², against 1/k² of the flux factor
    1.0
    """
    propagator = 2.0 * m_target * t + v.m_v * v.m_v
    constant, linear, square = bracket_powers(v, m_target, k)
    bracket = jnp.clip(constant + t * (linear + square * t), 0.0)
    return m_target * bracket / (4.0 * jnp.pi * (k * propagator) ** 2)


def chi_nucleus(
    v: VectorMediator, target: Nucleus, radii: Radii, k: Scalar, t_recoil: Scalar
) -> Scalar:
    """dσ/dT for χ N → χ N at κ_f = κ_D = 1: (Z g_p F_p + N g_n F_n)² × `chi_target` [MeV⁻³].

    Args:
        v: masses, charges, spin.
        target: nucleus.
        radii: in the form factors, from `form_factor_radii`.
        k: momentum of χ [MeV].
        t_recoil: recoil energy [MeV]; see `chi_target`.
    """
    charges = proton_charge(v.charges), neutron_charge(v.charges)
    form = coherent_amplitude(target, radii, *charges, t_recoil)
    return form * form * chi_target(v, target.mass, k, t_recoil)


def chi_electron(v: VectorMediator, k: Scalar, t_recoil: Scalar) -> Scalar:
    """dσ/dT for χ e⁻ → χ e⁻, per electron at rest, at κ_f = κ_D = 1: x_e² × `chi_target` [MeV⁻³].

    [D20] Eq. 2.7, whose E_r,e is the total energy m_e + T, divided by its Z. Binding is neglected:
    T ≫ keV.

    >>> from dmjax.models import mediator
    >>> v = mediator("baryonic", 75.0, 25.0, g=1e-4)
    >>> float(chi_electron(v, jnp.asarray(60.0), jnp.asarray(0.1)))
    0.0
    """
    return v.charges.electron**2 * chi_target(v, M_ELECTRON, k, t_recoil)


def form_factor_radii(
    v: VectorMediator, target: Nucleus, single_radius: Scalar, conventions: Conventions
) -> Radii:
    """Radii of the nuclear current V couples to [fm].

    One R_n per detector in `d20`. Otherwise the charge radius if V couples to protons alone; if to
    neutrons too, the charge radius for protons and the neutron radius for neutrons
    (`two_term_form`) or the matter radius for both.
    """
    if conventions.single_radius:
        return Radii(single_radius)
    if abs(neutron_charge(v.charges)) <= 1e-9:
        return Radii(target.charge_radius)
    if conventions.two_term_form:
        return Radii(target.charge_radius, target.neutron_radius)
    return Radii(matter_radius(target))
