"""The stored references against each other, quadrature and small fresh runs."""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.integrate import dblquad

import montecarlo as mc
from tolerances import tolerance

FOLDER = Path(__file__).parent / "reference"
NAMES = ("coherent_csi", "lar_ccm_jsns", "spins", "finite_width", "lifetime", "eta")
STORED = {name: json.loads((FOLDER / f"{name}.json").read_text()) for name in NAMES}
PER_WEIGHT = 1e-8 * 0.5  # ε² α_D


def find(name: str, kind: str, **keys: object) -> dict:
    (record,) = [r for r in STORED[name][kind] if all(r.get(k) == v for k, v in keys.items())]
    return record


def agree(first: list, second: list, scale: float = 1.0) -> bool:
    error = np.hypot(first[1], scale * second[1])
    return abs(first[0] - scale * second[0]) <= tolerance("sigmas") * error


@pytest.mark.parametrize("name", NAMES)
def test_every_file_says_what_it_holds(name: str) -> None:
    about = STORED[name]["about"]
    assert {"what", "made_by", "seed", "constants"} <= set(about)
    assert about["constants"]["m_pi0"] == mc.M_PI0


def test_flux_of_separate_runs() -> None:
    keys = {"m_v": 75.0, "m_chi": 25.0, "decay": "isotropic"}
    csi_90, csi_137 = (find("coherent_csi", "flux", angle_deg=a, **keys) for a in (90.0, 137.0))
    lar = find("lar_ccm_jsns", "flux", experiment="coherent-lar", **keys)
    assert agree(csi_137["dn_domega"], lar["dn_domega"])
    assert agree(csi_137["mean_energy"], lar["mean_energy"])
    for stored in (csi_90, csi_137):
        prompt = find(
            "lifetime", "records", channel="pi0", m_x=75.0, m_chi=25.0,
            angle_deg=stored["angle_deg"], gamma_tau_capture_ns=0.0,
        )  # fmt: skip
        assert agree(stored["dn_domega"], prompt["fluence"])
        assert agree(stored["mean_energy"], prompt["mean_energy"])


@pytest.mark.parametrize("dm", ["dirac", "scalar"])
@pytest.mark.parametrize("channel", ["pi0", "piminus"])
def test_traces_in_the_centre_of_mass_give_the_same_events(dm: str, channel: str) -> None:
    keys = {"channel": channel, "dm": dm, "m_v": 75.0, "m_chi": 25.0}
    csi = find("coherent_csi", "events", decay="isotropic", **keys)
    made = find("spins", "events", experiment="coherent-csi", **keys)
    assert agree(made["all"], csi["all_recoils"], 1.5)
    assert agree(made["window_14_26"], csi["window_14_26"], 1.5)
    keys |= {"m_v": 15.0, "m_chi": 5.0, "experiment": "jsns2"}
    made, jsns = (
        find("spins", "events", **keys),
        find("lar_ccm_jsns", "events", **keys, decay="isotropic"),
    )
    for window in ("all", "threshold", "cut"):
        assert agree(made[window], jsns[window])


@pytest.mark.parametrize("dm", ["dirac", "scalar"])
@pytest.mark.parametrize(
    ("name", "window", "low", "target"),
    [
        ("coherent-lar", "cut", 0.021, mc.argon(4.1)[0]),
        ("ccm", "cut", 0.05, mc.argon(4.1)[0]),
        ("jsns2", "threshold", 2.6, mc.lab_electrons()[0]),
        ("jsns2", "cut", 30.0, mc.lab_electrons()[0]),
    ],
)
def test_capture_events_by_quadrature(dm: str, name: str, window: str, low: float, target) -> None:
    """E_χ is uniform between γ_X(m_X/2 ∓ β_X k*): events are ∫dE∫dT over it."""
    m_v, m_chi = 15.0, 5.0
    energy_x = mc.capture_energy(m_v)
    half = np.sqrt((energy_x**2 - m_v**2) * (m_v**2 / 4 - m_chi**2)) / m_v
    unit = mc.dsigma_dt(np.array(low), 60.0, target, m_v, m_chi, dm)

    def top(e: float) -> float:
        return max(low, mc.endpoint(e, target, m_chi))

    box = (energy_x / 2 - half, energy_x / 2 + half)
    cross, _ = dblquad(
        lambda t, e: mc.dsigma_dt(np.array(t), e, target, m_v, m_chi, dm) / unit,
        *box, low, top, epsrel=1e-4,
    )  # fmt: skip
    setup = STORED["lar_ccm_jsns"]["about"]["experiments"][name]
    per_chi = PER_WEIGHT * setup["pot"] * setup["mass_kg"] / setup["distance_m"] ** 2
    chi = 2 * setup["piminus_per_pot"] * 1e-8 / (4 * np.pi)
    exact = chi * per_chi * target.per_kg * unit * cross / (2 * half)
    keys = {"channel": "piminus", "experiment": name, "m_v": m_v, "dm": dm}
    stored = find("lar_ccm_jsns", "events", **keys)[window]
    assert agree(stored, [exact, tolerance("gradient") * exact])


def test_finite_width_yields_are_the_quadrature() -> None:
    yields = {"pi0": mc.pi0_yield, "piminus": mc.capture_yield}
    for record in STORED["finite_width"]["events"]:
        channel, m_v = record["channel"], record["m_v"]
        if channel in yields and m_v < mc.M_PI0:
            ratio = mc.yield_ratio(m_v, m_v / 3, 0.5, record["dm"], channel)
            exact = ratio * yields[channel](m_v, 1e-4)
            assert agree(record["x_per_pot"], [exact, tolerance("gradient") * exact])


def test_lifetime_records_add_up() -> None:
    for record in STORED["lifetime"]["records"]:
        total = record["fluence"][0]
        for kind in ("by_energy", "by_delay"):
            assert sum(record[kind][0]) == pytest.approx(total, rel=tolerance("table"))


@pytest.mark.parametrize("seed", [7, 8])
def test_turning_about_the_parent_is_counting_in_the_band(seed: int) -> None:
    rng, runs = np.random.default_rng(seed), []
    momentum = 200 * mc.isotropic(rng, 500) * rng.random(500)
    energy = np.sqrt(mc.M_ETA**2 + np.sum(momentum**2, axis=0))
    mesons = np.concatenate([energy[None], momentum])
    for _ in range(12):
        chi, _, parents = mc.meson_batch(rng, mesons, 200.0, 60.0, "dirac", 200, mc.M_ETA)
        counted, solid_angle = mc.in_band(chi, 40.0, 5.0)
        cosines = mc.cosine(chi[1:], np.tile(parents, 2)[1:]), np.tile(mc.polar(parents), 2)
        turned, same = mc.turned_into_band(rng, *cosines, 40.0, 5.0, 4)
        assert same == solid_angle
        pair = [counted.sum(), turned.size / 4]
        runs.append([*pair, chi[0, counted].mean(), chi[0, turned].mean()])
    count, count_turned, mean, mean_turned = zip(*mc.mean_and_error(np.array(runs)), strict=True)
    assert agree(count, count_turned)
    assert agree(mean, mean_turned)


def test_pulses() -> None:
    rng, n, t = np.random.default_rng(9), 100_000, np.array([0.02, 0.07, 0.12, 0.2, 0.28])
    samples = {
        mc.triangle_cdf: rng.triangular(0, 0.145, 0.29, n),
        mc.box_cdf: rng.uniform(0, 0.1, n),
        lambda t: mc.gaussian_cdf(t, 0.1, 0.05): rng.normal(0.1, 0.05, n),
    }
    for cdf, sample in samples.items():
        share = np.mean(sample[:, None] < t, axis=0)
        error = np.sqrt(share * (1 - share) / n) + 1 / n
        assert np.all(np.abs(share - cdf(t)) <= tolerance("sigmas") * error)
