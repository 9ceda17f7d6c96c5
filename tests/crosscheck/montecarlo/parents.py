"""What the target makes: π⁰ lists, captured π⁻, charge exchange, cascade photons, their yields."""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from .constants import BR_GAMMA_GAMMA, CAPTURE_LIMIT, M_N, M_P, M_PI0, M_PIMINUS

PROTONS = 1e5  # protons on target behind every list


class Beam(NamedTuple):
    """A facility: folder of its lists; π⁰, captured π⁻ and charge-exchange π⁰ per POT."""

    folder: str
    pi0: float
    piminus: float
    exchange: float


SNS = Beam("coherent", 0.1048, 0.0333 + 0.0113, 0.0016 + 0.0004)
LUJAN = Beam("ccm", 0.0633, 0.0192 + 0.0053, 0.0006 + 0.0002)
MLF = Beam("jsns", 0.6142, 0.2443 + 0.2071, 0.0214 + 0.0124)


def read_pi0(path: Path) -> np.ndarray:
    """π⁰ four-momenta of the raw list, its −z beam turned to +z; E from p and the π⁰ mass."""
    _, px, py, pz, _, _ = np.loadtxt(path).T
    return np.stack([np.sqrt(px**2 + py**2 + pz**2 + M_PI0**2), px, py, -pz])


def pi0_yield(m_v: float | np.ndarray, eps: float, per_pot: float = SNS.pi0) -> float:
    """V per POT: N_π⁰ BR(γγ) 2ε² (1 − m_V²/m_π²)³."""
    return per_pot * BR_GAMMA_GAMMA * 2 * eps**2 * np.maximum(0.0, 1 - (m_v / M_PI0) ** 2) ** 3


def pi0_energy(m_v: float | np.ndarray) -> float | np.ndarray:
    """E_V in the π⁰ frame: (m_π² + m_V²)/2m_π."""
    return (M_PI0**2 + m_v**2) / (2 * M_PI0)


def capture_energy(m_x: float | np.ndarray) -> float | np.ndarray:
    """E_X of π⁻p → nX at rest: ((m_p+m_π)² − m_n² + m_X²)/2(m_p+m_π)."""
    total = M_P + M_PIMINUS
    return (total**2 - M_N**2 + m_x**2) / (2 * total)


def capture_yield(m_x: float, eps: float, per_pot: float = SNS.piminus) -> float:
    """X per POT: N_π⁻ ε², nothing above m_p + m_π − m_n."""
    return per_pot * eps**2 if m_x < CAPTURE_LIMIT else 0.0


def suppression(m_x: float | np.ndarray, energy: np.ndarray) -> np.ndarray:
    """f(x) = min(1, 1154 exp(−24.42 x^0.3174)), x = m_X/(1.0773 E_γ + 13.716 MeV)."""
    ratio = m_x / (1.0773 * energy + 13.716)
    return np.minimum(1.0, 1154 * np.exp(-24.42 * ratio**0.3174))


def photons(
    rng: np.random.Generator, brem: np.ndarray, repeats: int, smear: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Photon energies, `repeats` per bin (its centre, or uniform in it), and γ per POT of each."""
    energy, counts = (np.repeat(column, repeats) for column in brem.T)
    if smear:
        energy = energy + np.diff(brem[:, 0]).mean() * (rng.random(energy.size) - 0.5)
    return energy, counts / PROTONS / repeats


def cascade_photons(
    rng: np.random.Generator, brem: np.ndarray, m_x: float, repeats: int, smear: bool
) -> tuple[np.ndarray, np.ndarray]:
    """X energies above m_X and X per POT (over ε²) each stands for: n_γ f(m_X/⟨E_e⟩)."""
    energy, counts = photons(rng, brem, repeats, smear)
    energy, counts = energy[energy > m_x], counts[energy > m_x]
    return energy, counts * suppression(m_x, energy)
