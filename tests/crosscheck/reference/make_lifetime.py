"""Write lifetime.json: χ fluence and arrival times when X lives for 0.1 to 1000 ns.

    python tests/crosscheck/reference/make_lifetime.py SOURCE_DIR

SOURCE_DIR holds coherent/{Pi0_Info,brem}.txt. Every number is stored as [value, standard error].
"""

import sys
from pathlib import Path

import numpy as np

from reference_tools import Tally, batches, by_prefix, constants, mc, write

OUTPUT = Path(__file__).with_name("lifetime.json")
SEED, BAND, TURNS, HALF, SIZE = 20240307, 2.0, 8, 0.05, 200_000
BATCHES = {"piminus": 16, "pi0": 40, "cascade": 16}
POINTS = [(75.0, 25.0), (138.0, 46.0), (30.0, 10.0), (75.0, 2.0)]
GAMMA_TAU = (0.0, 0.1, 10.0, 100.0, 1000.0)  # ns, of the X from capture; 0 is prompt
DETECTORS = {"90": 19.3, "137": 28.4}  # angle [deg]: distance [m]
REST_DISTANCE = 19.3
DELAY_EDGES = [0.0, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, np.inf]  # ns
ENERGY_EDGES = [0.0, 20, 40, 60, 80, 100, 150, 200, 300, 500, 5000]  # MeV


def capture_edges(point: tuple[float, float]) -> list[float]:
    """Ten equal bins over the box γ_X(m_X/2 ∓ β_X k*) of χ from capture."""
    energy, (m_x, m_chi) = mc.capture_energy(point[0]), point
    half = np.sqrt((energy**2 - m_x**2) * (m_x**2 / 4 - m_chi**2)) / m_x
    edges = np.linspace(energy / 2 - half, energy / 2 + half, 11)
    return [float(edges[0] * (1 - 1e-9)), *edges[1:-1].tolist(), float(edges[-1] * (1 + 1e-9))]


def proper_lifetimes(m_x: float) -> dict[float, float]:
    """Proper τ [ns] by γτ of the X from capture."""
    return {lab: lab * m_x / float(mc.capture_energy(m_x)) for lab in GAMMA_TAU}


def tally(energy, weight, delay, edges) -> Tally:
    """Fluence × L² per X: in all, by energy, by delay; and the mean energy."""
    total = weight.sum()
    return {
        "fluence": total,
        "mean_energy": np.sum(weight * energy) / total,
        "by_energy": np.histogram(energy, edges, weights=weight)[0],
        "by_delay": np.histogram(delay, DELAY_EDGES, weights=weight)[0],
    }


def with_ratios(made: dict[str, Tally]) -> Tally:
    """All tallies under their prefixes, with the ratio to the prompt one of the same batch."""
    out = {}
    for prefix, values in made.items():
        where = prefix.partition("@")[2]
        prompt = made[f"0@{where}"]["fluence"]
        out[f"{prefix} ratio_to_prompt"] = values["fluence"] / prompt
        out |= {f"{prefix} {name}": value for name, value in values.items()}
    return out


def tracks(rng, x, chi, m_x, m_chi, tau, distance) -> tuple[mc.Segments, np.ndarray]:
    """Pieces of the χ tracks (two per X, stacked) in the shell and their weights [m]."""
    vertex = mc.decay_vertices(rng, x[0], m_x, tau, 2 * distance)
    start = np.tile(x[1:] / np.linalg.norm(x[1:], axis=0) * vertex.distance, 2)
    momentum = np.linalg.norm(chi[1:], axis=0)
    speed = mc.C * momentum / chi[0]
    time = np.tile(vertex.time, 2)
    found = mc.shell_segments(rng, start, chi[1:] / momentum, time, speed, distance, HALF)
    return found, found.length * np.tile(vertex.weight, 2)[found.index]


def rest_batch(rng, energy_x, yields, point, edges) -> Tally:
    """X from rest or from the cascade: isotropic, so the whole shell is the detector."""
    x = mc.on_shell(energy_x, point[0], mc.isotropic(rng, energy_x.size))
    chi = np.concatenate(mc.decay_to_chi(rng, x, *point, "isotropic"), axis=1)
    share, made = np.tile(yields, 2) / yields.sum(), {}
    for lab, tau in proper_lifetimes(point[0]).items():
        found, weight = tracks(rng, x, chi, *point, tau, REST_DISTANCE)
        weight *= share[found.index] * REST_DISTANCE**2 / mc.shell_volume(REST_DISTANCE, HALF)
        made[f"{lab:g}@all"] = tally(chi[0, found.index], weight, found.delay, edges)
    return with_ratios(made)


def piminus_batch(rng, point, edges) -> Tally:
    """P2."""
    return rest_batch(rng, np.full(SIZE, mc.capture_energy(point[0])), np.ones(SIZE), point, edges)


def cascade_batch(rng, brem, point, edges) -> Tally:
    """P4, photons uniform within their bins."""
    photons = mc.cascade_photons(rng, brem, point[0], SIZE // len(brem), True)
    return rest_batch(rng, *photons, point, edges)


def pi0_batch(rng, pions, point, edges) -> Tally:
    """P1: points of the tracks, turned about their π⁰, in the detector's band of the shell."""
    chi, x, parents = mc.meson_batch(rng, pions, *point, "isotropic", SIZE // pions.shape[1])
    parents, made = np.tile(parents, 2), {}
    for lab, tau in proper_lifetimes(point[0]).items():
        for angle, distance in DETECTORS.items():
            found, weight = tracks(rng, x, chi, *point, tau, distance)
            own = parents[:, found.index]
            cosines = mc.cosine(found.point, own[1:]), mc.polar(own)
            hits, solid_angle = mc.turned_into_band(rng, *cosines, float(angle), BAND, TURNS)
            volume = mc.shell_volume(distance, HALF) * solid_angle / (4 * np.pi)
            weight = weight[hits] * distance**2 / volume / TURNS / x.shape[1]
            made[f"{lab:g}@{angle}"] = tally(
                chi[0, found.index[hits]], weight, found.delay[hits], edges
            )
    return with_ratios(made)


def records(source: Path) -> list[dict]:
    """One record per channel, masses, lifetime and detector."""
    pions = mc.read_pi0(source / "coherent/Pi0_Info.txt")
    brem, found = np.loadtxt(source / "coherent/brem.txt"), []
    runs = {"piminus": (piminus_batch, ()), "pi0": (pi0_batch, (pions,))}
    runs["cascade"] = (cascade_batch, (brem,))
    for j, (channel, (batch, lists)) in enumerate(runs.items()):
        for i, point in enumerate(POINTS):
            if channel == "pi0" and point[0] >= mc.M_PI0:
                continue
            edges = capture_edges(point) if channel == "piminus" else ENERGY_EDGES
            tallies = batches(batch, BATCHES[channel], (SEED, j, i), *lists, point, edges)
            head = {"channel": channel, "m_x": point[0], "m_chi": point[1], "energy_edges": edges}
            found += [placed(record) for record in by_prefix(head, tallies, "place")]
    return found


def placed(record: dict) -> dict:
    """The prefix "γτ@angle" spelled out: lifetimes, distance and angle."""
    lab, _, angle = record.pop("place").partition("@")
    tau = proper_lifetimes(record["m_x"])[float(lab)]
    distance = DETECTORS.get(angle, REST_DISTANCE)
    place = {"angle_deg": None if angle == "all" else float(angle), "distance_m": distance}
    return {**place, "gamma_tau_capture_ns": float(lab), "tau_proper_ns": tau, **record}


def about() -> dict:
    """What the numbers are: settings, conventions, constants, sizes."""
    return {
        "what": "Fluence of chi from X with a lifetime, brute force; [value, standard error]",
        "made_by": "tests/crosscheck/reference/make_lifetime.py, tests/crosscheck/montecarlo",
        "seed": SEED,
        "fluence": "track length per volume at distance L from the target, times L^2, per X (chi "
        "+ chibar: 2 per X; 2/(4 pi) when prompt and isotropic). Narrow width, decay isotropic in "
        "the X frame. Per X of its channel: production yields are left out, in the cascade "
        "the X energies are weighted by n_gamma f(m_X/<E_e>)",
        "detector": f"shell L +- {HALF} m, whole sphere (angle null: isotropic sources) or the "
        f"band of +-{BAND} deg about the polar angle from the beam",
        "delay": "time - r/c [ns] at a point of the track in the shell, r its distance from the "
        "target; X is made at time 0: NO beam pulse. Bins by_delay: delay_edges_ns, the last open",
        "by_energy": "fluence in the record's energy_edges [MeV]",
        "ratio_to_prompt": "fluence over that of the same X and chi decaying at the target",
        "tau": "tau_proper_ns from gamma tau of the X from pi- capture, used for every channel; "
        "0 is prompt",
        "delay_edges_ns": [str(e) if np.isinf(e) else e for e in DELAY_EDGES],
        "samples": f"{BATCHES} batches of about {SIZE} X; {TURNS} azimuths about each pi0",
        "constants": constants(),
    }  # fmt: skip


if __name__ == "__main__":
    write(OUTPUT, about(), {"records": records(Path(sys.argv[1]))})
