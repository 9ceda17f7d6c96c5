"""The relic density by an independent program: SciPy's integrators, its own formulas and tables."""

import csv
import itertools

import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import quad, solve_ivp
from scipy.interpolate import CubicSpline
from scipy.special import kve

from dmjax.models import mediator
from dmjax.relic.boltzmann import COLDEST
from dmjax.relic.density import relic_density
from dmjax.relic.thermal import log_average, nodes
from tolerances import tolerance

ALPHA, M_E, M_MU = 1.0 / 137.036, 0.51099895, 105.6583755
M_PLANCK, S0, RHO = 1.22089e22, 2891.2 * 1.973269804e-11**3, 8.0992e-35
STATES = {"scalar": (4.0, 2.0, 0.5), "dirac": (1.0, 4.0, 0.5), "majorana": (2.0, 2.0, 1.0)}
POINTS = [
    ("scalar", 20.0, 60.0, 0.1, 2.18e-4),
    ("dirac", 5.0, 15.0, 0.5, 1.2e-5),
    ("majorana", 50.0, 105.0, 0.5, 5e-6),
    ("scalar", 20.0, 38.0, 0.5, 1.5e-5),
]


def _lepton(q, mass):
    return (1.0 + 2.0 * mass**2 / q**2) * np.sqrt(max(1.0 - 4.0 * mass**2 / q**2, 0.0))


def _visible(q, eps):
    return eps**2 * ALPHA * q / 3.0 * (_lepton(q, M_E) + _lepton(q, M_MU))


def _dark(dm, q, m_chi, alpha_d):
    beta = np.sqrt(max(1.0 - 4.0 * m_chi**2 / q**2, 0.0))
    shape = {"scalar": beta**3 / 12, "majorana": beta**3 / 6}
    return alpha_d * q * shape.get(dm, beta * (1.0 + 2.0 * m_chi**2 / q**2) / 3.0)


def _average(dm, m_chi, m_v, alpha_d, eps, x):
    """c⟨σv⟩ by adaptive quadrature, in pieces around the pole."""
    weight, _, pairs = STATES[dm]
    temperature = m_chi / x
    width = _dark(dm, m_v, m_chi, alpha_d) + _visible(m_v, eps)

    def integrand(y):
        """In y² = √s − 2m_χ."""
        q = 2.0 * m_chi + y * y
        s = q * q
        both = _dark(dm, q, m_chi, alpha_d) * _visible(q, eps)
        sigma = weight * 12.0 * np.pi * s / (s - 4.0 * m_chi**2) * both
        sigma /= (s - m_v**2) ** 2 + (m_v * width) ** 2
        bessel = kve(1, q / temperature) * np.exp(-y * y / temperature)
        return sigma * (s - 4.0 * m_chi**2) * q * bessel * 2.0 * q * 2.0 * y

    end = np.sqrt(60.0 * temperature)
    pole, cuts = m_v - 2.0 * m_chi, {0.0, end}
    for step in (-300.0, -30.0, -5.0, 0.0, 5.0, 30.0, 300.0):
        at = pole + step * width
        if 0.0 < at < end**2:
            cuts.add(np.sqrt(at))
    edges = sorted(cuts)
    pieces = [
        quad(integrand, a, b, limit=400, epsrel=1e-8)[0] for a, b in itertools.pairwise(edges)
    ]
    return pairs * sum(pieces) / (8.0 * m_chi**4 * temperature * kve(2, x) ** 2)


def _density(dm, m_chi, m_v, alpha_d, eps, table):
    """Ωh² by Radau's method in ln Y against x, from x = 8 on."""
    temperature, root, entropy = table
    grid = np.linspace(np.log(4.0), np.log(COLDEST), 90)
    rates = [_average(dm, m_chi, m_v, alpha_d, eps, x) for x in np.exp(grid)]
    log_rate = CubicSpline(grid, np.log(rates))
    log_t = np.log(temperature)

    def equilibrium(x):
        h = np.interp(np.log(m_chi / x), log_t, entropy)
        states = 45.0 * STATES[dm][1] / (4.0 * np.pi**4 * h)
        return np.log(states * x * x * kve(2, x)) - x

    def slope(log_x, log_y):
        x = np.exp(log_x)
        g = np.interp(np.log(m_chi / x), log_t, root)
        rate = np.sqrt(np.pi / 45.0) * M_PLANCK * m_chi * g * np.exp(log_rate(log_x)) / x
        return rate * (np.exp(2.0 * equilibrium(x) - log_y) - np.exp(log_y))

    start, steady = np.log(8.0), np.array([equilibrium(8.0)])
    found = solve_ivp(
        slope, (start, grid[-1]), steady, method="Radau", rtol=1e-7, atol=1e-8, first_step=1e-6
    )
    assert found.success
    return np.exp(found.y[0, -1]) * m_chi * S0 / RHO


@pytest.fixture(scope="module")
def table(shared_data):
    rows = csv.reader((shared_data / "beams" / "gstar_gg.csv").read_text().splitlines()[1:])
    t, root, entropy, _ = np.array([[float(x) for x in row] for row in rows]).T
    return 1e3 * t, root, entropy


@pytest.mark.parametrize(("dm", "m_chi", "m_v", "alpha_d", "eps"), POINTS)
def test_relic_density_by_scipy(dm, m_chi, m_v, alpha_d, eps, table):
    v = mediator("dark-photon", m_v, m_chi, eps=eps, alpha_d=alpha_d, dm=dm, role="scatterer")
    theirs = _density(dm, m_chi, m_v, alpha_d, eps, table)
    assert 0.02 < theirs < 1.0
    assert np.isclose(float(relic_density(v)), theirs, rtol=tolerance("template"))


@pytest.mark.parametrize("dm", STATES)
@pytest.mark.parametrize("x", [5.0, 15.0, 400.0])
def test_thermal_average_by_quadrature(dm, x):
    for m_v, alpha_d in ((60.0, 0.1), (40.2, 1e-4), (30.0, 0.5)):
        v = mediator("dark-photon", m_v, 20.0, eps=1e-6, alpha_d=alpha_d, dm=dm, role="scatterer")
        ours = float(jnp.exp(log_average(v, nodes(v), jnp.asarray(x))))
        theirs = _average(dm, 20.0, m_v, alpha_d, 1e-6, x)
        assert np.isclose(ours, theirs, rtol=tolerance("template"))
