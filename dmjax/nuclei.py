"""Target nuclei, their radii, and the Helm form factor."""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float
from particle import Particle

from dmjax.constants import M_ELECTRON
from dmjax.errors import unknown_name
from dmjax.units import HBARC_MEV_FM, MEV_PER_DALTON

Scalar = Float[Array, ""]
SKIN_FM = 0.9
"""Surface thickness s of the Helm form factor [fm]."""


class Nucleus(eqx.Module):
    """A nucleus at rest.

    Attributes:
        z, n: protons, neutrons.
        mass: nuclear mass [MeV].
        charge_radius: rms charge radius [fm] (Angeli, Marinova, ADNDT 99 (2013) 69).
        neutron_radius: rms neutron radius [fm], used as the weak radius.
        name: e.g. "Cs133".
    """

    z: int = eqx.field(static=True)
    n: int = eqx.field(static=True)
    mass: Scalar
    charge_radius: Scalar
    neutron_radius: Scalar
    name: str = eqx.field(static=True)


RADII_FM = {
    "Cs133": (55, 133, 4.804, 5.09),
    "I127": (53, 127, 4.750, 5.03),
}
"""Z, A, charge radius (Angeli–Marinova), neutron radius (nuclear shell model: Hoferichter,
Menéndez, Schwenk, Phys. Rev. D 102 (2020) 074018, as used in fits, e.g. arXiv:2303.09360)."""


def nucleus(name: str) -> Nucleus:
    """A nucleus by name; mass = atomic mass (PDG nuclear table) less its electrons.

    >>> nucleus("Cs133").n
    78
    """
    if name not in RADII_FM:
        raise unknown_name("nucleus", name, RADII_FM)
    z, a, charge, neutron = RADII_FM[name]
    mass = atomic_mass(name) - z * M_ELECTRON
    return Nucleus(z, a - z, jnp.asarray(mass), jnp.asarray(charge), jnp.asarray(neutron), name)


def atomic_mass(name: str) -> float:
    """Mass of the neutral atom [MeV]."""
    z, a, _, _ = RADII_FM[name]
    return float(Particle.from_nucleus_info(z=z, a=a).mass or a * MEV_PER_DALTON)


def matter_radius(target: Nucleus) -> Scalar:
    """rms matter radius: R_m² = (Z R_ch² + N R_n²)/A [fm]."""
    a = target.z + target.n
    return jnp.sqrt((target.z * target.charge_radius**2 + target.n * target.neutron_radius**2) / a)


def helm_form_factor(target: Nucleus, radius: Scalar, t_recoil: Scalar) -> Scalar:
    """Helm form factor F at recoil energy T.

    F = 3 j₁(qR₀)/(qR₀) e^{−q²s²/2}, q² = T² + 2MT, R₀² = 5R²/3 − 5s², s = 0.9 fm (physics: Helm
    1956; Lewin & Smith 1996). R is the rms radius [fm]; T in MeV, T ≥ 0. F(0) = 1.

    >>> cs = nucleus("Cs133")
    >>> round(float(helm_form_factor(cs, jnp.asarray(4.7), jnp.asarray(0.02))), 4)
    0.6086
    """
    q2 = (t_recoil * t_recoil + 2.0 * target.mass * t_recoil) / HBARC_MEV_FM**2
    r0_squared = 5.0 / 3.0 * radius**2 - 5.0 * SKIN_FM**2
    return _bessel_ratio(q2 * r0_squared) * jnp.exp(-0.5 * q2 * SKIN_FM**2)


def _bessel_ratio(x2: Scalar) -> Scalar:
    """3 j₁(x)/x as a function of x²: series below x = 0.3, closed form above."""
    small = x2 < 0.09
    x2_safe = jnp.where(small, 1.0, x2)
    x = jnp.sqrt(x2_safe)
    closed = 3.0 * (jnp.sin(x) - x * jnp.cos(x)) / (x * x2_safe)
    series = 1.0 - x2 / 10.0 + x2**2 / 280.0 - x2**3 / 15120.0 + x2**4 / 1330560.0
    return jnp.where(small, series, closed)
