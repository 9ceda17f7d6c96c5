"""η → γV of baryon number, and the second pulse of JSNS², against Monte Carlo run here."""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pytest

import montecarlo as mc
from dmjax.conventions import conventions
from dmjax.data import load_table
from dmjax.experiments import experiment
from dmjax.flux import chi_flux
from dmjax.models import mediator
from dmjax.prediction.neutrinos import neutrino_background
from dmjax.prediction.recoils import expected_counts
from dmjax.response import all_recoils
from tolerances import tolerance

G, ALPHA_D, BATCHES, SIZE, TURNS = 1e-4, 0.5, 20, 100_000, 24
PLAIN = conventions("dmjax", transverse_v=False, width="narrow")
EDGES = np.array([0.0, 0.25, 0.54, 0.79, 1.0])
PION, MUON = 0.026033, 2.1969811


def agree(ours, batches) -> None:
    value, error = mc.mean_and_error(np.asarray(batches))
    allowed = tolerance("benchmark") * np.abs(value) + tolerance("sigmas") * error
    assert np.max(error) <= tolerance("benchmark") * np.max(value), (value, error)
    assert np.all(np.abs(np.asarray(ours) - value) <= allowed), (ours, value, error)


def mesons(rng: np.random.Generator) -> np.ndarray:
    """Four-momenta drawn from the shipped table."""
    columns = load_table("eta_mlf").columns
    weight = columns["weight"] / columns["weight"].sum()
    chosen = rng.choice(weight.size, SIZE, p=weight)
    energy = columns["kinetic_energy"][chosen] + mc.M_ETA
    momentum = np.sqrt(energy**2 - mc.M_ETA**2)
    cosine = columns["cos_theta"][chosen]
    return np.stack([energy, momentum * np.sqrt(1 - cosine**2), 0 * energy, momentum * cosine])


def hits(rng: np.random.Generator, m_v: float) -> tuple[np.ndarray, float]:
    """Energies of χ within 1.5° of 29°, and χ per sr and η → γV that each stands for."""
    chi, _, parents = mc.meson_batch(rng, mesons(rng), m_v, m_v / 3, "isotropic", 1, mc.M_ETA)
    cosines = mc.cosine(chi[1:], np.tile(parents, 2)[1:]), np.tile(mc.polar(parents), 2)
    found, solid_angle = mc.turned_into_band(rng, *cosines, 29.0, 1.5, TURNS)
    return chi[0, found], 1 / (SIZE * TURNS * solid_angle)


def produced(m_v: float) -> float:
    """V of B−L per proton: N_η BR(γγ) 2 p² (1 − m²/m_η²)³, p = g q F/e."""
    p = G / np.sqrt(4 * np.pi * mc.ALPHA) * mc.eta_amplitude(m_v, 1.0)
    return 0.0015 * mc.BR_ETA * 2 * p**2 * (1 - (m_v / mc.M_ETA) ** 2) ** 3


@pytest.mark.parametrize("m_v", [150.0, 300.0, 400.0])
def test_flux_and_events_of_eta_with_baryon_number(m_v):
    detector = experiment("jsns2")
    (electron,) = mc.lab_electrons()
    flux, events = [], []
    for seed in range(BATCHES):
        rng = np.random.default_rng((1997, int(m_v), seed))
        energy, each = hits(rng, m_v)
        flux.append(produced(m_v) * each * energy.size)
        _, sigma = mc.sample_recoil(rng, energy, electron, m_v, m_v / 3, "dirac", (30.0, np.inf))
        scale = G**2 / (4 * np.pi * mc.ALPHA) * ALPHA_D * 3.8e22 * 17e3 / 24.0**2
        events.append(scale * electron.per_kg * produced(m_v) * each * sigma.sum())
    point = mediator("b-l", m_v, m_v / 3, g=G, alpha_d=ALPHA_D)
    k = jnp.geomspace(0.2, float(detector.beam.k_max), 1500)
    ours = eqx.filter_jit(chi_flux)(detector.beam, point, k, PLAIN, ("eta",)).sum()
    agree(ours * jnp.exp(2 * point.log_kappa), flux)
    counts = eqx.filter_jit(expected_counts)(
        detector,
        point,
        all_recoils(np.array([3e4, 1.5e6])),
        jnp.asarray([-1.0, 1e4]),
        PLAIN,
        ("eta",),
        384,
    )
    agree(counts.sum(), events)


def test_dark_matter_in_both_windows_of_jsns2():
    """Slow χ of π⁻ capture: some of the first pulse come between the windows."""
    m_v, m_chi, low = 110.0, 50.0, 0.1
    (electron,) = mc.lab_electrons()
    shares = []
    for seed in range(BATCHES):
        rng = np.random.default_rng((2014, seed))
        x = np.full(SIZE, mc.capture_energy(m_v))
        energy = mc.at_rest_batch(rng, x, m_v, m_chi)[0]
        _, sigma = mc.sample_recoil(rng, energy, electron, m_v, m_chi, "dirac", (low, np.inf))
        start = mc.two_pulses(rng, energy.size, 0.1, 0.54)
        speed = np.sqrt(1 - (m_chi / energy) ** 2) * mc.LIGHT_SPEED
        time = start + 24.0 / speed - 24.0 / mc.LIGHT_SPEED
        shares.append(np.histogram(time, EDGES, weights=sigma)[0] / sigma.sum())
    counts = eqx.filter_jit(expected_counts)(
        experiment("jsns2"),
        mediator("dark-photon", m_v, m_chi, eps=1e-4),
        all_recoils(np.array([1e3 * low, 1e6])),
        jnp.asarray([*EDGES, 1e4]),
        PLAIN,
        ("piminus",),
        384,
    )[0, 0]
    agree(counts[:4] / counts.sum(), shares)


def test_neutrinos_in_both_windows_of_jsns2():
    """Muons of the first pulse put 0.087 of their neutrinos into the second window."""
    shares = {"prompt": [], "delayed": []}
    for seed in range(BATCHES):
        rng = np.random.default_rng((2018, seed))
        n = 4 * SIZE
        time = mc.two_pulses(rng, n, 0.1, 0.54) + rng.exponential(PION, n)
        shares["prompt"].append(np.histogram(time, EDGES)[0] / n)
        shares["delayed"].append(np.histogram(time + rng.exponential(MUON, n), EDGES)[0] / n)
    found = neutrino_background(
        experiment("jsns2"), all_recoils(np.array([3e3, 1e6])), jnp.asarray([*EDGES, 1e4]), PLAIN
    )
    for name, sampled in shares.items():
        counts = np.asarray(found[name][0])
        agree(counts[:4] / counts.sum(), sampled)
