"""K⁺ → π⁺V of a dark photon."""

import math

import numpy as np
from jaxtyping import ArrayLike

from dmjax.constants import ALPHA_EM, M_KAON, M_PION, TAU_KAON_US
from dmjax.units import HBAR_MEV_NS, US_PER_NS

MOST = M_KAON - M_PION
"""Heaviest V [MeV], 354."""


def kaon_branching(m_v: ArrayLike) -> np.ndarray:
    """BR(K⁺ → π⁺V) per ε² of a dark photon.

    Γ = α ε² m² W² 4p³/(2⁹π⁴m_K⁴), W² = 10⁻¹² (3 + 6m²/m_K²), p the momentum of V; τ_K of [PDG].
    The coupling vanishes with m²: a light dark photon is not made. Only for kinetic mixing: what
    couples to baryon number is made through the anomaly, by an amount that its completion sets.

    Args:
        m_v: [MeV], any shape.

    Returns:
        Of the shape of m_v; 0 from m_K − m_π on.

    Source: arXiv:0808.2459.

    >>> [float(f"{x:.2g}") for x in kaon_branching(np.array([10.0, 100.0, 200.0]))]
    [6.5e-07, 6e-05, 0.00017]
    """
    m = np.asarray(m_v, float)
    sums = ((M_KAON + M_PION) ** 2 - m**2) * np.clip((M_KAON - M_PION) ** 2 - m**2, 0.0, None)
    momentum = np.sqrt(sums) / (2.0 * M_KAON)
    w2 = 1e-12 * (3.0 + 6.0 * (m / M_KAON) ** 2)
    width = ALPHA_EM * m**2 * w2 * 4.0 * momentum**3 / (2.0**9 * math.pi**4 * M_KAON**4)
    return width * (TAU_KAON_US / US_PER_NS) / HBAR_MEV_NS
