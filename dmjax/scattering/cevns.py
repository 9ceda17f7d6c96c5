"""Coherent elastic neutrino–nucleus scattering."""

import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float

from dmjax.constants import G_FERMI
from dmjax.nuclei import Nucleus, helm_form_factor
from dmjax.scattering.nsi import Nsi, weak_charge_squared

Scalar = Float[Array, ""]


def cevns(
    target: Nucleus,
    radius: Scalar,
    sin2_theta_w: ArrayLike,
    e_nu: Scalar,
    t_recoil: Scalar,
    neutrino: str = "nu_mu",
    interaction: Nsi | None = None,
) -> Scalar:
    """dσ/dT for ν N → ν N [MeV⁻³].

    G_F²M/4π Q_w²F² (1 − T/E − MT/2E²); 0 above the kinematic limit. (Freedman, Phys. Rev. D 9
    (1974) 1389.)

    Args:
        target: nucleus.
        radius: rms radius of the one form factor F of protons and neutrons [fm].
        sin2_theta_w: weak mixing angle in Q_w = Z(1 − 4 sin²θ_w) − N.
        e_nu, t_recoil: neutrino and recoil energy [MeV].
        neutrino, interaction: see `weak_charge_squared`; without NSI all flavours are alike.
    """
    charge2 = weak_charge_squared(target, neutrino, interaction, sin2_theta_w, t_recoil)
    shape = 1.0 - t_recoil / e_nu - 0.5 * target.mass * t_recoil / (e_nu * e_nu)
    form2 = charge2 * helm_form_factor(target, radius, t_recoil) ** 2
    return G_FERMI**2 * target.mass / (4.0 * jnp.pi) * form2 * jnp.clip(shape, 0.0)
