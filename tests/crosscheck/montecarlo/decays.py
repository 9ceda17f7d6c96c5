"""Decay chains: meson → V γ, X at given energy, then V → χχ̄ (isotropic or transverse)."""

import numpy as np

from .constants import M_PI0
from .kinematics import around, boost, isotropic, on_shell


def decay_density(cos: np.ndarray, decay: str, r: float) -> np.ndarray:
    """Density in cosθ*: ½; ¾ sin²θ* (scalar); ∝ 1 + cos²θ* + 4r² sin²θ* (dirac), r = m_χ/m_V."""
    if decay == "isotropic":
        return np.full_like(cos, 0.5)
    if decay == "scalar":
        return 0.75 * (1 - cos**2)
    return (1 + cos**2 + 4 * r**2 * (1 - cos**2)) / (8 / 3 + 16 * r**2 / 3)


def sample_cos(rng: np.random.Generator, n: int, decay: str, r: float) -> np.ndarray:
    """cosθ* of V → χχ̄ by rejection under the flat line at the largest density."""
    ceiling = decay_density(np.array([0.0, 1.0]), decay, r).max()
    kept, need = [], n
    while need > 0:
        trial = rng.uniform(-1, 1, 2 * need)
        trial = trial[rng.uniform(0, ceiling, trial.size) < decay_density(trial, decay, r)][:need]
        kept.append(trial)
        need -= trial.size
    return np.concatenate(kept)


def decay_to_chi(
    rng: np.random.Generator, v: np.ndarray, m_v: float | np.ndarray, m_chi: float, decay: str
) -> tuple[np.ndarray, np.ndarray]:
    """χ and χ̄ in the frame where V has four-momentum v; θ* is measured from V's direction there.

    m_v may differ from V to V (finite width) if the decay is isotropic.
    """
    n = v.shape[1]
    momentum = np.linalg.norm(v[1:], axis=0)
    axis = np.where(momentum > 0, v[1:] / np.where(momentum > 0, momentum, 1), [[0.0], [0], [1]])
    cos, phi = sample_cos(rng, n, decay, m_chi / m_v), rng.uniform(0, 2 * np.pi, n)
    chi = on_shell(np.full(n, m_v / 2), m_chi, around(axis, cos, phi))
    anti = chi * np.array([[1.0], [-1.0], [-1.0], [-1.0]])
    return boost(chi, v, m_v), boost(anti, v, m_v)


def decay_to_pair(
    rng: np.random.Generator,
    v: np.ndarray,
    m_v: float,
    masses: tuple[float, float],
    decay: str,
) -> tuple[np.ndarray, np.ndarray]:
    """χ₁ and χ₂ of unequal masses where V has four-momentum v; θ* as in `decay_to_chi`."""
    n, (m_1, m_2) = v.shape[1], masses
    momentum = np.linalg.norm(v[1:], axis=0)
    axis = np.where(momentum > 0, v[1:] / np.where(momentum > 0, momentum, 1), [[0.0], [0], [1]])
    cos = sample_cos(rng, n, decay, (m_1 + m_2) / (2 * m_v))
    unit = around(axis, cos, rng.uniform(0, 2 * np.pi, n))
    energy = (m_v**2 + m_1**2 - m_2**2) / (2 * m_v)
    first = on_shell(np.full(n, energy), m_1, unit)
    second = np.concatenate([m_v - first[:1], -first[1:]])
    return boost(first, v, m_v), boost(second, v, m_v)


def spun(rng: np.random.Generator, mesons: np.ndarray, repeats: int) -> np.ndarray:
    """Every meson `repeats` times, each at a random azimuth about the beam."""
    energy, px, py, pz = np.repeat(mesons, repeats, axis=1)
    phi = rng.uniform(0, 2 * np.pi, energy.size)
    c, s = np.cos(phi), np.sin(phi)
    return np.stack([energy, c * px - s * py, s * px + c * py, pz])


def meson_batch(
    rng: np.random.Generator,
    mesons: np.ndarray,
    m_v: float | np.ndarray,
    m_chi: float,
    decay: str,
    repeats: int,
    mass: float = M_PI0,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Lab four-momenta (2 χ per V stacked; V; parents): every meson decays `repeats` times."""
    parents = spun(rng, mesons, repeats)
    n = parents.shape[1]
    energy_v = np.full(n, (mass**2 + m_v**2) / (2 * mass))
    v = on_shell(energy_v, m_v, isotropic(rng, n))
    chi = np.concatenate(decay_to_chi(rng, v, m_v, m_chi, decay), axis=1)
    return boost(chi, np.tile(parents, 2), mass), boost(v, parents, mass), parents


def at_rest_batch(
    rng: np.random.Generator,
    energy: np.ndarray,
    m_x: float | np.ndarray,
    m_chi: float,
    decay: str = "isotropic",
) -> np.ndarray:
    """Lab χ (2 per X, stacked) of X with the given energies, emitted isotropically."""
    x = on_shell(energy, m_x, isotropic(rng, energy.size))
    return np.concatenate(decay_to_chi(rng, x, m_x, m_chi, decay), axis=1)


def point_detector(
    v: np.ndarray, pions: np.ndarray, m_v: float, m_chi: float, angle: float, decay: str
) -> tuple[np.ndarray, np.ndarray]:
    """χ energies and χ per sr at polar angle `angle`, expected from each V; two momenta per V.

    E* = γ(E − βk cosδ) has the roots k = (Ab ± √D)/(1 − b²), A = E*/γ, b = β cosδ,
    D = A² − m²(1 − b²), each with density 2 w(cosθ*)/2π · k²/(γ k* √D).
    """
    theta = np.radians(angle)
    unit = np.array([[np.sin(theta)], [0.0], [np.cos(theta)]])
    gamma, b = v[0] / m_v, np.sum(v[1:] * unit, axis=0) / v[0]
    a, k_star = m_v / 2 / gamma, np.sqrt(m_v**2 / 4 - m_chi**2)
    disc = a**2 - m_chi**2 * (1 - b**2)
    root = np.sqrt(np.where(disc > 0, disc, 1.0))
    k = (a * b + np.array([[1.0], [-1.0]]) * root) / (1 - b**2)
    energy = np.sqrt(k**2 + m_chi**2)
    in_meson = (energy * pions[0] - k * np.sum(pions[1:] * unit, axis=0)) / M_PI0
    energy_v, k_v = (M_PI0**2 + m_v**2) / (2 * M_PI0), (M_PI0**2 - m_v**2) / (2 * M_PI0)
    cos_star = (in_meson * m_v - energy_v * m_v / 2) / (k_v * k_star)
    density = 2 * decay_density(np.clip(cos_star, -1, 1), decay, m_chi / m_v) / (2 * np.pi)
    weight = density * k**2 / (gamma * k_star * root)
    return energy, np.where((disc > 0) & (k > 0), weight, 0.0)
