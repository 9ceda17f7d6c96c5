"""Coherent elastic neutrino–nucleus scattering."""

import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float

from dmjax.constants import G_FERMI
from dmjax.conventions import Conventions
from dmjax.nuclei import Nucleus, Radii, helm_form_factor
from dmjax.scattering.nsi import Nsi, weak_charge_squared

Scalar = Float[Array, ""]


def weak_radii(target: Nucleus, single_radius: Scalar, conventions: Conventions) -> Radii:
    """Radii in CEvNS [fm]: one R_n per detector, protons and neutrons apart, or the neutrons'."""
    if conventions.single_radius:
        return Radii(single_radius)
    if conventions.two_term_form:
        return Radii(target.charge_radius, target.neutron_radius)
    return Radii(target.neutron_radius)


def cevns(
    target: Nucleus,
    radii: Radii,
    sin2_theta_w: ArrayLike,
    e_nu: Scalar,
    t_recoil: Scalar,
    neutrino: str = "nu_mu",
    interaction: Nsi | None = None,
    radiative: bool = False,
) -> Scalar:
    """dσ/dT for ν N → ν N [MeV⁻³].

    G_F²M/4π (Q_w F)² (1 − T/E − MT/2E²), Q_w F = 2(Z g_p F_p + N g_n F_n); 0 above T =
    2E²/(M + 2E) ([D20] Eq. 5.2). (Freedman, Phys. Rev. D 9 (1974) 1389.)

    Args:
        target: nucleus.
        radii: in the form factors of protons and neutrons, from `weak_radii`.
        sin2_theta_w: weak mixing angle.
        e_nu, t_recoil: neutrino and recoil energy [MeV].
        neutrino, interaction, radiative: see `weak_charge_squared`.
    """
    protons = helm_form_factor(target, radii.proton, t_recoil)
    if radii.neutron is None:
        numbers, common = (target.z, target.n), protons
    else:
        neutrons = helm_form_factor(target, radii.neutron, t_recoil)
        numbers, common = (target.z * protons, target.n * neutrons), 1.0
    charge2 = weak_charge_squared(
        target, neutrino, interaction, sin2_theta_w, t_recoil, radiative, numbers
    )
    shape = 1.0 - t_recoil / e_nu - 0.5 * target.mass * t_recoil / (e_nu * e_nu)
    form2 = charge2 * common**2
    return G_FERMI**2 * target.mass / (4.0 * jnp.pi) * form2 * jnp.clip(shape, 0.0)
