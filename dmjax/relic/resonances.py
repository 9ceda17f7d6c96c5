"""Hadrons below 0.36 GeV, where the measured R ratio is too coarse: ρ → ππ, ω → π⁰γ; and ω, φ."""

import math
from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float

from dmjax.constants import ALPHA_EM, M_KAON, M_PI0, M_PION
from dmjax.numerics import safe_sqrt

Scalar = Float[Array, ""]
M_RHO, WIDTH_RHO = 775.26, 147.4
"""[MeV] (PDG 2020)."""


class Resonance(NamedTuple):
    """A narrow vector meson.

    Attributes:
        mass, width: [MeV].
        electrons: Γ(e⁺e⁻) [MeV].
        radiative: branching ratio into π⁰γ.
        hadronic: branching ratio into its other hadrons, 3π or KK̄ and 3π.
        threshold: of those [MeV].
        power: of √s less the threshold, in their width.
    """

    mass: float
    width: float
    electrons: float
    radiative: float
    hadronic: float
    threshold: float
    power: float


OMEGA = Resonance(782.66, 8.68, 6.41e-4, 0.0834, 0.892, 3.0 * M_PION, 4.0)
PHI = Resonance(1019.461, 4.249, 1.266e-3, 0.0013, 0.985, 2.0 * M_KAON, 1.5)
"""PDG 2022; phase space of 3π near its threshold rises as (√s − 3m_π)⁴, that of KK̄ as p³."""


def resonance_ratio(one: Resonance, q: Scalar) -> Scalar:
    """R of a narrow vector meson: 9 Γ_ee m³ Γ_h(q)/(α² q |D|²), |D|² = (q² − m²)² + m²Γ².

    Vector dominance with a photon–meson coupling that does not run; the width into π⁰γ runs as p³.

    Args:
        one: the meson.
        q: √s [MeV].

    Returns:
        σ(e⁺e⁻ → its hadrons)/(4πα²/3s); 0 below m_π⁰.

    >>> round(float(resonance_ratio(OMEGA, jnp.asarray(782.66))), 1)
    12.2
    """
    momentum = (1.0 - (M_PI0 / q) ** 2) * q
    at_mass = (1.0 - (M_PI0 / one.mass) ** 2) * one.mass
    light = one.radiative * jnp.where(q > M_PI0, momentum / at_mass, 0.0) ** 3
    above = jnp.clip(q - one.threshold, 0.0) / (one.mass - one.threshold)
    width = one.width * (light + one.hadronic * safe_sqrt(above) ** (2.0 * one.power))
    distance = (q * q - one.mass**2) ** 2 + (one.mass * one.width) ** 2
    return 9.0 * one.electrons * one.mass**3 * width / (ALPHA_EM**2 * q * distance)


def _loop(k, q):
    """(2/π)(k/q) ln[(q + 2k)/2m_π]."""
    return 2.0 / math.pi * k / q * jnp.log((q + 2.0 * k) / (2.0 * M_PION))


def pion_form_factor(q: Scalar) -> Scalar:
    """|F_π|² of Gounaris and Sakurai with the ρ alone, at √s = q ≥ 2m_π.

    F = (m² + d mΓ)/(m² − s + f(s) − imΓ(s)), Γ(s) = Γ (k/k_ρ)³ m/√s.

    Args:
        q: [MeV]; below 2m_π its value at the threshold.

    Returns:
        |F_π(q²)|². From 0.44 GeV to the ρ it is 7–9 % below data.

    Source: Gounaris, Sakurai, Phys. Rev. Lett. 21 (1968) 244.

    >>> round(float(pion_form_factor(jnp.asarray(300.0))), 2)
    1.42
    """
    m, mass2 = M_RHO, M_RHO**2
    k_rho = math.sqrt(0.25 * mass2 - M_PION**2)
    log_rho = math.log((m + 2.0 * k_rho) / (2.0 * M_PION))
    h_rho = 2.0 / math.pi * k_rho / m * log_rho
    slope = h_rho * (0.125 / k_rho**2 - 0.5 / mass2) + 0.5 / (math.pi * mass2)
    d = 3.0 / math.pi * (M_PION / k_rho) ** 2 * log_rho
    d += 0.5 * m / (math.pi * k_rho) - m * M_PION**2 / (math.pi * k_rho**3)
    q = jnp.maximum(q, 2.0 * M_PION)
    k = safe_sqrt(0.25 * q * q - M_PION**2)
    s = q * q
    real = k * k * (_loop(k, q) - h_rho) + (mass2 - s) * k_rho**2 * slope
    real = mass2 - s + WIDTH_RHO * mass2 / k_rho**3 * real
    imaginary = m * WIDTH_RHO * (k / k_rho) ** 3 * m / q
    return (mass2 + d * m * WIDTH_RHO) ** 2 / (real * real + imaginary * imaginary)


def pion_ratio(q: Scalar) -> Scalar:
    """R of e⁺e⁻ → π⁺π⁻: ¼(1 − 4m_π²/s)^{3/2} |F_π|²; 0, with gradient 0, at and below threshold."""
    speed = safe_sqrt(1.0 - (2.0 * M_PION / q) ** 2)
    return 0.25 * speed**3 * pion_form_factor(q)
