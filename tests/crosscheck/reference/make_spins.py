"""Write spins.json: Majorana and pseudo-Dirac events from numeric traces and CM-frame recoils.

    python tests/crosscheck/reference/make_spins.py SOURCE_DIR

SOURCE_DIR holds {coherent,jsns}/Pi0_Info.txt. Every number is stored as [value, standard error].
"""

import sys
from pathlib import Path

import numpy as np

from reference_tools import ALPHA_D, EPS, Tally, batches, by_prefix, constants, mc, write
from setups import SETUPS, band_hits

OUTPUT = Path(__file__).with_name("spins.json")
SEED, BAND, TURNS, SIZE = 20220601, 1.0, 16, 250_000
PI0_BATCHES = {"coherent-csi": 24, "jsns2": 100}
REST = {"coherent-csi": (16, 80_000), "jsns2": (24, 250_000)}  # batches and decays in each
ELASTIC = [("dirac", 0.0), ("scalar", 0.0), ("majorana", 0.0)]
RUNS = [  # detector, (m_V, m_χ), splittings of the pseudo-Dirac kind [MeV]
    ("coherent-csi", (75.0, 25.0), (0.01, 1.0, 10.0)),
    ("coherent-csi", (30.0, 10.0), (0.1, 5.0)),
    ("coherent-csi", (120.0, 40.0), (20.0,)),
    ("jsns2", (15.0, 5.0), (0.1, 0.5, 5.0)),
    ("jsns2", (45.0, 15.0), (2.0,)),
    ("jsns2", (75.0, 25.0), (1.0, 5.0)),
]


def events(rng, energy, weight, setup, point, spins) -> Tally:
    """Events per spin, gap and window; every χ scatters once off each kind of target."""
    scale = EPS**2 * ALPHA_D * setup.pot * setup.mass_kg / setup.distance**2
    out: Tally = {}
    for dm, gap in spins:
        for target in setup.targets:
            cos = rng.uniform(-1, 1, energy.size)
            recoil, sigma = mc.scatter(energy, cos, target, *point, dm, gap)
            rate = 2 * scale * target.per_kg * weight * sigma  # 2: the range of cosθ*
            for name, (low, high) in setup.windows.items():
                key = f"{dm}/{gap:g} {name}"
                out[key] = out.get(key, 0.0) + rate[(recoil > low) & (recoil < high)].sum()
    return out


def pi0_batch(rng, pions, setup, point, spins) -> Tally:
    """P1: every π⁰ decays equally often; its χ are turned about it into the detector's band."""
    energy, per_v = band_hits(rng, pions, point, "isotropic", setup, (SIZE, BAND, TURNS))
    weight = per_v * mc.pi0_yield(point[0], EPS, setup.beam.pi0)
    return events(rng, energy, weight, setup, point, spins)


def piminus_batch(rng, size, setup, point, spins) -> Tally:
    """P2: isotropic, so every χ counts, over 4π."""
    energy_x = np.full(size, mc.capture_energy(point[0]))
    energy = mc.at_rest_batch(rng, energy_x, *point)[0]
    weight = np.full(energy.size, setup.beam.piminus * EPS**2 / size / (4 * np.pi))
    return events(rng, energy, weight, setup, point, spins)


def records(source: Path) -> list[dict]:
    """One record per detector, channel, masses, spin and gap."""
    found = []
    for i, (name, point, gaps) in enumerate(RUNS):
        setup, spins = SETUPS[name], [*ELASTIC, *(("pseudo-dirac", gap) for gap in gaps)]
        pions = mc.read_pi0(source / setup.beam.folder / "Pi0_Info.txt")
        args, (count, size) = (setup, point, spins), REST[name]
        made = {
            "pi0": batches(pi0_batch, PI0_BATCHES[name], (SEED, i, 0), pions, *args),
            "piminus": batches(piminus_batch, count, (SEED, i, 1), size, *args),
        }
        for channel, tallies in made.items():
            head = {"experiment": name, "channel": channel}
            for record in by_prefix({**head, "m_v": point[0], "m_chi": point[1]}, tallies, "dm"):
                dm, _, gap = record["dm"].partition("/")
                found.append(record | {"dm": dm, "splitting": float(gap)})
    return found


def about() -> dict:
    """What the numbers are: settings, conventions, constants, sizes."""
    return {
        "what": "Brute-force Monte Carlo events, no efficiency, all times; [value, standard error]",
        "made_by": "tests/crosscheck/reference/make_spins.py, tests/crosscheck/montecarlo",
        "seed": SEED, "eps": EPS, "alpha_d": ALPHA_D,
        "amplitude": "eps e kappa_D u(p2) gamma_mu u(p) J^mu / (t - m_V^2) on a Dirac target of "
        "mass M, traces of 4x4 matrices; J: dirac and pseudo-dirac u(k2) gamma^mu u(k), majorana "
        "u(k2) gamma^mu gamma5 u(k) (Lagrangian kappa_D/2), scalar (k + k2)^mu; times Z F",
        "splitting": "m_chi2 - m_chi [MeV]: chi scatters into chi2; production ignores it, and "
        "both of the particles of every V -> chi chibar count as chi",
        "recoils": "uniform in the centre-of-mass angle, boosted to the laboratory",
        "channels": "pi0 and piminus, narrow width, isotropic decay; yields: lar_ccm_jsns.json",
        "experiments": {name: SETUPS[name].about() for name in ("coherent-csi", "jsns2")},
        "samples": f"pi0: {PI0_BATCHES} batches of about {SIZE} decays, band of +-{BAND} deg, "
        f"{TURNS} azimuths; piminus: (batches, decays in each) {REST}",
        "constants": constants(),
    }  # fmt: skip


if __name__ == "__main__":
    write(OUTPUT, about(), {"events": records(Path(sys.argv[1]))})
