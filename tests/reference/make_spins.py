"""Write spins.json: Majorana and pseudo-Dirac events from numeric traces and CM-frame recoils.

    python tests/reference/make_spins.py SOURCE_DIR

SOURCE_DIR holds {coherent,jsns}/Pi0_Info.txt. Every number is stored as [value, standard error].
"""

import sys
from pathlib import Path

import numpy as np

from reference_tools import ALPHA_D, EPS, Tally, batches, by_prefix, constants, mc, write

OUTPUT = Path(__file__).with_name("spins.json")
SEED, BAND, TURNS, SIZE = 20220601, 1.0, 16, 250_000
PI0_BATCHES, REST_BATCHES = 40, 12
CSI = {
    "name": "coherent-csi", "beam": mc.SNS, "targets": mc.csi(4.7), "mass_kg": 14.6,
    "distance": 19.3, "angle": 90.0, "pot": 1.5e23,
    "windows": {"all": (0.0, np.inf), "window_14_26": (0.014, 0.026)},
}  # fmt: skip
JSNS2 = {
    "name": "jsns2", "beam": mc.MLF, "targets": mc.lab_electrons(), "mass_kg": 17e3,
    "distance": 24.0, "angle": 29.0, "pot": 3.8e22,
    "windows": {"all": (0.0, np.inf), "threshold": (2.6, np.inf), "cut": (30.0, np.inf)},
}  # fmt: skip
RUNS = [
    (CSI, (75.0, 25.0), [("dirac", 0.0), ("scalar", 0.0), ("majorana", 0.0),
                         ("pseudo-dirac", 0.01), ("pseudo-dirac", 1.0), ("pseudo-dirac", 10.0)]),
    (CSI, (30.0, 10.0), [("majorana", 0.0), ("pseudo-dirac", 0.1), ("pseudo-dirac", 5.0)]),
    (CSI, (120.0, 40.0), [("majorana", 0.0), ("pseudo-dirac", 20.0)]),
    (JSNS2, (15.0, 5.0), [("dirac", 0.0), ("scalar", 0.0), ("majorana", 0.0),
                          ("pseudo-dirac", 0.1), ("pseudo-dirac", 0.5), ("pseudo-dirac", 5.0)]),
    (JSNS2, (45.0, 15.0), [("majorana", 0.0), ("pseudo-dirac", 2.0)]),
    (JSNS2, (75.0, 25.0), [("majorana", 0.0), ("pseudo-dirac", 1.0), ("pseudo-dirac", 5.0)]),
]  # fmt: skip


def events(rng, energy, weight, setup, point, spins) -> Tally:
    """Events per spin, gap and window; every χ scatters once off each kind of target."""
    scale = EPS**2 * ALPHA_D * setup["pot"] * setup["mass_kg"] / setup["distance"] ** 2
    out: Tally = {}
    for dm, gap in spins:
        for target in setup["targets"]:
            cos = rng.uniform(-1, 1, energy.size)
            recoil, sigma = mc.scatter(energy, cos, target, *point, dm, gap)
            rate = 2 * scale * target.per_kg * weight * sigma  # 2: the range of cosθ*
            for name, (low, high) in setup["windows"].items():
                key = f"{dm}/{gap:g} {name}"
                out[key] = out.get(key, 0.0) + rate[(recoil > low) & (recoil < high)].sum()
    return out


def pi0_batch(rng, pions, setup, point, spins) -> Tally:
    """P1: every π⁰ decays equally often; its χ are turned about it into the detector's band."""
    repeats = max(1, SIZE // pions.shape[1])
    chi, v, parents = mc.meson_batch(rng, pions, *point, "isotropic", repeats)
    cosines = mc.cosine(chi[1:], np.tile(parents, 2)[1:]), np.tile(mc.polar(parents), 2)
    hits, solid_angle = mc.turned_into_band(rng, *cosines, setup["angle"], BAND, TURNS)
    per_v = 1 / (v.shape[1] * TURNS * solid_angle)
    weight = np.full(hits.size, mc.pi0_yield(point[0], EPS, setup["beam"].pi0) * per_v)
    return events(rng, chi[0, hits], weight, setup, point, spins)


def piminus_batch(rng, setup, point, spins) -> Tally:
    """P2: isotropic, so every χ counts, over 4π."""
    energy_x = np.full(SIZE, mc.capture_energy(point[0]))
    energy = mc.at_rest_batch(rng, energy_x, *point)[0]
    weight = np.full(energy.size, setup["beam"].piminus * EPS**2 / SIZE / (4 * np.pi))
    return events(rng, energy, weight, setup, point, spins)


def records(source: Path) -> list[dict]:
    """One record per detector, channel, masses, spin and gap."""
    found = []
    for i, (setup, point, spins) in enumerate(RUNS):
        pions = mc.read_pi0(source / setup["beam"].folder / "Pi0_Info.txt")
        args = (setup, point, spins)
        made = {
            "pi0": batches(pi0_batch, PI0_BATCHES, (SEED, i, 0), pions, *args),
            "piminus": batches(piminus_batch, REST_BATCHES, (SEED, i, 1), *args),
        }
        for channel, tallies in made.items():
            head = {"experiment": setup["name"], "channel": channel}
            for record in by_prefix({**head, "m_v": point[0], "m_chi": point[1]}, tallies, "dm"):
                dm, _, gap = record["dm"].partition("/")
                found.append(record | {"dm": dm, "splitting": float(gap)})
    return found


def about() -> dict:
    """What the numbers are: settings, conventions, constants, sizes."""
    return {
        "what": "Brute-force Monte Carlo events, no efficiency, all times; [value, standard error]",
        "made_by": "tests/reference/make_spins.py, tests/montecarlo",
        "seed": SEED, "eps": EPS, "alpha_d": ALPHA_D,
        "amplitude": "eps e kappa_D u(p2) gamma_mu u(p) J^mu / (t - m_V^2) on a Dirac target of "
        "mass M, traces of 4x4 matrices; J: dirac and pseudo-dirac u(k2) gamma^mu u(k), majorana "
        "u(k2) gamma^mu gamma5 u(k) (Lagrangian kappa_D/2), scalar (k + k2)^mu; times Z F",
        "splitting": "m_chi2 - m_chi [MeV]: chi scatters into chi2; production ignores it, and "
        "both of the particles of every V -> chi chibar count as chi",
        "recoils": "uniform in the centre-of-mass angle, boosted to the laboratory",
        "channels": "pi0 and piminus, narrow width, isotropic decay; yields: lar_ccm_jsns.json",
        "experiments": {
            s["name"]: {
                **{k: s[k] for k in ("mass_kg", "distance", "angle", "pot")},
                "targets_z_mass_radius_per_kg": s["targets"],
                "windows_mev": {k: [low, str(high)] for k, (low, high) in s["windows"].items()},
                "pi0_per_pot": s["beam"].pi0, "piminus_per_pot": s["beam"].piminus,
            }
            for s in (CSI, JSNS2)
        },
        "samples": f"{PI0_BATCHES} (pi0, band of +-{BAND} deg, {TURNS} azimuths) or {REST_BATCHES} "
        f"(piminus) batches of about {SIZE} decays",
        "constants": constants(),
    }  # fmt: skip


if __name__ == "__main__":
    write(OUTPUT, about(), {"events": records(Path(sys.argv[1]))})
