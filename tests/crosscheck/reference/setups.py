"""The detectors of the references: what they hold, where they stand, which recoils are counted."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from reference_tools import mc

INF = np.inf


class Setup(NamedTuple):
    """A detector: recoil windows by name (T in MeV), time cuts [µs], CDF of the beam pulse."""

    beam: mc.Beam
    targets: list[mc.Target]
    mass_kg: float
    distance: float
    angle: float
    pot: float
    windows: dict[str, tuple[float, float]]
    times: tuple[float, ...]
    pulse: Callable[[np.ndarray], np.ndarray]
    words: str

    def about(self) -> dict:
        """Every parameter, for an "about" block."""
        return {
            "mass_kg": self.mass_kg, "distance_m": self.distance, "angle_deg": self.angle,
            "pot": self.pot, "words": self.words, "targets_z_mass_radius_per_kg": self.targets,
            "windows_mev": {k: [low, str(high)] for k, (low, high) in self.windows.items()},
            "times_us": self.times, "pi0_per_pot": self.beam.pi0,
            "piminus_per_pot": self.beam.piminus, "exchange_per_pot": self.beam.exchange,
        }  # fmt: skip


SETUPS = {
    "coherent-csi": Setup(
        mc.SNS, mc.csi(4.7), 14.6, 19.3, 90.0, 1.5e23,
        {"all": (0.0, INF), "window_14_26": (0.014, 0.026)}, (), mc.gaussian_cdf,
        "133Cs + 127I in equal numbers, R_n = 4.7 fm",
    ),
    "coherent-lar": Setup(
        mc.SNS, mc.argon(4.1), 24.0, 28.4, 137.0, 1.5e23,
        {"all": (0.0, INF), "cut": (0.021, INF)}, (1.5,), mc.gaussian_cdf,
        "40Ar, R_n = 4.1 fm; cut: T > 21 keV; Gaussian pulse 0.7 +- 0.15 us",
    ),
    "ccm": Setup(
        mc.LUJAN, mc.argon(4.1), 7e3, 20.0, 90.0, 1e22,
        {"all": (0.0, INF), "cut": (0.05, INF)}, (0.1, 0.4), mc.triangle_cdf,
        "40Ar, R_n = 4.1 fm; cut: T > 50 keV; triangular pulse 0 to 0.29 us, peak in the middle",
    ),
    "jsns2": Setup(
        mc.MLF, mc.lab_electrons(), 17e3, 24.0, 29.0, 3.8e22,
        {"all": (0.0, INF), "threshold": (2.6, INF), "cut": (30.0, INF)}, (0.25,), mc.box_cdf,
        "free electrons of C18H30; threshold: T > 2.6 MeV, cut: T > 30 MeV (kinetic energies); "
        "flat pulse 0 to 0.1 us",
    ),
}  # fmt: skip


def band_hits(
    rng, mesons, point, decay, setup, sampling, mass=mc.M_PI0
) -> tuple[np.ndarray, np.ndarray]:
    """Energies of χ in the detector's band, each for `weight` χ per sr and meson decay to V.

    sampling = (decays, half width [deg], azimuths): every meson decays equally often, about so many
    times in all, and each decay is turned about its meson to so many azimuths.
    """
    size, half_width, turns = sampling
    repeats = max(1, size // mesons.shape[1])
    chi, v, parents = mc.meson_batch(rng, mesons, *point, decay, repeats, mass)
    cosines = mc.cosine(chi[1:], np.tile(parents, 2)[1:]), np.tile(mc.polar(parents), 2)
    hits, solid_angle = mc.turned_into_band(rng, *cosines, setup.angle, half_width, turns)
    return chi[0, hits], np.full(hits.size, 1 / (v.shape[1] * turns * solid_angle))
