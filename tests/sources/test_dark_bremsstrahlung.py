"""Dark bremsstrahlung against tables of another program, numerical integrals, and its limits."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import quad

from dmjax.constants import ALPHA_EM, M_ELECTRON, M_MUON
from dmjax.sources.brem_integrals import (
    angle_density,
    cross_section,
    energy_nodes,
    spectrum,
)
from dmjax.sources.brem_table import brem_table, cross_sections
from dmjax.sources.dark_bremsstrahlung import (
    forward,
    radiated,
    radiation,
    summed_squares,
    transfer_range,
)
from dmjax.sources.lepton_target import Target
from dmjax.sources.weizsacker_williams import improved_spectrum
from dmjax.units import HBARC_MEV_FM
from tolerances import tolerance

LEAD, TUNGSTEN = Target(82.0, 207.2, 6.37), Target(74.0, 183.84, 6.76)
PB = HBARC_MEV_FM**2 * 1e10 * 4.0 * np.pi * ALPHA_EM
"""pb per ε² in MeV⁻² per κ²."""


@partial(jax.jit, static_argnums=5)
def _sections(z, a, mass, energy, least, by="exact", *, m_v):
    target = Target(z, a, 1.0)
    if by == "exact":
        return PB * cross_section(target, mass, energy, m_v, least)
    x, weights = energy_nodes(mass, energy, m_v, least)
    return PB * weights @ jax.vmap(partial(improved_spectrum, target, mass, energy, m_v))(x)


def _pb(target, energy_gev, m_v, least_gev=0.0, mass=M_ELECTRON, by="exact"):
    numbers = (target.z, target.a, mass, 1e3 * energy_gev, 1e3 * least_gev)
    return float(_sections(*map(jnp.asarray, numbers), by, m_v=jnp.asarray(m_v)))


def test_cross_sections_are_those_of_another_program(shared_data):
    rows = np.loadtxt(shared_data / "beams" / "dark_brem_exact.csv", delimiter=",")
    for above, column in ((0.0, 4), (0.5, 5), (0.7, 6)):

        def one(row, above=above):
            energy = 1e3 * row[2]
            target = Target(row[0], row[1], 1.0)
            return PB * cross_section(target, M_ELECTRON, energy, 1e3 * row[3], above * energy)

        ours = jax.jit(lambda r, one=one: jax.lax.map(one, r))(jnp.asarray(rows))
        assert np.allclose(ours, rows[:, column], rtol=tolerance("beams"), atol=0.0)


@pytest.mark.parametrize(
    "m_v, energy, printed",
    [(10.0, 20.0, 7995.0), (10.0, 100.0, 8486.0), (50.0, 20.0, 322.7), (100.0, 100.0, 106.0)],
)
def test_total_on_lead_is_that_of_dmg4(m_v, energy, printed):
    assert np.isclose(1e-8 * _pb(LEAD, energy, m_v), printed, rtol=tolerance("beams"))


@pytest.mark.parametrize("m_v, printed", [(10.0, 2.59e8), (100.0, 1.58e8), (300.0, 2.98e7)])
def test_muons_on_tungsten(m_v, printed):
    found = _pb(TUNGSTEN, 15.0, m_v, 9.0, M_MUON)
    assert np.isclose(found, printed, rtol=tolerance("benchmark"))


@pytest.mark.parametrize(
    "m_v, energy, ratio",
    [(2.0, 100.0, 0.82), (10.0, 100.0, 1.04), (100.0, 100.0, 1.61), (300.0, 20.0, 2.57)],
)
def test_error_of_the_improved_approximation(m_v, energy, ratio):
    found = _pb(LEAD, energy, m_v, by="improved-ww") / _pb(LEAD, energy, m_v)
    assert np.isclose(found, ratio, rtol=tolerance("benchmark"))


@pytest.mark.parametrize("x", [0.3, 0.9])
@pytest.mark.parametrize("m_v", [10.0, 300.0])
def test_spectrum_by_adaptive_integration(x, m_v):
    energy = 1e4
    p, k, least = (float(one) for one in forward(M_ELECTRON, energy, m_v, x))
    point = jax.jit(partial(radiated, LEAD, M_ELECTRON, energy, m_v, x))
    ends = jax.jit(lambda d: transfer_range(radiation(LEAD, M_ELECTRON, energy, m_v, x, d)))

    def at_angle(step):
        delta = least / (2.0 * k * p) * np.expm1(step)
        low, high = (float(t) for t in ends(delta))
        inside = quad(
            lambda log: np.exp(log) * float(point(delta, np.exp(log))),
            np.log(max(low, 1e-9)),
            np.log(high),
            epsrel=1e-5,
            limit=200,
        )[0]
        return np.exp(step) * inside

    last = min(np.log1p(4.0 * k * p / least), np.log(2.0 * 1.93e5 * (1.0 - x) * energy / least))
    whole = least / (2.0 * k * p) * quad(at_angle, 0.0, min(last, 14.0), epsrel=1e-4)[0]
    found = float(spectrum(LEAD, M_ELECTRON, energy, m_v, x))
    assert np.isclose(found, whole, rtol=tolerance("template"))


def test_averaged_amplitude_is_the_average_over_azimuth():
    """Φ has 1/√W of ∫dφ/(Y + Z cos φ): W stays positive inside the range of t."""
    draw = np.random.default_rng(4)
    for _ in range(40):
        m_v = 10.0 ** draw.uniform(0.0, 3.0)
        x = draw.uniform(m_v / 2e4 + 0.01, 0.99)
        r = radiation(LEAD, M_ELECTRON, 2e4, m_v, x, 10.0 ** draw.uniform(-8.0, -3.0))
        low, high = (float(t) for t in transfer_range(r))
        t = low * (high / low) ** draw.uniform(0.01, 0.99)
        assert float(summed_squares(r, jnp.asarray(t))) > 0.0


def test_angles_are_collinear():
    m_v, energy, x = 100.0, 1e5, 0.95
    near, far = (
        float(angle_density(LEAD, M_ELECTRON, energy, m_v, x, theta**2 / 2.0))
        for theta in (1e-4, 1e-2)
    )
    assert near > 1e3 * far > 0.0


def test_closed_is_zero_with_zero_gradient():
    for m_v, least in ((1.2e4, 5e3), (9e3, 1.1e4)):
        one = jax.value_and_grad(lambda m, e=least: cross_section(LEAD, M_ELECTRON, 1e4, m, e))
        value, slope = one(m_v)
        assert float(value) == 0.0 and float(slope) == 0.0


@pytest.fixture(scope="module")
def table():
    return brem_table(LEAD, M_ELECTRON, (6e4, 1e5), 5e4)


def test_table_is_the_cross_section_and_so_is_its_slope(table):
    exact = jax.jit(jax.value_and_grad(partial(cross_section, LEAD, M_ELECTRON, 1e5, least=5e4)))
    ours = jax.jit(jax.value_and_grad(lambda m: cross_sections(table, m)[-1]))
    for m_v in (0.3, 2.7, 44.0, 610.0):
        (a, slope), (b, ours_slope) = exact(m_v), ours(m_v)
        assert np.isclose(a, b, rtol=tolerance("template"))
        assert np.isclose(slope, ours_slope, rtol=tolerance("beams"))


def test_table_ends_at_exact_zeros(table):
    beyond = jnp.asarray(3e4)
    assert not np.any(np.asarray(cross_sections(table, beyond)))
    assert not np.any(np.asarray(jax.jacfwd(partial(cross_sections, table))(beyond)))
    many = 10.0 ** np.random.default_rng(2).uniform(-3.0, 6.0, 10_000)
    both = jax.jit(jax.vmap(jax.value_and_grad(lambda m: cross_sections(table, m).sum())))
    assert all(np.all(np.isfinite(one)) for one in both(jnp.asarray(many)))
