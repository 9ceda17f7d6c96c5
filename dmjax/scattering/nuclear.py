"""χ–nucleus elastic scattering through a vector mediator (D1)."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from dmjax.models.vector import VectorMediator, nuclear_charge
from dmjax.nuclei import Nucleus, helm_form_factor, matter_radius
from dmjax.profiles import Conventions

Scalar = Float[Array, ""]


def chi_nucleus(
    v: VectorMediator, target: Nucleus, radius: Scalar, k: Scalar, t_recoil: Scalar
) -> Scalar:
    """dσ/dT for χ N → χ N at κ_f = κ_D = 1 [MeV⁻³].

    dσ/dT = Q²F²M [2E² − 2ET + T² − MT − m_χ²T/M] / (4π k² (2MT + m_V²)²)  for Dirac χ,
    with M [2E(E − T) − m_χ²T/M] for a complex scalar ([D20] Eq. 2.6 without its M ≫ m_χ limit).

    Args:
        v: masses, charges and spin.
        target: nucleus.
        radius: rms radius in the form factor [fm].
        k: momentum of χ [MeV].
        t_recoil: recoil energy [MeV]; the caller keeps T ≤ T_max(k), where the formula holds;
            never negative beyond.
    """
    m, t = target.mass, t_recoil
    energy2 = k * k + v.m_chi * v.m_chi
    energy = energy2**0.5
    bracket = 2.0 * energy2 - 2.0 * energy * t - v.m_chi * v.m_chi * t / m
    if v.dm == "dirac":
        bracket = bracket + t * t - m * t
    charge = nuclear_charge(v.charges, target.z, target.n)
    form = (charge * helm_form_factor(target, radius, t)) ** 2
    propagator = (2.0 * m * t + v.m_v * v.m_v) ** 2
    return form * m * jnp.clip(bracket, 0.0) / (4.0 * jnp.pi * k * k * propagator)


def form_factor_radius(
    v: VectorMediator, target: Nucleus, single_radius: Scalar, conventions: Conventions
) -> Scalar:
    """Radius of the nuclear current V couples to [fm].

    One R_n per detector in `d20`; otherwise the charge radius if V couples to protons alone, the
    matter radius if it couples to neutrons too.
    """
    if conventions.single_radius:
        return single_radius
    neutron_charge = v.charges.up + 2.0 * v.charges.down
    return target.charge_radius if abs(neutron_charge) < 1e-9 else matter_radius(target)
