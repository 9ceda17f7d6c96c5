"""Write nuclei.json: T3R in argon by form factors of protons and neutrons, and CH up to 50 MeV.

    python tests/crosscheck/reference/make_nuclei.py SOURCE_DIR

SOURCE_DIR holds {coherent,jsns}/Pi0_Info.txt. Every number is stored as [value, standard error].
"""

import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.special import spherical_jn

from reference_tools import ALPHA_D, EPS, Tally, batches, constants, mc, write
from setups import SETUPS, Setup, band_hits

OUTPUT = Path(__file__).with_name("nuclei.json")
SEED, BAND, TURNS, SIZE, BATCHES = 20260412, 1.0, 8, 150_000, 12
POINT = (60.0, 20.0)
EDGES = {"t3r": (0.0, 0.021, 0.05, 0.1, 0.2, 1.0), "ch": (1e-4, 0.01, 0.1, 1.0, 5.0, 20.0, 50.0)}


class Nucleus(NamedTuple):
    """Protons, neutrons, their charges, mass [MeV], radii [fm], number per kg."""

    z: int
    n: int
    g_p: float
    g_n: float
    mass: float
    charge_radius: float
    neutron_radius: float
    per_kg: float


def form(q: np.ndarray, radius: float) -> np.ndarray:
    """Helm, s = 0.9 fm; the dipole (1 + q²R²/12)⁻² where no sphere is left; q [MeV]."""
    q = q / (mc.HBARC * 1e15)
    squared = 5 * radius**2 / 3 - 5 * 0.9**2
    if squared <= 0:
        return (1 + (q * radius) ** 2 / 12) ** -2
    x = q * np.sqrt(squared)
    return 3 * spherical_jn(1, x) / x * np.exp(-((q * 0.9) ** 2) / 2)


def hydrocarbon() -> list[Nucleus]:
    """One 12C and one 1H; a dark photon sees their protons."""
    from particle import Particle

    masses = {name: float(Particle.from_pdgid(code).mass) for name, code in
              (("C12", 1000060120), ("H1", 2212))}  # fmt: skip
    per_kg = 1 / ((masses["C12"] + masses["H1"] + mc.M_E) * mc.KG_PER_MEV)
    carbon = masses["C12"] - 6 * mc.M_E
    return [Nucleus(6, 6, 1, 0, carbon, 2.470, 2.430, per_kg),
            Nucleus(1, 0, 1, 0, masses["H1"], 0.878, 0.878, per_kg)]  # fmt: skip


def argon() -> list[Nucleus]:
    """40Ar of T3R charges: protons −2, neutrons 2."""
    target = mc.argon(3.427)[0]
    return [Nucleus(18, 22, -2, 2, target.mass, 3.427, 3.55, target.per_kg)]


RUNS: dict[str, tuple[Setup, list[Nucleus], float]] = {
    "t3r": (SETUPS["coherent-lar"], argon(), 2.0),
    "ch": (SETUPS["jsns2"]._replace(mass_kg=1e3), hydrocarbon(), 1.0),
}
"""Detector, nuclei, and charge of the π⁰ relative to the photon's."""


def batch(rng, pions, name) -> Tally:
    """Dirac χ of π⁰ → γV, κ_f = EPS e, in bins of the recoil; 4 angles for every χ."""
    setup, nuclei, charge = RUNS[name]
    energy, per_v = band_hits(rng, pions, POINT, "isotropic", setup, (SIZE, BAND, TURNS))
    weight = per_v * mc.pi0_yield(POINT[0], EPS * charge, setup.beam.pi0)
    scale = 2 * EPS**2 * ALPHA_D * setup.pot * setup.mass_kg / setup.distance**2
    counts = np.zeros(len(EDGES[name]) - 1)
    for nucleus in nuclei:
        point_like = mc.Target(1, nucleus.mass, 0.0, nucleus.per_kg)
        for _ in range(4):
            # T ∝ (1 − cosθ*)/2: cubed, so that small recoils are sampled as well.
            u = rng.random(energy.size)
            cos, jacobian = 1 - 2 * u**3, 3 * u**2
            recoil, sigma = mc.scatter(energy, cos, point_like, *POINT, "dirac", 0.0)
            q = np.sqrt(recoil * (recoil + 2 * nucleus.mass))
            protons = nucleus.z * nucleus.g_p * form(q, nucleus.charge_radius)
            neutrons = nucleus.n * nucleus.g_n * form(q, nucleus.neutron_radius)
            rate = scale * nucleus.per_kg * weight * sigma * jacobian * (protons + neutrons) ** 2
            counts += np.histogram(recoil, EDGES[name], weights=rate)[0] / 4
    return {"counts": counts}


def records(source: Path) -> list[dict]:
    """One record per detector."""
    found = []
    for i, (name, (setup, _, _)) in enumerate(RUNS.items()):
        pions = mc.read_pi0(source / setup.beam.folder / "Pi0_Info.txt")
        found.append({"name": name} | batches(batch, BATCHES, (SEED, i), pions, name))
    return found


def about() -> dict:
    """What the numbers are."""
    return {
        "what": "Brute-force Monte Carlo events of pi0 -> gamma V, V -> chi chi (isotropic, narrow)"
        " in bins of the recoil, no efficiency; [values, standard errors]",
        "made_by": "tests/crosscheck/reference/make_nuclei.py, tests/crosscheck/montecarlo",
        "seed": SEED, "kappa_over_e": EPS, "alpha_d": ALPHA_D, "m_v": POINT[0], "m_chi": POINT[1],
        "edges_mev": EDGES, "form": "Z g_p F_p + N g_n F_n, Helm (s = 0.9 fm) or dipole (hydrogen)",
        "experiments": {k: s.about() | {"nuclei": n, "pi0_charge": c}
                        for k, (s, n, c) in RUNS.items()},
        "samples": f"{BATCHES} batches of about {SIZE} decays, band of +-{BAND} deg, {TURNS} "
        "azimuths, 4 angles for every chi",
        "constants": constants(),
    }  # fmt: skip


if __name__ == "__main__":
    write(OUTPUT, about(), {"events": records(Path(sys.argv[1]))})
