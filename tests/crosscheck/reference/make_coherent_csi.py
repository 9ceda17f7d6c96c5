"""Write coherent_csi.json: brute-force Monte Carlo numbers for the tests.

    python tests/crosscheck/reference/make_coherent_csi.py SOURCE_DIR [SECTION ...]

SOURCE_DIR holds coherent/Pi0_Info.txt and coherent/brem.txt. Without a section all are made; with
some, only these are replaced in the file. Every number is stored as [value, standard error].
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

from coherent_tallies import (
    ALL,
    DISTANCE,
    MASS_KG,
    PE_EDGES,
    POT,
    TIME_EDGES,
    binned,
    event_tallies,
)
from reference_tools import ALPHA_D, EPS, Tally, batches, by_prefix, mc, write

OUTPUT = Path(__file__).with_name("coherent_csi.json")
SEED = 20170803
BAND = 2.0
ANGLES = (29.0, 90.0, 137.0)
POINTS = [
    (5.0, 5 / 3), (30.0, 10.0), (75.0, 25.0), (75.0, 30.0),
    (100.0, 100 / 3), (120.0, 40.0), (130.0, 130 / 3), (134.0, 44.0),
]  # fmt: skip
SLOW = (136.0, 136 / 2.05)
EVENT_MASSES = (30.0, 75.0, 120.0)
PI0_REPEATS, PI0_BATCHES = 50, 80
REST_SIZE, REST_BATCHES = 250_000, 40
CASCADE_REPEATS, CASCADE_BATCHES = 5_000, 20


def pi0_batch(rng, pions, point, decay) -> Tally:
    """Flux at the three angles (and in half the band), events at 90°."""
    chi, v, _ = mc.meson_batch(rng, pions, *point, decay, PI0_REPEATS)
    n, out = v.shape[1], {}
    for angle in ANGLES:
        for name, half_width in (("half_band", BAND / 2), ("dn_domega", BAND)):
            mask, solid_angle = mc.in_band(chi, angle, half_width)
            out[f"{angle:g} {name}"] = mask.sum() / n / solid_angle
        out[f"{angle:g} mean_energy"] = chi[0, mask].mean()
        if angle == 90 and point[0] in EVENT_MASSES and point[1] == point[0] / 3:
            weight = np.full(mask.sum(), mc.pi0_yield(point[0], EPS) / n / solid_angle)
            spins, r_n = (("dirac", "scalar"), 4.7) if decay == "isotropic" else ((decay,), None)
            out |= event_tallies(rng, chi[0, mask], weight, point, spins, r_n)
    return out


def piminus_batch(rng, point) -> Tally:
    """Events of capture at rest: isotropic, so every χ counts, over 4π."""
    energy_x = np.full(REST_SIZE, mc.capture_energy(point[0]))
    energy = mc.at_rest_batch(rng, energy_x, *point)[0]
    weight = np.full(energy.size, mc.capture_yield(point[0], EPS) / REST_SIZE / (4 * np.pi))
    return event_tallies(rng, energy, weight, point, ("dirac", "scalar"), 4.7)


def slow_batch(rng) -> Tally:
    """Arrival times of a slow χ from capture: of the flux per X, and of all recoils."""
    energy_x = np.full(REST_SIZE, mc.capture_energy(SLOW[0]))
    energy = mc.at_rest_batch(rng, energy_x, *SLOW)[0]
    weight = np.full(energy.size, mc.capture_yield(SLOW[0], EPS) / REST_SIZE / (4 * np.pi))
    out = {}
    for width in (0.5, 0.1):
        edges = np.linspace(0, 6, round(6 / width) + 1)
        time = mc.arrival_time(rng, energy, SLOW[1], DISTANCE)
        out[f"flux_per_x {width}"] = np.histogram(time, edges)[0] / REST_SIZE / (4 * np.pi)
        for dm in ("dirac", "scalar"):
            args = (energy, weight, SLOW, dm, mc.csi(4.7), ALL, ([0.0, 1e9], edges), False)
            out[f"{dm} all_recoils {width}"] = binned(rng, *args)[0]
    return out


def cascade_batch(rng, brem, point, smear) -> Tally:
    """Events of the cascade, both spins."""
    energy_x, yields = mc.cascade_photons(rng, brem, point[0], CASCADE_REPEATS, smear)
    energy = mc.at_rest_batch(rng, energy_x, *point)[0]
    weight = np.tile(yields, 2) * EPS**2 / (4 * np.pi)
    return event_tallies(rng, energy, weight, point, ("dirac", "scalar"), 4.7)


def pi0_section(decay: str, source: Path) -> dict:
    """Flux and event records of P1 for one decay distribution."""
    pions, index = mc.read_pi0(source / "coherent/Pi0_Info.txt"), DECAYS.index(decay)
    flux, found = [], []
    for i, point in enumerate(POINTS):
        tallies = batches(pi0_batch, PI0_BATCHES, (SEED, 1, index, i), pions, point, decay)
        head = {"channel": "pi0", "m_v": point[0], "m_chi": point[1], "decay": decay}
        split = {True: {}, False: {}}
        for name, value in tallies.items():
            split[name[0].isdigit()][name] = value
        flux += by_prefix(head, split[True], "angle_deg")
        radius = 4.7 if decay == "isotropic" else "charge"
        found += by_prefix({**head, "r_n_fm": radius}, split[False], "dm")
    return {"flux": flux, "events": found}


def piminus_section(_: Path) -> dict:
    """Event records of P2 and the slow time distribution."""
    found = []
    for i, m_v in enumerate((*EVENT_MASSES, 136.0)):
        head = {"channel": "piminus", "m_v": m_v, "m_chi": m_v / 3, "decay": "isotropic"}
        tallies = batches(piminus_batch, REST_BATCHES, (SEED, 2, i), (m_v, m_v / 3))
        found += by_prefix({**head, "r_n_fm": 4.7}, tallies, "dm")
    slow = {"channel": "piminus", "m_v": SLOW[0], "m_chi": SLOW[1], "r_n_fm": 4.7}
    return {"events": found, "times": [slow | batches(slow_batch, REST_BATCHES, (SEED, 3))]}


def cascade_section(source: Path) -> dict:
    """Event records of P4 with photons at the bin centre and smeared over the bin."""
    brem, found = np.loadtxt(source / "coherent/brem.txt"), []
    for i, m_v in enumerate((5.0, 20.0, 30.0, 75.0)):
        for smear, name in enumerate(("centre", "smeared")):
            point = (m_v, m_v / 3)
            args = (brem, point, bool(smear))
            tallies = batches(cascade_batch, CASCADE_BATCHES, (SEED, 4, i, smear), *args)
            head = {"channel": "cascade", "m_v": m_v, "m_chi": m_v / 3, "decay": "isotropic"}
            found += by_prefix({**head, "photon_energy": name, "r_n_fm": 4.7}, tallies, "dm")
    return {"events": found}


DECAYS = ("isotropic", "scalar", "dirac")
SECTIONS: dict[str, Callable[[Path], dict]] = {
    **{f"pi0-{d}": lambda source, d=d: pi0_section(d, source) for d in DECAYS},
    "piminus": piminus_section,
    "cascade": cascade_section,
}


def about() -> dict:
    """What the numbers are: settings, conventions, constants, sizes."""
    nuclei = zip(("Cs133", "I127"), mc.csi(), strict=True)
    return {
        "what": "Brute-force Monte Carlo of COHERENT CsI; numbers are [value, standard error]",
        "made_by": "tests/crosscheck/reference/make_coherent_csi.py, tests/crosscheck/montecarlo",
        "seed": SEED,
        "samples": {
            "pi0": f"{PI0_BATCHES} batches x 10484 pi0 of the raw list x {PI0_REPEATS} decays",
            "piminus": f"{REST_BATCHES} batches x {REST_SIZE} X",
            "cascade": f"{CASCADE_BATCHES} batches x {CASCADE_REPEATS} X per photon bin",
            "error": "scatter between batches; the pi0 list itself is taken as exact",
        },
        "flux": f"chi + chibar per sr and pi0 -> V, band of +-{BAND} deg (half_band: half of it); "
        "mean_energy in MeV",
        "decay": "V -> chi chibar: isotropic, or transverse V for a scalar or dirac chi",
        "events": {
            "eps": EPS, "alpha_d": ALPHA_D, "pot": POT, "mass_kg": MASS_KG,
            "distance_m": DISTANCE, "angle_deg": 90.0, "targets": "133Cs + 127I in equal numbers",
            "window_14_26": "14 < E_r < 26 keV, no efficiency",
            "counts": "acceptance applied at 1-PE bin centres; PE x time",
            "pe_edges": PE_EDGES.tolist(), "time_edges_us": TIME_EDGES.tolist(),
            "pe_per_kev": mc.PE_PER_KEV, "photo_statistics": "none",
            "r_n_fm": "4.7 for both nuclei, or charge: 4.804 (Cs), 4.750 (I)",
        },
        "times": "0.5 and 0.1 us bins from 0 to 6: chi per sr and X, and events over all recoils; "
        "Gaussian pulse 0.7 +- 0.15 us plus L/v - L/c, prompt V",
        "photon_energy": "E_X at the bin centre of brem.txt, or uniform within the bin",
        "yields": {"pi0_per_pot": mc.SNS.pi0, "br_pi0_gamma_gamma": mc.BR_GAMMA_GAMMA,
                   "pi0": "N BR 2 eps^2 (1 - m_V^2/m_pi0^2)^3, narrow width",
                   "piminus_per_pot": mc.SNS.piminus, "piminus": "N eps^2, one energy"},
        "constants": {"m_pi0": mc.M_PI0, "m_piminus": mc.M_PIMINUS, "m_p": mc.M_P, "m_n": mc.M_N,
                      "m_e": mc.M_E, "inverse_alpha": 1 / mc.ALPHA,
                      **{f"m_{name}_nucleus": nucleus.mass for name, nucleus in nuclei}},
    }  # fmt: skip


def main(source: Path, names: list[str]) -> None:
    """Make the named sections (all if none) and put their records in place of the old ones."""
    stored = json.loads(OUTPUT.read_text()) if OUTPUT.exists() else {}
    for name in names or SECTIONS:
        made = SECTIONS[name](source)
        for kind in ("flux", "events", "times"):
            kept = [record for record in stored.get(kind, []) if record["section"] != name]
            new = [{"section": name, **record} for record in made.get(kind, [])]
            stored[kind] = sorted(kept + new, key=lambda r: list(SECTIONS).index(r["section"]))
    write(OUTPUT, about(), {kind: stored[kind] for kind in ("flux", "events", "times")})


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
