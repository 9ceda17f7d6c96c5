"""The Monte Carlo of a flying X against exact counts and quadrature of its decay vertices."""

from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import dblquad, quad
from scipy.special import exp1

import montecarlo as mc
from tolerances import tolerance

L, HALF, SIZE = 19.3, 0.05, 40_000


def agree(first: tuple, second: tuple) -> bool:
    return abs(first[0] - second[0]) <= tolerance("sigmas") * np.hypot(first[1], second[1])


def flown(seed: int, point: tuple, lab: float):
    """Tracks of capture X with γτ = lab [ns]: per-χ energy, pieces and weights."""
    rng, (m_x, m_chi) = np.random.default_rng(seed), point
    energy = np.full(SIZE, mc.capture_energy(m_x))
    x = mc.on_shell(energy, m_x, mc.isotropic(rng, SIZE))
    chi = np.concatenate(mc.decay_to_chi(rng, x, m_x, m_chi, "isotropic"), axis=1)
    vertex = mc.decay_vertices(rng, energy, m_x, lab * m_x / energy[0], 2 * L)
    start = np.tile(x[1:] / np.linalg.norm(x[1:], axis=0) * vertex.distance, 2)
    momentum = np.linalg.norm(chi[1:], axis=0)
    speed, time = mc.C * momentum / chi[0], np.tile(vertex.time, 2)
    found = mc.shell_segments(rng, start, chi[1:] / momentum, time, speed, L, HALF)
    return chi, found, np.tile(vertex.weight, 2)[found.index]


def fluence(found, weight) -> float:
    return np.sum(weight * found.length) * L**2 / mc.shell_volume(L, HALF) / SIZE


def mean_path(point: tuple, lab: float) -> float:
    energy = mc.capture_energy(point[0])
    return lab * mc.C * np.sqrt(1 - (point[0] / energy) ** 2)


def test_vertices_are_exponential() -> None:
    energy, m_x, tau = np.full(SIZE, 129.0), 75.0, 20.0
    vertex = mc.decay_vertices(np.random.default_rng(1), energy, m_x, tau, 5.0)
    mean = mc.C * tau * np.sqrt((129 / 75) ** 2 - 1)
    for power, exact in ((0, 1.0), (1, mean), (2, 2 * mean**2)):
        values = vertex.weight * vertex.distance**power
        assert agree((values.mean(), values.std() / np.sqrt(SIZE)), (exact, 0.0))
    at_once = mc.decay_vertices(np.random.default_rng(1), energy, m_x, 0.0, 5.0)
    assert not at_once.distance.any()
    assert not at_once.time.any()


def test_prompt_limit() -> None:
    """At τ = 0 every χ crosses once and radially: 2/4π, but for the shell's thickness."""
    chi, found, weight = flown(2, (75.0, 25.0), 0.0)
    exact = 2 / (4 * np.pi) / (1 + HALF**2 / (3 * L**2))
    assert fluence(found, weight) == pytest.approx(exact, rel=tolerance("quadrature"))
    speed = np.sqrt(1 - (25 / chi[0, found.index]) ** 2)
    radius = np.linalg.norm(found.point, axis=0)
    np.testing.assert_allclose(
        found.delay, radius / mc.C * (1 / speed - 1), atol=tolerance("quadrature")
    )


@pytest.mark.parametrize("point", [(75.0, 25.0), (138.0, 46.0), (75.0, 2.0)])
@pytest.mark.parametrize("lab", [10.0, 100.0, 1000.0])
def test_net_crossings_count_the_decays_inside(point: tuple, lab: float) -> None:
    """Every χ leaves a sphere once more than it enters if X decayed inside: 2(1 − e^{−r/λ})."""
    nets = []
    for seed in range(6):
        _, found, weight = flown(seed, point, lab)
        nets.append(np.sum(weight * found.radial) / (2 * HALF) / SIZE)
    exact = 2 * -np.expm1(-L / mean_path(point, lab))
    assert agree(mc.mean_and_error(np.array(nets)), (exact, tolerance("gradient") * exact))


@pytest.mark.parametrize("path", [3.0, 30.0, 300.0])
def test_isotropic_emission_along_the_flight(path: float) -> None:
    """One χ per vertex, any direction: ∫dr [E₁(|L−r|/λ) − E₁((L+r)/λ)]/(8πλLr) at distance L.

    With the vertices' density e^{−d/λ}/4πλd², d dd = L r dcos at distance r from the detector.
    """

    def integrand(r: float) -> float:
        return (exp1(abs(L - r) / path) - exp1((L + r) / path)) / (8 * np.pi * path * L * r)

    ends = (1e-9, L, 2 * L, L + 30 * path)
    pairs = pairwise(ends)
    exact = sum(quad(integrand, *pair, limit=200)[0] for pair in pairs)
    values = []
    for seed in range(8):
        rng = np.random.default_rng(seed)
        start = mc.isotropic(rng, SIZE) * rng.exponential(path, SIZE)
        zero = np.zeros(SIZE)
        found = mc.shell_segments(rng, start, mc.isotropic(rng, SIZE), zero, zero + mc.C, L, HALF)
        values.append(found.length.sum() / mc.shell_volume(L, HALF) / SIZE)
    assert agree(mc.mean_and_error(np.array(values)), (exact, tolerance("gradient") * exact))


def test_boosted_emission() -> None:
    """∫dr dcosη 2π ρ(d) g(cosα) over vertices around the detector, g the χ per sr of the X."""
    (m_x, m_chi), lab = (75.0, 2.0), 100.0
    energy_x = float(mc.capture_energy(m_x))
    gamma, beta = energy_x / m_x, np.sqrt(1 - (m_x / energy_x) ** 2)
    path, k_star = mean_path((m_x, m_chi), lab), np.sqrt(m_x**2 / 4 - m_chi**2)

    def per_sr(cos: float) -> float:
        """χ per sr: one momentum for each angle, since χ outruns X."""
        b, a = beta * cos, m_x / 2 / gamma
        root = np.sqrt(a**2 - m_chi**2 * (1 - b**2))
        k = (a * b + root) / (1 - b**2)
        return 2 * k**2 / (4 * np.pi * gamma * k_star * root)

    norm = quad(per_sr, -1, 1)[0] * 2 * np.pi
    assert norm == pytest.approx(2, rel=tolerance("quadrature"))

    def integrand(half_angle: float, r: float) -> float:
        cos = np.cos(2 * half_angle)  # of the vertex, seen from the detector, away from the target
        d = np.sqrt(L**2 + r**2 + 2 * L * r * cos)
        density = np.exp(-d / path) / (4 * np.pi * path * d**2)
        jacobian = 2 * np.pi * 2 * np.sin(2 * half_angle)
        return jacobian * density * per_sr(-(L * cos + r) / d)

    exact = sum(
        dblquad(integrand, low, high, 0, np.pi / 2, epsrel=1e-4)[0]
        for low, high in ((0.0, L), (L, 2 * L), (2 * L, 40 * path))
    )
    runs = [fluence(*flown(seed, (m_x, m_chi), lab)[1:]) for seed in range(8)]
    error = tolerance("gradient") * exact * L**2
    assert agree(mc.mean_and_error(np.array(runs)), (exact * L**2, error))


def test_delays_never_beat_light() -> None:
    for lab in (0.1, 100.0):
        _, found, _ = flown(3, (138.0, 46.0), lab)
        assert found.delay.min() > 0
