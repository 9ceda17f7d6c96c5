"""χ on a nucleus or electron at rest: closed cross sections of a vector exchange, one T each."""

import numpy as np

from .constants import ALPHA, HBARC
from .detectors import Target

STRENGTH = (4 * np.pi) ** 2 * ALPHA * HBARC**2  # (κ_V κ_D)² over ε²α_D, in MeV² m²


def helm(recoil: np.ndarray, target: Target) -> np.ndarray:
    """F = 3 j₁(qR₀)/(qR₀) e^{−q²s²/2}, R₀² = 5R_n²/3 − 5s², s = 0.9 fm, q = √(2MT)."""
    if target.radius == 0:
        return np.ones_like(recoil)
    q = np.sqrt(2 * target.mass * np.maximum(recoil, 1e-9)) / (HBARC * 1e15)
    x = q * np.sqrt(5 * target.radius**2 / 3 - 5 * 0.9**2)
    return 3 * (np.sin(x) - x * np.cos(x)) / x**3 * np.exp(-((q * 0.9) ** 2) / 2)


def dsigma_dt(
    recoil: np.ndarray, e: np.ndarray, target: Target, m_v: float, m_chi: float, dm: str
) -> np.ndarray:
    """dσ/dT [m²/MeV] over ε²α_D, without the T_max cut; dm is "dirac" or "scalar"."""
    m = target.mass
    bracket = 2 * e * (e - recoil) - m_chi**2 * recoil / m
    if dm == "dirac":
        bracket = bracket + recoil**2 - m * recoil
    flux = 4 * np.pi * (e**2 - m_chi**2) * (2 * m * recoil + m_v**2) ** 2
    return STRENGTH * target.z**2 * helm(recoil, target) ** 2 * m * bracket / flux


def endpoint(e: np.ndarray, target: Target, m_chi: float) -> np.ndarray:
    """T_max = 2M p_χ²/(M² + m_χ² + 2M E)."""
    m = target.mass
    return 2 * m * (e**2 - m_chi**2) / (m**2 + m_chi**2 + 2 * m * e)


def sample_recoil(
    rng: np.random.Generator,
    e: np.ndarray,
    target: Target,
    m_v: float,
    m_chi: float,
    dm: str,
    window: tuple[float, float],
) -> tuple[np.ndarray, np.ndarray]:
    """One T per χ in window ∩ (0, T_max) and dσ/dT over its density ∝ (2MT + a)⁻² [m²/ε²α_D].

    a = 1/(1/m_V² + 1/60²) follows the propagator and, for heavy mediators, the form factor.
    """
    m = target.mass
    a = 1 / (1 / m_v**2 + 1 / 60**2) if target.radius else m_v**2
    low, high = window[0], np.clip(endpoint(e, target, m_chi), window[0], window[1])
    u_low, u_high = 1 / (2 * m * low + a), 1 / (2 * m * high + a)
    u = u_low + (u_high - u_low) * rng.random(e.size)
    recoil = (1 / u - a) / (2 * m)
    weight = (u_low - u_high) / (2 * m * u**2)
    return recoil, weight * dsigma_dt(recoil, e, target, m_v, m_chi, dm)
