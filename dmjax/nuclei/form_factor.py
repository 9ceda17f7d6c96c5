"""Form factors: Helm's for one density, and two-term ones of protons and neutrons apart."""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float

from dmjax.nuclei.nucleus import Nucleus
from dmjax.units import HBARC_MEV_FM

Scalar = Float[Array, ""]
SKIN_FM = 0.9
"""Surface thickness s of the Helm form factor [fm]."""


class Radii(NamedTuple):
    """rms radii in the form factors of a nucleus [fm].

    Attributes:
        proton: of protons.
        neutron: of neutrons; None: one radius and one form factor for both.
    """

    proton: Scalar
    neutron: Scalar | None = None


def matter_radius(target: Nucleus) -> Scalar:
    """rms matter radius: R_m² = (Z R_ch² + N R_n²)/A [fm]."""
    a = target.z + target.n
    return jnp.sqrt((target.z * target.charge_radius**2 + target.n * target.neutron_radius**2) / a)


def helm_form_factor(target: Nucleus, radius: Scalar, t_recoil: Scalar) -> Scalar:
    """Helm form factor F at recoil energy T.

    F = 3 j₁(qR₀)/(qR₀) e^{−q²s²/2}, q² = T² + 2MT, R₀² = 5R²/3 − 5s², s = 0.9 fm (physics: Helm
    1956; Lewin & Smith 1996). R is the rms radius [fm]; T in MeV, T ≥ 0. F(0) = 1. A radius of
    √3 s = 1.56 fm or less leaves no sphere (hydrogen): then the dipole (1 + q²R²/12)⁻² of the
    same radius, which is a nucleon's.

    >>> from dmjax.nuclei import nucleus
    >>> round(float(helm_form_factor(nucleus("Cs133"), jnp.asarray(4.7), jnp.asarray(0.02))), 4)
    0.6086
    """
    q2 = (t_recoil * t_recoil + 2.0 * target.mass * t_recoil) / HBARC_MEV_FM**2
    r0_squared = 5.0 / 3.0 * radius**2 - 5.0 * SKIN_FM**2
    sphere = r0_squared > 0.0
    bessel = _bessel_ratio(q2 * jnp.where(sphere, r0_squared, 1.0))
    helm = bessel * jnp.exp(-0.5 * q2 * SKIN_FM**2)
    return jnp.where(sphere, helm, (1.0 + q2 * radius**2 / 12.0) ** -2)


def coherent_amplitude(
    target: Nucleus, radii: Radii, g_proton: float, g_neutron: float, t_recoil: Scalar
) -> Scalar:
    """Amplitude of a vector current on a whole nucleus: Z g_p F_p + N g_n F_n.

    A form factor of charges of both signs is this over Z g_p + N g_n, which may be small or 0:
    so nothing is divided here. Helm form factors; with one radius (Z g_p + N g_n) F.

    Args:
        target: nucleus.
        radii: of protons and neutrons.
        g_proton, g_neutron: charges of a proton and of a neutron.
        t_recoil: [MeV].

    >>> from dmjax.nuclei import nucleus
    >>> argon, t = nucleus("Ar40"), jnp.asarray(0.1)
    >>> two = Radii(argon.charge_radius, argon.neutron_radius)
    >>> mixed = coherent_amplitude(argon, two, -2.0, 2.0, t)
    >>> round(float((mixed / 8.0 / helm_form_factor(argon, matter_radius(argon), t)) ** 2), 2)
    0.72
    """
    protons = helm_form_factor(target, radii.proton, t_recoil)
    if radii.neutron is None:
        return (target.z * g_proton + target.n * g_neutron) * protons
    neutrons = helm_form_factor(target, radii.neutron, t_recoil)
    return target.z * g_proton * protons + target.n * g_neutron * neutrons


def _bessel_ratio(x2: Scalar) -> Scalar:
    """3 j₁(x)/x as a function of x²: series below x = 0.3, closed form above."""
    small = x2 < 0.09
    x2_safe = jnp.where(small, 1.0, x2)
    x = jnp.sqrt(x2_safe)
    closed = 3.0 * (jnp.sin(x) - x * jnp.cos(x)) / (x * x2_safe)
    series = 1.0 - x2 / 10.0 + x2**2 / 280.0 - x2**3 / 15120.0 + x2**4 / 1330560.0
    return jnp.where(small, series, closed)
