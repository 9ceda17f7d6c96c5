"""|M|² from explicit 4×4 γ matrices, recoils sampled in the centre-of-mass frame.

χ(k) f(p) → χ₂(k₂) f(p₂) by a vector of mass m_V; f is a Dirac particle of mass M at rest. Amplitude
κ_f κ_D ū(p₂)γ_µu(p) · J^µ / (t − m_V²), averaged over the initial spins, with J^µ
    dirac, pseudo-dirac  ū(k₂)γ^µ u(k)        (pseudo-dirac: χ₂ heavier by `gap`)
    majorana             ū(k₂)γ^µγ⁵ u(k)      (the coupling (κ_D/2) V_µ χ̄γ^µγ⁵χ)
    scalar               (k + k₂)^µ
"""

import numpy as np

from .constants import ALPHA, HBARC
from .detectors import Target
from .scattering import helm

METRIC = np.array([1.0, -1.0, -1.0, -1.0])
SIGMA = np.array([[[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]])
ZERO = np.zeros((2, 2))
GAMMA = np.array(
    [np.diag([1, 1, -1, -1]).astype(complex), *(np.block([[ZERO, s], [-s, ZERO]]) for s in SIGMA)]
)  # upper index
GAMMA5 = 1j * GAMMA[0] @ GAMMA[1] @ GAMMA[2] @ GAMMA[3]
LOWER = METRIC[:, None, None] * GAMMA


def traces(vertex: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """½ Tr[γ_a Γ^µ γ_b Γ̄^ν] as a (ab, µν) matrix and ½ Tr[Γ^µ Γ̄^ν]; Γ̄ = γ⁰Γ†γ⁰."""
    bar = GAMMA[0] @ vertex.conj().transpose(0, 2, 1) @ GAMMA[0]
    full = 0.5 * np.einsum("aij,mjk,bkl,vli->abmv", LOWER, vertex, LOWER, bar)
    return full.reshape(16, 16).real, 0.5 * np.einsum("mij,vji->mv", vertex, bar).real


VERTICES = {"vector": traces(GAMMA), "axial": traces(GAMMA @ GAMMA5)}


def tensor(p: np.ndarray, m: float, p2: np.ndarray, m2: float, current: str) -> np.ndarray:
    """½ Tr[(p̸₂ + m₂) Γ^µ (p̸ + m) Γ̄^ν] of shape (n, 4, 4); odd traces vanish."""
    full, mass = VERTICES[current]
    outer = np.einsum("an,bn->nab", p2, p).reshape(-1, 16)
    return (outer @ full).reshape(-1, 4, 4) + m * m2 * mass


def squared_amplitude(
    k: np.ndarray, k2: np.ndarray, p: np.ndarray, p2: np.ndarray, masses: tuple, dm: str
) -> np.ndarray:
    """Spin-averaged |M|² times (t − m_V²)² over (κ_f κ_D)²; masses are those of k, k₂ and p."""
    m_chi, m_chi2, m_target = masses
    if dm == "scalar":
        total = (k + k2).T
        dark = total[:, :, None] * total[:, None, :]
    else:
        current = "axial" if dm == "majorana" else "vector"
        dark = tensor(k, m_chi, k2, m_chi2, current)
    target = tensor(p, m_target, p2, m_target, "vector")
    lowered = METRIC[:, None] * target * METRIC
    return np.einsum("nmv,nmv->n", dark, lowered)


def two_body(e: np.ndarray, m_chi: float, m_chi2: float, m_target: float) -> tuple:
    """√s, momenta before and after in the centre of mass, and whether the channel is open."""
    root_s = np.sqrt(m_chi**2 + m_target**2 + 2 * m_target * e)
    gap = root_s - m_target - m_chi2
    before = m_target * np.sqrt(e**2 - m_chi**2) / root_s
    total, difference = root_s + m_target + m_chi2, m_target - m_chi2
    squared = gap * total * (root_s**2 - difference**2) / (4 * root_s**2)
    return root_s, before, np.sqrt(np.maximum(squared, 0.0)), gap > 0


def scatter(
    e: np.ndarray, cos: np.ndarray, target: Target, m_v: float, m_chi: float, dm: str, gap: float
) -> tuple[np.ndarray, np.ndarray]:
    """T [MeV] and dσ/dcosθ* [m²/ε²α_D] at centre-of-mass angles cosθ*, `gap` = m_χ2 − m_χ."""
    m, m2 = target.mass, m_chi + gap
    root_s, before, after, is_open = two_body(e, m_chi, m2, m)
    momentum = np.sqrt(e**2 - m_chi**2)
    gamma, boosted = (e + m) / root_s, momentum / root_s  # γ and γβ of the centre of mass
    energy2, sin = np.sqrt(m**2 + after**2), np.sqrt(1 - cos**2)
    # The target leaves opposite to χ₂: its lab momentum, then T = p²/(E + M) without cancellation.
    along, across = boosted * energy2 - gamma * after * cos, -after * sin
    squared = along**2 + across**2
    recoil = squared / (np.sqrt(m**2 + squared) + m)
    zero = np.zeros_like(e)
    k, p = np.stack([e, zero, zero, momentum]), np.stack([zero + m, zero, zero, zero])
    p2 = np.stack([m + recoil, across, zero, along])
    amplitude = squared_amplitude(k, k + p - p2, p, p2, (m_chi, m2, m), dm)
    propagator = (2 * m * recoil + m_v**2) ** 2
    coupling = (4 * np.pi) ** 2 * ALPHA * HBARC**2 * target.z**2 * helm(recoil, target) ** 2
    sigma = coupling * amplitude / propagator * after / before / (32 * np.pi * root_s**2)
    return recoil, np.where(is_open, sigma, 0.0)
