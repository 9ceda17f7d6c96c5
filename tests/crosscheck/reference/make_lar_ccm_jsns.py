"""Write lar_ccm_jsns.json: Monte Carlo events at COHERENT LAr, CCM and JSNS², every channel.

    python tests/crosscheck/reference/make_lar_ccm_jsns.py SOURCE_DIR [EXPERIMENT ...]

SOURCE_DIR holds {coherent,ccm,jsns}/{Pi0_Info,brem}.txt. Without an experiment all are made; with
some, only these are replaced in the file. Every number is stored as [value, standard error].
"""

import json
import sys
from pathlib import Path

import numpy as np

from reference_tools import ALPHA_D, EPS, Tally, batches, by_prefix, constants, mc, write
from setups import SETUPS, Setup, band_hits

OUTPUT = Path(__file__).with_name("lar_ccm_jsns.json")
SEED, BAND, TURNS = 20210916, 1.0, 16
MASSES = (5.0, 15.0, 45.0, 75.0, 100.0, 120.0, 135.0)
TRANSVERSE = (15.0, 75.0, 120.0)
SPINS = ("dirac", "scalar")
DECAYS = ("isotropic", *SPINS)
SIZE = 250_000  # decays per batch
PI0_BATCHES, REST_BATCHES = 40, 12
NAMES = ("coherent-lar", "ccm", "jsns2")


def events(rng, energy, weight, setup, point, spins) -> Tally:
    """Events of χ that each stand for `weight` χ per sr and POT, per spin, window and time cut."""
    delay = mc.flight_delay(energy, point[1], setup.distance)
    arrived = {f"_t{cut:g}": setup.pulse(cut - delay) for cut in setup.times}
    scale = EPS**2 * ALPHA_D * setup.pot * setup.mass_kg / setup.distance**2
    out = {}
    for dm in spins:
        for name, window in setup.windows.items():
            sigma = 0.0
            for target in setup.targets:
                args = (energy, target, *point, dm, window)
                sigma = sigma + target.per_kg * mc.sample_recoil(rng, *args)[1]
            for suffix, share in {"": 1.0, **arrived}.items():
                out[f"{dm} {name}{suffix}"] = scale * np.sum(weight * sigma * share)
    return out


def pi0_batch(rng, pions, setup, point, decay) -> Tally:
    """P1: every π⁰ decays equally often; its χ are turned about it into the detector's band."""
    energy, per_v = band_hits(rng, pions, point, decay, setup, (SIZE, BAND, TURNS))
    flux = {"flux dn_domega": per_v.sum(), "flux mean_energy": energy.mean()}
    weight = per_v * mc.pi0_yield(point[0], EPS, setup.beam.pi0)
    spins = SPINS if decay == "isotropic" else (decay,)
    return flux | events(rng, energy, weight, setup, point, spins)


def rest_batch(rng, channel, setup, point, decay) -> Tally:
    """P2 and P3: isotropic, so every χ counts, over 4π."""
    if channel == "piminus":
        energy_x, per_pot = mc.capture_energy(point[0]), setup.beam.piminus * EPS**2
    else:
        energy_x = mc.pi0_energy(point[0])
        per_pot = mc.pi0_yield(point[0], EPS, setup.beam.exchange)
    energy = mc.at_rest_batch(rng, np.full(SIZE, energy_x), *point, decay)[0]
    weight = np.full(energy.size, per_pot / SIZE / (4 * np.pi))
    spins = SPINS if decay == "isotropic" else (decay,)
    return events(rng, energy, weight, setup, point, spins)


def cascade_batch(rng, brem, setup, point) -> Tally:
    """P4, photons uniform within their bins."""
    energy_x, yields = mc.cascade_photons(rng, brem, point[0], SIZE // len(brem), True)
    energy = mc.at_rest_batch(rng, energy_x, *point)[0]
    weight = np.tile(yields, 2) * EPS**2 / (4 * np.pi)
    return events(rng, energy, weight, setup, point, SPINS)


def runs(source: Path, setup: Setup):
    """(channel, decay, m_V, batch, number, arguments) of every run; only open channels."""
    pions = mc.read_pi0(source / setup.beam.folder / "Pi0_Info.txt")
    brem = np.loadtxt(source / setup.beam.folder / "brem.txt")
    for decay in DECAYS:
        for m_v in MASSES if decay == "isotropic" else TRANSVERSE:
            point = (m_v, m_v / 3)
            if m_v < mc.M_PI0:
                yield "pi0", decay, m_v, pi0_batch, PI0_BATCHES, (pions, setup, point, decay)
                args = ("exchange", setup, point, decay)
                yield "exchange", decay, m_v, rest_batch, REST_BATCHES, args
            if decay == "isotropic":
                args = ("piminus", setup, point, decay)
                yield "piminus", decay, m_v, rest_batch, REST_BATCHES, args
                yield "cascade", decay, m_v, cascade_batch, REST_BATCHES, (brem, setup, point)


def section(source: Path, name: str) -> dict[str, list[dict]]:
    """Flux and event records of one experiment."""
    flux, found, setup = [], [], SETUPS[name]
    for i, (channel, decay, m_v, batch, count, args) in enumerate(runs(source, setup)):
        tallies = batches(batch, count, (SEED, NAMES.index(name), i), *args)
        head = {"experiment": name, "channel": channel, "decay": decay, "m_v": m_v}
        records = by_prefix({**head, "m_chi": m_v / 3}, tallies, "dm")
        for record in records:
            is_flux = record["dm"] == "flux"
            (flux if is_flux else found).append(record)
            if is_flux:
                record["angle_deg"] = setup.angle
                del record["dm"]
    return {"flux": flux, "events": found}


def about() -> dict:
    """What the numbers are: settings, conventions, constants, sizes."""
    return {
        "what": "Brute-force Monte Carlo events, no efficiency; [value, standard error]",
        "made_by": "tests/crosscheck/reference/make_lar_ccm_jsns.py, tests/crosscheck/montecarlo",
        "seed": SEED, "eps": EPS, "alpha_d": ALPHA_D, "m_chi": "m_v / 3",
        "experiments": {name: SETUPS[name].about() for name in NAMES},
        "keys": "window or window_tCUT: recoils above the window's lowest T, arriving before CUT "
        "us; time = pulse + L/v - L/c, so light from t = 0 of the pulse arrives at 0; prompt V",
        "channels": {
            "pi0": "raw list, N BR(gg) 2 eps^2 (1 - m_V^2/m_pi0^2)^3, narrow width",
            "exchange": "the same from pi0 at rest", "piminus": "N eps^2, one energy",
            "cascade": "photons uniform within the bins of brem.txt (1e5 protons), E_X = E_gamma, "
            "eps^2 f(m_X/<E_e>), isotropic",
        },
        "decay": "V -> chi chibar: isotropic, or transverse V for a scalar or dirac chi, theta* "
        "from the V direction in the meson frame",
        "flux": f"chi + chibar per sr and pi0 -> V in +-{BAND} deg at the detector's angle",
        "absent": "closed channels (pi0, exchange at 135 MeV) have no record",
        "samples": f"{PI0_BATCHES} (pi0) or {REST_BATCHES} batches of about {SIZE} decays, each "
        f"pi0 decay at {TURNS} azimuths about its pi0; the pi0 list itself is taken as exact",
        "constants": constants(),
    }  # fmt: skip


def main(source: Path, names: list[str]) -> None:
    """Make the named experiments (all if none) and put their records in place of the old ones."""
    stored = json.loads(OUTPUT.read_text()) if OUTPUT.exists() else {}
    kinds = {kind: stored.get(kind, []) for kind in ("flux", "events")}
    for name in names or NAMES:
        made = section(source, name)
        for kind, records in kinds.items():
            kinds[kind] = [r for r in records if r["experiment"] != name] + made[kind]
    for records in kinds.values():
        records.sort(key=lambda r: NAMES.index(r["experiment"]))
    write(OUTPUT, about(), kinds)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
