"""Write eta.json: χ flux and JSNS² events of η → V γ, for a short made-up list of η mesons.

    python tests/crosscheck/reference/make_eta.py

Every number is stored as [value, standard error].
"""

from pathlib import Path

import numpy as np

from reference_tools import ALPHA_D, EPS, Tally, batches, constants, mc, write
from setups import SETUPS, band_hits

OUTPUT = Path(__file__).with_name("eta.json")
SEED, BAND, TURNS, SIZE, BATCHES = 20250110, 1.0, 16, 250_000, 80
LIST = [
    (60.0, 20.0),
    (150.0, 45.0),
    (250.0, 10.0),
    (400.0, 75.0),
    (700.0, 30.0),
]  # T [MeV], θ [deg]
ETA_PER_POT, BR_GAMMA_GAMMA = 0.0015, 0.3936
MASSES = (75.0, 200.0, 350.0, 500.0)
SPINS = ("dirac", "scalar")
DECAYS = ("isotropic", "scalar")


def mesons() -> np.ndarray:
    """Four-momenta of the list."""
    kinetic, angle = np.array(LIST).T
    momentum = np.sqrt((kinetic + mc.M_ETA) ** 2 - mc.M_ETA**2)
    theta = np.radians(angle)
    across, along = momentum * np.sin(theta), momentum * np.cos(theta)
    return np.stack([kinetic + mc.M_ETA, across, 0 * across, along])


def eta_yield(m_v: float) -> float:
    """V per POT: N_η BR(γγ) 2ε² (1 − m_V²/m_η²)³."""
    return ETA_PER_POT * BR_GAMMA_GAMMA * 2 * EPS**2 * (1 - (m_v / mc.M_ETA) ** 2) ** 3


def batch(rng, point, decay) -> Tally:
    """Flux in the band and events per spin and window."""
    setup, sampling = SETUPS["jsns2"], (SIZE, BAND, TURNS)
    energy, per_v = band_hits(rng, mesons(), point, decay, setup, sampling, mc.M_ETA)
    out = {"dn_domega": per_v.sum(), "mean_energy": energy.mean()}
    scale = EPS**2 * ALPHA_D * setup.pot * setup.mass_kg / setup.distance**2 * eta_yield(point[0])
    (electron,) = setup.targets
    for dm in SPINS if decay == "isotropic" else (decay,):
        for name, window in setup.windows.items():
            _, sigma = mc.sample_recoil(rng, energy, electron, *point, dm, window)
            out[f"{dm}_{name}"] = scale * electron.per_kg * np.sum(per_v * sigma)
    return out


def records() -> list[dict]:
    """One record per mass and decay."""
    found = []
    for i, m_v in enumerate(MASSES):
        for j, decay in enumerate(DECAYS):
            tallies = batches(batch, BATCHES, (SEED, i, j), (m_v, m_v / 3), decay)
            head = {"channel": "eta", "m_v": m_v, "m_chi": m_v / 3, "decay": decay}
            found.append(head | tallies)
    return found


def about() -> dict:
    """What the numbers are: settings, conventions, constants, sizes."""
    return {
        "what": "Brute-force Monte Carlo of eta -> V gamma at JSNS2; [value, standard error]",
        "made_by": "tests/crosscheck/reference/make_eta.py, tests/crosscheck/montecarlo",
        "seed": SEED, "eps": EPS, "alpha_d": ALPHA_D, "m_chi": "m_v / 3",
        "mesons_kinetic_mev_and_angle_deg": LIST,
        "mesons": "a made-up list, all entries equally likely, azimuths uniform",
        "yield": "N BR(gg) 2 eps^2 (1 - m_V^2/m_eta^2)^3, narrow width",
        "eta_per_pot": ETA_PER_POT, "br_eta_gamma_gamma": BR_GAMMA_GAMMA, "m_eta": mc.M_ETA,
        "keys": f"dn_domega: chi + chibar per sr and eta -> V in +-{BAND} deg; SPIN_WINDOW: "
        "events, no efficiency, all times",
        "experiment": SETUPS["jsns2"].about(),
        "samples": f"{BATCHES} batches of {SIZE} decays, each at {TURNS} azimuths about its eta",
        "constants": constants(),
    }  # fmt: skip


if __name__ == "__main__":
    write(OUTPUT, about(), {"records": records()})
