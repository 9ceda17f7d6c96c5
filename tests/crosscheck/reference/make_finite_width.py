"""Write finite_width.json: production through the Breit–Wigner of V, events in COHERENT CsI.

    python tests/crosscheck/reference/make_finite_width.py SOURCE_DIR

SOURCE_DIR holds coherent/{Pi0_Info,brem}.txt. Monte Carlo numbers are [value, standard error].
"""

import sys
from pathlib import Path

import numpy as np

from reference_tools import ALPHA_D, EPS, Tally, batches, by_prefix, constants, mc, write

OUTPUT = Path(__file__).with_name("finite_width.json")
SEED, BAND, TURNS, SIZE = 20230415, 2.0, 16, 250_000
PI0_BATCHES, REST_BATCHES = 30, 16
POT, MASS_KG, DISTANCE, ANGLE = 1.5e23, 14.6, 19.3, 90.0
MASSES = (30.0, 75.0, 120.0, 160.0)
RATIO_MASSES = (10.0, 30.0, 75.0, 100.0, 130.0)
SPINS = ("dirac", "scalar")
WINDOWS = {"all_recoils": (0.0, np.inf), "window_14_26": (0.014, 0.026)}


def tally(rng, energy, weight, x_per_pot, point, dm) -> Tally:
    """Yield, and events of χ that each stand for `weight` per sr and POT; propagator at m_V."""
    scale = EPS**2 * ALPHA_D * POT * MASS_KG / DISTANCE**2
    out = {f"{dm} x_per_pot": x_per_pot, f"{dm} mean_energy": np.average(energy, weights=weight)}
    for name, window in WINDOWS.items():
        sigma = 0.0
        for target in mc.csi(4.7):
            args = (energy, target, *point, dm, window)
            sigma = sigma + target.per_kg * mc.sample_recoil(rng, *args)[1]
        out[f"{dm} {name}"] = scale * np.sum(weight * sigma)
    return out


def pi0_batch(rng, pions, point, dm) -> Tally:
    """P1: √s per decay, then the π⁰ decays into an X of that mass."""
    repeats = SIZE // pions.shape[1]
    n = repeats * pions.shape[1]
    mass, shape = mc.sample_mass(rng, *point, ALPHA_D, dm, np.full(n, mc.M_PI0**2))
    yields = shape * mc.pi0_yield(mass, EPS) / n
    chi, _, parents = mc.meson_batch(rng, pions, mass, point[1], "isotropic", repeats)
    cosines = mc.cosine(chi[1:], np.tile(parents, 2)[1:]), np.tile(mc.polar(parents), 2)
    hits, solid_angle = mc.turned_into_band(rng, *cosines, ANGLE, BAND, TURNS)
    weight = np.tile(yields, 2)[hits] / TURNS / solid_angle
    return tally(rng, chi[0, hits], weight, yields.sum(), point, dm)


def rest_tally(rng, energy_x, mass, yields, point, dm) -> Tally:
    """Isotropic X of energies energy_x and masses `mass`."""
    energy = mc.at_rest_batch(rng, energy_x, mass, point[1])[0]
    return tally(rng, energy, np.tile(yields, 2) / (4 * np.pi), yields.sum(), point, dm)


def piminus_batch(rng, point, dm) -> Tally:
    """P2: √s up to the limit of capture."""
    s_max = np.full(SIZE, mc.CAPTURE_LIMIT**2)
    mass, shape = mc.sample_mass(rng, *point, ALPHA_D, dm, s_max)
    yields = shape * mc.SNS.piminus * EPS**2 / SIZE
    return rest_tally(rng, mc.capture_energy(mass), mass, yields, point, dm)


def cascade_batch(rng, brem, point, dm) -> Tally:
    """P4: √s below the photon's energy, f at √s."""
    energy, counts = mc.photons(rng, brem, SIZE // len(brem), True)
    energy, counts = energy[energy > 2 * point[1]], counts[energy > 2 * point[1]]
    mass, shape = mc.sample_mass(rng, *point, ALPHA_D, dm, energy**2)
    yields = shape * counts * mc.suppression(mass, energy) * EPS**2
    return rest_tally(rng, energy, mass, yields, point, dm)


def events(source: Path) -> list[dict]:
    """One record per channel, mass and spin."""
    pions = mc.read_pi0(source / "coherent/Pi0_Info.txt")
    brem, found = np.loadtxt(source / "coherent/brem.txt"), []
    runs = {
        "pi0": (pi0_batch, PI0_BATCHES, (pions,)),
        "piminus": (piminus_batch, REST_BATCHES, ()),
        "cascade": (cascade_batch, REST_BATCHES, (brem,)),
    }
    for j, (channel, (batch, count, lists)) in enumerate(runs.items()):
        for i, m_v in enumerate(MASSES):
            for k, dm in enumerate(SPINS):
                args = (*lists, (m_v, m_v / 3), dm)
                tallies = batches(batch, count, (SEED, j, i, k), *args)
                head = {"channel": channel, "m_v": m_v, "m_chi": m_v / 3}
                found += by_prefix(head, tallies, "dm")
    return found


def ratios() -> list[dict]:
    """Total yield over its narrow form, by quadrature."""
    return [
        {"channel": channel, "dm": dm, "m_v": m_v, "m_chi": m_v / 3,
         "width": mc.chi_width(m_v, m_v / 3, ALPHA_D, dm),
         "ratio": mc.yield_ratio(m_v, m_v / 3, ALPHA_D, dm, channel)}
        for channel in ("pi0", "piminus") for dm in SPINS for m_v in RATIO_MASSES
    ]  # fmt: skip


def about() -> dict:
    """What the numbers are: settings, conventions, constants, sizes."""
    return {
        "what": "Production through the Breit-Wigner of V; Monte Carlo: [value, standard error]",
        "made_by": "tests/crosscheck/reference/make_finite_width.py, tests/crosscheck/montecarlo",
        "seed": SEED, "eps": EPS, "alpha_d": ALPHA_D, "m_chi": "m_v / 3",
        "line_shape": "(1/pi) sqrt(s) Gamma(sqrt(s)) / [(s - m_V^2)^2 + m_V^2 Gamma_V^2] ds from "
        "4 m_chi^2; Gamma the chi chibar width alone, Gamma_V = Gamma(m_V) fixed",
        "kinematics": "sqrt(s) is the mass of X in production, decay and the yield factor; the "
        "propagator of scattering keeps m_V; decay isotropic in the X frame",
        "channels": "pi0: (1 - s/m_pi0^2)^3 to m_pi0; piminus: 1 up to m_p + m_pi - m_n; cascade: "
        "f(sqrt(s)/<E_e>), sqrt(s) < E_gamma, photons uniform within their bins",
        "ratios": "total yield over the narrow one; adaptive quadrature (1e-10)",
        "keys": "x_per_pot: X (chi pairs) per POT; mean_energy of chi at the detector [MeV]; "
        "all_recoils and window_14_26 (14 < T < 26 keV): events, no efficiency, all times",
        "experiment": {"mass_kg": MASS_KG, "distance_m": DISTANCE, "angle_deg": ANGLE, "pot": POT,
                       "target": "133Cs + 127I in equal numbers, R_n = 4.7 fm",
                       "pi0_per_pot": mc.SNS.pi0, "piminus_per_pot": mc.SNS.piminus},
        "samples": f"{PI0_BATCHES} (pi0, band of +-{BAND} deg, {TURNS} azimuths) or {REST_BATCHES} "
        f"batches of about {SIZE} decays",
        "constants": constants(),
    }  # fmt: skip


if __name__ == "__main__":
    write(OUTPUT, about(), {"ratios": ratios(), "events": events(Path(sys.argv[1]))})
