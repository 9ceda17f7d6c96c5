"""Finite width of V: its Breit–Wigner in s = m_χχ², sampled and integrated."""

import numpy as np
from scipy.integrate import quad

from .constants import CAPTURE_LIMIT, M_PI0

Array = float | np.ndarray


def chi_width(mass: Array, m_chi: float, alpha_d: float, dm: str) -> Array:
    """Γ(V → χχ̄) [MeV]: κ_D² m/12π (1 + 2r²)√(1−4r²) (dirac), κ_D² m/48π (1−4r²)^{3/2} (scalar)."""
    speed = np.sqrt(np.maximum(1 - 4 * m_chi**2 / mass**2, 0.0))
    if dm == "scalar":
        return alpha_d * mass / 12 * speed**3
    return alpha_d * mass / 3 * (1 + 2 * m_chi**2 / mass**2) * speed


def line_shape(s: Array, m_v: float, m_chi: float, alpha_d: float, dm: str) -> Array:
    """(1/π) √s Γ(√s)/[(s − m_V²)² + m_V²Γ_V²], Γ_V = Γ(m_V) the χχ̄ width alone."""
    width = chi_width(m_v, m_chi, alpha_d, dm)
    peak = (s - m_v**2) ** 2 + (m_v * width) ** 2
    return np.sqrt(s) * chi_width(np.sqrt(s), m_chi, alpha_d, dm) / peak / np.pi


def sample_mass(
    rng: np.random.Generator,
    m_v: float,
    m_chi: float,
    alpha_d: float,
    dm: str,
    s_max: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """√s for each s_max, from the Lorentzian cut to (4m_χ², s_max), and line shape over density.

    s = m_V² + m_VΓ_V tan u with u uniform (stratified over the array); weight 0 where closed.
    """
    scale = m_v * chi_width(m_v, m_chi, alpha_d, dm)
    low = np.arctan((4 * m_chi**2 - m_v**2) / scale)
    high = np.maximum(np.arctan((s_max - m_v**2) / scale), low)
    strata = rng.permutation(s_max.size) + rng.random(s_max.size)
    s = m_v**2 + scale * np.tan(low + (high - low) * strata / s_max.size)
    mass = np.sqrt(np.maximum(s, 4 * m_chi**2 * (1 + 1e-12)))
    return mass, (high - low) / np.pi * mass * chi_width(mass, m_chi, alpha_d, dm) / scale


def phase_space(s: Array, channel: str) -> Array:
    """The yield factor at m_X² = s: (1 − s/m_π²)³ for pi0, a step at the limit for piminus."""
    if channel == "pi0":
        return np.maximum(1 - s / M_PI0**2, 0.0) ** 3
    return np.where(s < CAPTURE_LIMIT**2, 1.0, 0.0)


def yield_ratio(m_v: float, m_chi: float, alpha_d: float, dm: str, channel: str) -> float:
    """∫ds factor(s) line shape over factor(m_V²), by adaptive quadrature in u = arctan."""
    scale = m_v * chi_width(m_v, m_chi, alpha_d, dm)
    s_max = M_PI0**2 if channel == "pi0" else CAPTURE_LIMIT**2
    low, high = np.arctan((np.array([4 * m_chi**2, s_max]) - m_v**2) / scale)

    def integrand(u: float) -> float:
        s = m_v**2 + scale * np.tan(u)
        lorentzian = scale / ((s - m_v**2) ** 2 + scale**2)
        weight = line_shape(s, m_v, m_chi, alpha_d, dm) / lorentzian
        return float(phase_space(s, channel) * weight)

    total = quad(integrand, low, high, epsabs=0, epsrel=1e-10, limit=400)[0]
    return total / float(phase_space(m_v**2, channel))
