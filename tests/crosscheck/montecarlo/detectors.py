"""Targets in the detector, the CsI acceptance, beam pulses and arrival times."""

from typing import NamedTuple

import numpy as np
from particle import Particle
from scipy.special import ndtr

from .constants import AVOGADRO, KG_PER_MEV, LIGHT_SPEED, M_E

PE_PER_KEV = 13.348 * 0.0878
CHARGE_RADII = {"Cs133": 4.804, "I127": 4.750, "Ar40": 3.427}  # fm
ATOMS = {"Cs133": (55, 1000551330), "I127": (53, 1000531270), "Ar40": (18, 1000180400)}
LAB_ELECTRONS, LAB_MOLAR_KG = 18 * 6 + 30, (18 * 12.011 + 30 * 1.008) * 1e-3  # C18H30


class Target(NamedTuple):
    """Charge, mass [MeV], radius R_n [fm] (0: point-like) and number per kg of detector."""

    z: int
    mass: float
    radius: float
    per_kg: float


def _atom(name: str) -> tuple[int, float]:
    z, code = ATOMS[name]
    return z, float(Particle.from_pdgid(code).mass)


def _compound(names: tuple[str, ...], r_n: float | None) -> list[Target]:
    """One atom of each per molecule; R_n [fm] for all, or None for the charge radii."""
    atoms = {name: _atom(name) for name in names}
    per_kg = 1 / (sum(mass for _, mass in atoms.values()) * KG_PER_MEV)
    return [
        Target(z, mass - z * M_E, CHARGE_RADII[name] if r_n is None else r_n, per_kg)
        for name, (z, mass) in atoms.items()
    ]


def csi(r_n: float | None = 4.7) -> list[Target]:
    """133Cs and 127I in equal numbers."""
    return _compound(("Cs133", "I127"), r_n)


def argon(r_n: float | None = 4.1) -> list[Target]:
    """Pure 40Ar."""
    return _compound(("Ar40",), r_n)


def lab_electrons() -> list[Target]:
    """Electrons of linear alkylbenzene C18H30, all of them free and at rest."""
    return [Target(1, M_E, 0.0, LAB_ELECTRONS * AVOGADRO / LAB_MOLAR_KG)]


def acceptance(pe: np.ndarray) -> np.ndarray:
    """a/(1 + e^{−k(x−x₀)}) at the 1-PE bin centre x, times 0 below 5 PE and ½ from 5 to 6."""
    centre = np.floor(pe) + 0.5
    step = np.where(centre < 5, 0.0, np.where(centre < 6, 0.5, 1.0))
    return step * 0.6655 / (1 + np.exp(-0.4942 * (centre - 10.8507)))


def flight_delay(energy: np.ndarray, m_chi: float, distance: float) -> np.ndarray:
    """L/v_χ − L/c [µs]."""
    velocity = np.sqrt(energy**2 - m_chi**2) / energy
    return distance / LIGHT_SPEED * (1 / velocity - 1)


def arrival_time(
    rng: np.random.Generator, energy: np.ndarray, m_chi: float, distance: float
) -> np.ndarray:
    """t [µs] = Gaussian pulse (0.7, 0.15) + L/v_χ − L/c."""
    velocity = np.sqrt(energy**2 - m_chi**2) / energy
    return rng.normal(0.7, 0.15, energy.size) + distance / LIGHT_SPEED * (1 / velocity - 1)


def gaussian_cdf(t: np.ndarray, mean: float = 0.7, sigma: float = 0.15) -> np.ndarray:
    """Fraction of a Gaussian pulse before t [µs]."""
    return ndtr((t - mean) / sigma)


def box_cdf(t: np.ndarray, width: float = 0.1) -> np.ndarray:
    """Fraction of a flat pulse from 0 to `width` before t [µs]."""
    return np.clip(t / width, 0.0, 1.0)


def triangle_cdf(t: np.ndarray, width: float = 0.29) -> np.ndarray:
    """Fraction of a symmetric triangular pulse from 0 to `width`, peak in the middle, before t."""
    x = np.clip(t / width, 0.0, 1.0)
    return np.where(x < 0.5, 2 * x**2, 1 - 2 * (1 - x) ** 2)
