"""Write pseudo_dirac.json: V → χ₁χ₂, each scattering into the other, from traces and four-vectors.

    python tests/crosscheck/reference/make_pseudo_dirac.py SOURCE_DIR

SOURCE_DIR holds {coherent,jsns}/Pi0_Info.txt. Every number is stored as [value, standard error].
"""

import sys
from pathlib import Path

import numpy as np

from reference_tools import ALPHA_D, EPS, Tally, batches, by_prefix, constants, mc, write
from setups import SETUPS

OUTPUT = Path(__file__).with_name("pseudo_dirac.json")
SEED, BAND, TURNS, SIZE = 20260411, 1.0, 8, 150_000
PI0_BATCHES = {"coherent-csi": 10, "jsns2": 20}
REST = {"coherent-csi": (8, 60_000), "jsns2": (8, 120_000)}  # batches and decays in each
WINDOWS = {"coherent-csi": {"all": (0.0, np.inf), "window_14_26": (0.014, 0.026)}, "jsns2": {
    "above_5": (5.0, np.inf), "cut": (30.0, np.inf)}}  # fmt: skip
RUNS = [  # detector, (m_V, m_χ), splittings [MeV]
    ("coherent-csi", (75.0, 25.0), (1.0, 4.0, 10.0, 20.0)),
    ("jsns2", (60.0, 10.0), (1.0, 3.0, 6.0, 10.0)),
]


def rates(rng, energy, weight, setup, m_v, masses, windows) -> dict[str, float]:
    """Events of χ of mass masses[0] that becomes masses[1], per window."""
    scale = EPS**2 * ALPHA_D * setup.pot * setup.mass_kg / setup.distance**2
    out = dict.fromkeys(windows, 0.0)
    for target in setup.targets:
        cos = rng.uniform(-1, 1, energy.size)
        gap = masses[1] - masses[0]
        recoil, sigma = mc.scatter(energy, cos, target, m_v, masses[0], "pseudo-dirac", gap)
        rate = 2 * scale * target.per_kg * weight * sigma  # 2: the range of cosθ*
        for name, (low, high) in windows.items():
            out[name] += rate[(recoil > low) & (recoil < high)].sum()
    return out


def both(rng, hits, setup, m_v, masses, windows, label) -> Tally:
    """Events of χ₁ and of χ₂; `hits` holds (energies, weight) of either."""
    out: Tally = {}
    for i, (energy, weight) in enumerate(hits):
        order = (masses[i], masses[1 - i])
        found = rates(rng, energy, weight, setup, m_v, order, windows)
        out |= {f"{label} chi{i + 1} {name}": value for name, value in found.items()}
    return out


def pi0_batch(rng, pions, setup, point, gaps, windows, decay) -> Tally:
    """P1: the χ of every decay are turned about the meson into the detector's band."""
    m_v, m_chi = point
    repeats = max(1, SIZE // pions.shape[1])
    parents = mc.spun(rng, pions, repeats)
    n, polar = parents.shape[1], mc.polar(parents)
    out: Tally = {}
    for gap in gaps:
        masses = m_chi, m_chi + gap
        v = mc.on_shell(np.full(n, mc.pi0_energy(m_v)), m_v, mc.isotropic(rng, n))
        hits = []
        for chi in mc.decay_to_pair(rng, v, m_v, masses, decay):
            lab = mc.boost(chi, parents, mc.M_PI0)
            own = mc.cosine(lab[1:], parents[1:])
            index, solid = mc.turned_into_band(rng, own, polar, setup.angle, BAND, TURNS)
            per_chi = mc.pi0_yield(m_v, EPS, setup.beam.pi0) / (n * TURNS * solid)
            hits.append((lab[0, index], per_chi))
        out |= both(rng, hits, setup, m_v, masses, windows, f"{gap:g}")
    return out


def piminus_batch(rng, size, setup, point, gaps, windows, decay) -> Tally:
    """P2: isotropic, so every χ counts, over 4π."""
    m_v, m_chi = point
    out: Tally = {}
    for gap in gaps:
        masses = m_chi, m_chi + gap
        x = mc.on_shell(np.full(size, mc.capture_energy(m_v)), m_v, mc.isotropic(rng, size))
        per_chi = setup.beam.piminus * EPS**2 / size / (4 * np.pi)
        chis = mc.decay_to_pair(rng, x, m_v, masses, decay)
        hits = [(chi[0], per_chi) for chi in chis]
        out |= both(rng, hits, setup, m_v, masses, windows, f"{gap:g}")
    return out


def records(source: Path) -> list[dict]:
    """One record per detector, channel, decay, and splitting."""
    found = []
    for i, (name, point, gaps) in enumerate(RUNS):
        setup, windows = SETUPS[name], WINDOWS[name]
        pions = mc.read_pi0(source / setup.beam.folder / "Pi0_Info.txt")
        count, size = REST[name]
        rest = (setup, point, gaps, windows)
        made = [
            ("pi0", "isotropic", batches(pi0_batch, PI0_BATCHES[name], (SEED, i, 0), pions, *rest,
             "isotropic")),
            ("pi0", "dirac", batches(pi0_batch, PI0_BATCHES[name], (SEED, i, 1), pions, *rest,
             "dirac")),
            ("piminus", "isotropic", batches(piminus_batch, count, (SEED, i, 2), size, *rest,
             "isotropic")),
        ]  # fmt: skip
        for channel, decay, tallies in made:
            head = {"experiment": name, "channel": channel, "decay": decay}
            head |= {"m_v": point[0], "m_chi": point[1]}
            for record in by_prefix(head, tallies, "splitting"):
                found.append(record | {"splitting": float(record["splitting"])})
    return found


def about() -> dict:
    """What the numbers are: settings, conventions, constants, sizes."""
    return {
        "what": "Brute-force Monte Carlo events, no efficiency, all times; [value, standard error]",
        "made_by": "tests/crosscheck/reference/make_pseudo_dirac.py, tests/crosscheck/montecarlo",
        "seed": SEED, "eps": EPS, "alpha_d": ALPHA_D,
        "chi1, chi2": "events of the lighter and of the heavier state, one of each per V; each "
        "becomes the other when it scatters; chi2 does not decay",
        "decay": "isotropic, or dirac: 1 + cos^2 + (m1 + m2)^2/m_V^2 sin^2 about the V direction",
        "channels": "pi0 and piminus, narrow width; yields: lar_ccm_jsns.json",
        "windows_mev": {n: {k: [a, str(b)] for k, (a, b) in w.items()} for n, w in WINDOWS.items()},
        "experiments": {name: SETUPS[name].about() for name in WINDOWS},
        "samples": f"pi0: {PI0_BATCHES} batches of about {SIZE} decays, band of +-{BAND} deg, "
        f"{TURNS} azimuths; piminus: (batches, decays in each) {REST}",
        "constants": constants(),
    }  # fmt: skip


if __name__ == "__main__":
    write(OUTPUT, about(), {"events": records(Path(sys.argv[1]))})
