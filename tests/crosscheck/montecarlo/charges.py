"""V of other charges than the electric ones, by the quarks and vector mesons of the η; pulses."""

import numpy as np

QUARK_CHARGES = np.array([2.0, -1.0, -1.0]) / 3.0
M_OMEGA = 782.66
BR_ETA = 0.3936


def eta_amplitude(m_v: float, baryon: float) -> float:
    """η → γV of baryon number over η → γγ: (u ū + d d̄ − s s̄)/√3 with the pole of the ω."""
    wave = np.array([1.0, 1.0, -1.0])
    electric = np.sum(wave * QUARK_CHARGES**2)
    return np.sum(wave * QUARK_CHARGES * baryon / 3.0) / electric / (1.0 - (m_v / M_OMEGA) ** 2)


def two_pulses(rng: np.random.Generator, n: int, width: float, separation: float) -> np.ndarray:
    """Times of protons [µs], each in one of two flat pulses at random."""
    return width * rng.random(n) + separation * rng.integers(0, 2, n)
