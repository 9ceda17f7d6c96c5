"""Coherent elastic neutrino–nucleus scattering."""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from dmjax.constants import E_NU_PROMPT, G_FERMI
from dmjax.kinematics import momentum_min
from dmjax.nuclei import Nucleus, helm_form_factor
from dmjax.sources.neutrinos import E_NU_MAX, michel_nue, michel_numubar

Scalar = Float[Array, ""]
N_ENERGY_NODES = 16


def cevns(
    target: Nucleus, radius: Scalar, sin2_theta_w: float, e_nu: Scalar, t_recoil: Scalar
) -> Scalar:
    """dσ/dT for ν N → ν N [MeV⁻³].

    G_F²M/4π Q_w²F² (1 − T/E − MT/2E²), Q_w = Z(1 − 4 sin²θ_w) − N; 0 above the kinematic limit.
    (Freedman, Phys. Rev. D 9 (1974) 1389.)
    """
    q_w = target.z * (1.0 - 4.0 * sin2_theta_w) - target.n
    shape = 1.0 - t_recoil / e_nu - 0.5 * target.mass * t_recoil / (e_nu * e_nu)
    form = (q_w * helm_form_factor(target, radius, t_recoil)) ** 2
    return G_FERMI**2 * target.mass / (4.0 * jnp.pi) * form * jnp.clip(shape, 0.0)


def cevns_recoil(
    target: Nucleus, radius: Scalar, sin2_theta_w: float, t_recoil: Scalar
) -> tuple[Scalar, Scalar]:
    """Flux-weighted dσ/dT per stopped π⁺: (prompt ν_µ, delayed ν̄_µ + ν_e) [MeV⁻³].

    The Michel spectra are cubic in E, so Gauss–Legendre on [E_min(T), m_µ/2] converges fast.
    """
    prompt = cevns(target, radius, sin2_theta_w, jnp.asarray(E_NU_PROMPT, t_recoil.dtype), t_recoil)
    lowest = jnp.minimum(momentum_min(target.mass, jnp.zeros_like(t_recoil), t_recoil), E_NU_MAX)
    x, w = np.polynomial.legendre.leggauss(N_ENERGY_NODES)
    x, w = jnp.asarray(x, t_recoil.dtype), jnp.asarray(w, t_recoil.dtype)
    half = 0.5 * (E_NU_MAX - lowest)
    energy = lowest + half * (1.0 + x)
    sigma = jax.vmap(cevns, in_axes=(None, None, None, 0, None))(
        target, radius, sin2_theta_w, energy, t_recoil
    )
    spectrum = michel_numubar(energy) + michel_nue(energy)
    return prompt, half * jnp.dot(w, spectrum * sigma)
