"""Bremsstrahlung, showers and NA64 against particles thrown one by one."""

import jax.numpy as jnp
import numpy as np
import pytest

from dmjax.constants import M_ELECTRON, M_MUON
from dmjax.experiments.missing_energy import missing_energy
from dmjax.models import mediator
from dmjax.prediction.missing_energy import missing_events
from dmjax.sources.brem_integrals import cross_section
from dmjax.sources.brem_table import brem_table, cross_sections
from dmjax.sources.dark_bremsstrahlung import radiation, summed_squares, transfer_range
from dmjax.sources.lepton_target import Target
from dmjax.sources.shower import track_lengths
from montecarlo import radiation as thrown
from montecarlo import showers
from montecarlo.constants import ALPHA, AVOGADRO, HBARC, M_E
from tolerances import tolerance

COPPER = Target(29.0, 63.5, 12.86)
LEAST, PRIMARIES = 0.5, 20_000


def close(value: float, many: np.ndarray) -> bool:
    """Within so many errors of the mean of many primaries."""
    error = many.std() / np.sqrt(many.size)
    return abs(many.mean() - value) <= tolerance("sigmas") * error


@pytest.mark.parametrize("mass", [M_ELECTRON, M_MUON])
def test_amplitude_is_that_of_gamma_matrices(mass: float) -> None:
    rng, energy, nucleus = np.random.default_rng(1), 2e3, 63.5 * thrown.M_U
    phi = 2.0 * np.pi * (np.arange(400) + 0.5) / 400
    one = np.ones(400)
    for _ in range(8):
        m_v = 10.0 ** rng.uniform(0.5, 2.5)
        x, delta = rng.uniform(m_v / energy + 0.02, 0.9), 10.0 ** rng.uniform(-6.0, -2.0)
        here = radiation(COPPER, mass, energy, m_v, x, delta)
        low, high = (float(t) for t in transfer_range(here))
        t = low * (high / low) ** rng.uniform(0.05, 0.95)
        *parts, good = thrown.momenta(
            mass, nucleus, energy, m_v, x * one, delta * one, t * one, phi
        )
        mean = thrown.summed_squares(mass, *parts).mean() / (8.0 * nucleus**2)
        assert good.all()
        assert np.isclose(mean, float(summed_squares(here, t)), rtol=tolerance("quadrature"))


@pytest.mark.parametrize("mass, m_v", [(M_ELECTRON, 30.0), (M_MUON, 50.0)])
def test_cross_section_is_that_of_thrown_momenta(mass: float, m_v: float) -> None:
    rng = np.random.default_rng(2)
    found, error = thrown.cross_section(rng, 29.0, 63.5, mass, 2e3, m_v, 1e3, 100_000)
    ours = float(cross_section(COPPER, mass, 2e3, m_v, 1e3))
    assert error < 0.05 * found
    assert abs(ours - found) <= tolerance("sigmas") * error


@pytest.fixture(scope="module")
def pieces() -> np.ndarray:
    return showers.segments(np.random.default_rng(3), PRIMARIES, LEAST)


def per_primary(pieces: np.ndarray, weight: np.ndarray) -> np.ndarray:
    return np.bincount(pieces[0].astype(int), pieces[3] * weight, PRIMARIES)


@pytest.mark.parametrize("name, charge", [("electron", -1), ("positron", 1)])
def test_track_length_is_that_of_a_shower(pieces: np.ndarray, name: str, charge: int) -> None:
    tracks = track_lengths(LEAST)
    ours = getattr(tracks, name) @ tracks.width
    assert close(ours, per_primary(pieces, pieces[1] == charge))


def test_na64_bremsstrahlung(pieces: np.ndarray) -> None:
    energies, m_v = np.geomspace(50.05, 100.0, 40), 30.0
    table = brem_table(Target(82.0, 207.2, 6.37), M_ELECTRON, tuple((1e3 * energies).tolist()), 5e4)
    sigma = np.interp(100.0 * pieces[2], energies, cross_sections(table, jnp.asarray(m_v)))
    area = 2.84e11 * AVOGADRO / 207.2 * 6.37 * (1e2 * HBARC) ** 2 * 0.55 * 1e-8
    v = mediator("dark-photon", m_v, 10.0, eps=1e-4)
    ours = float(missing_events(missing_energy("na64-2019"), v)["bremsstrahlung"])
    assert close(ours / (area * 4.0 * np.pi * ALPHA), per_primary(pieces, sigma))


def test_na64_annihilation_through_a_broad_vector(pieces: np.ndarray) -> None:
    m_v, m_chi, alpha_d = 250.0, 250.0 / 3.0, 0.5
    width = alpha_d * m_v / 3.0 * (1.0 + 2.0 / 9.0) * np.sqrt(1.0 - 4.0 / 9.0)
    s = 2.0 * M_E * (1e5 * pieces[2] + M_E)
    beta2 = np.maximum(1.0 - 4.0 * m_chi**2 / s, 0.0)
    pole = (s - m_v**2) ** 2 + (m_v * width) ** 2
    sigma = 4.0 * np.pi / 3.0 * ALPHA * alpha_d * s * np.sqrt(beta2) * (1.5 - 0.5 * beta2) / pole
    area = 2.84e11 * AVOGADRO * 82.0 / 207.2 * 6.37 * (1e2 * HBARC) ** 2 * 0.55 * 1e-8
    v = mediator("dark-photon", m_v, m_chi, eps=1e-4, alpha_d=alpha_d)
    ours = float(missing_events(missing_energy("na64-2019"), v)["annihilation"])
    assert close(ours / area, per_primary(pieces, np.where(pieces[1] > 0, sigma, 0.0)))
