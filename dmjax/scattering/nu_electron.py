"""Elastic scattering of neutrinos on electrons."""

import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float

from dmjax.constants import G_FERMI, M_ELECTRON
from dmjax.errors import unknown_name
from dmjax.scattering.nsi import NEUTRINOS

Scalar = Float[Array, ""]


def nu_electron(neutrino: str, sin2_theta_w: ArrayLike, e_nu: Scalar, t_recoil: Scalar) -> Scalar:
    """dσ/dT for ν e → ν e, per electron at rest [MeV⁻³].

    2G_F²m_e/π [g_L² + g_R²(1 − T/E)² − g_L g_R m_e T/E²], g_R = s_w², g_L = s_w² − ½, + 1 for ν_e
    (charged current); L and R change places for antineutrinos. 0 above T_max =
    2E²/(m_e + 2E) ([D20] Eq. 5.3 is T_max + m_e).
    Tree level. ('t Hooft, Phys. Lett. B 37 (1971) 195.)

    Args:
        neutrino: a key of `NEUTRINOS` (static).
        sin2_theta_w: weak mixing angle.
        e_nu, t_recoil: neutrino energy and kinetic energy of the electron [MeV].

    >>> sigma = nu_electron("nu_e", 0.2386, jnp.asarray(30.0), jnp.asarray(10.0))
    >>> round(float(sigma) * 1e23, 3)
    2.522
    """
    if neutrino not in NEUTRINOS:
        raise unknown_name("neutrino", neutrino, NEUTRINOS)
    right = jnp.asarray(sin2_theta_w, t_recoil.dtype)
    left = right + (0.5 if NEUTRINOS[neutrino] == "e" else -0.5)
    if neutrino.startswith("nubar"):
        left, right = right, left
    y = t_recoil / e_nu
    bracket = left**2 + right**2 * (1.0 - y) ** 2 - left * right * M_ELECTRON * y / e_nu
    allowed = t_recoil * (M_ELECTRON + 2.0 * e_nu) <= 2.0 * e_nu * e_nu
    return jnp.where(allowed, 2.0 * G_FERMI**2 * M_ELECTRON / jnp.pi * bracket, 0.0)
