"""What a beam of leptons radiates on: the form factors of an atom and its nucleus."""

import equinox as eqx
from jaxtyping import Array, Float

from dmjax.constants import M_ELECTRON, M_PROTON
from dmjax.units import MEV_PER_DALTON

Scalar = Float[Array, ""]
Real = Scalar | float
SCREENING, SCREENING_INELASTIC = 111.0, 773.0
"""Of the Thomas–Fermi–Molière atom: a = 111 Z^(−1/3)/m_e, a′ = 773 Z^(−2/3)/m_e."""
NUCLEAR_SIZE_MEV2 = 0.164e6
"""d A^(2/3) [MeV²]."""
DIPOLE_MEV2 = 0.71e6
PROTON_MOMENT = 2.79


class Target(eqx.Module):
    """A material that a beam meets.

    Attributes:
        z: atomic number.
        a: mean atomic mass [u].
        x0: radiation length [g/cm²].
    """

    z: Real
    a: Real
    x0: Real


def nuclear_mass(target: Target) -> Real:
    """M = A u [MeV]."""
    return target.a * MEV_PER_DALTON


def screening_length(target: Target) -> Real:
    """a = 111 Z^(−1/3)/m_e [1/MeV], beyond which electrons hide the nucleus."""
    return SCREENING * target.z ** (-1.0 / 3.0) / M_ELECTRON


def elastic_form(target: Target, t: Scalar) -> Scalar:
    """G_el = Z² [a²t/(1 + a²t)]² (1 + t/d)⁻², d = 0.164 A^(−2/3) GeV².

    Args:
        target: the material.
        t: −q² [MeV²], above 0.

    Source: Tsai, Rev. Mod. Phys. 46 (1974) 815; Bjorken et al. arXiv:0906.0580 Eq. A18.

    >>> round(float(elastic_form(Target(82.0, 207.2, 6.37), 100.0)))
    6446
    """
    screened = screening_length(target) ** 2 * t
    inside = 1.0 + t / (NUCLEAR_SIZE_MEV2 * target.a ** (-2.0 / 3.0))
    return (target.z * screened / ((1.0 + screened) * inside)) ** 2


def inelastic_form(target: Target, t: Scalar) -> Scalar:
    """G_in = Z [a′²t/(1 + a′²t)]² [1 + t(μ_p² − 1)/4m_p²] (1 + t/0.71 GeV²)⁻⁴, m_e in a′.

    Older texts square the last bracket and have its power −8; the effect stays below 1 % here.

    Args:
        target: the material.
        t: −q² [MeV²], above 0.

    Source: arXiv:2401.06843 Eqs. B2, B3, correcting arXiv:0906.0580 Eq. A19.
    """
    length = SCREENING_INELASTIC * target.z ** (-2.0 / 3.0) / M_ELECTRON
    screened = length * length * t
    struck = 1.0 + t * (PROTON_MOMENT**2 - 1.0) / (4.0 * M_PROTON**2)
    return target.z * (screened / (1.0 + screened)) ** 2 * struck / (1.0 + t / DIPOLE_MEV2) ** 4


def form_factors(target: Target, t: Scalar) -> Scalar:
    """G = G_el + G_in at t = −q² [MeV²]."""
    return elastic_form(target, t) + inelastic_form(target, t)
