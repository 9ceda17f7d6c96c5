"""Formulas against closed forms and adaptive integration by scipy."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import integrate, special

from dmjax import constants
from dmjax.conventions import CHANNELS, D20
from dmjax.experiments import experiment
from dmjax.flux import MesonsInFlight, chi_flux, make_beam
from dmjax.flux.boxes import decay_weight
from dmjax.flux.mesons import meson_yield
from dmjax.kinematics import momentum_min, recoil_max
from dmjax.models import eps_from_y, mediator, y_from_eps
from dmjax.nuclei import Radii, helm_form_factor, nucleus
from dmjax.numerics import hat_cumulative, hat_weights
from dmjax.prediction.recoils import expected_counts
from dmjax.response import all_recoils
from dmjax.scattering import chi_nucleus
from dmjax.sources import boost_kernel, doppler_table
from dmjax.timing import GaussianPulse, arrival_fractions, flight_delay
from tolerances import tolerance

CS = nucleus("Cs133")


def close(ours, theirs, kind="identity"):
    return np.allclose(ours, theirs, rtol=tolerance(kind), atol=0.0)


def test_constants_reproduce_the_known_lines():
    assert round(constants.E_NU_PROMPT, 2) == 29.79
    assert round(constants.M_CAPTURE_MAX, 1) == 138.3


@pytest.mark.parametrize("t_kev", [1e-6, 0.1, 1.0, 20.0, 150.0])
def test_helm_is_the_textbook_formula(t_kev):
    t = t_kev * 1e-3
    q = np.sqrt(t**2 + 2.0 * float(CS.mass) * t) / 197.3269804
    r0 = np.sqrt(5.0 / 3.0 * 4.7**2 - 5.0 * 0.9**2)
    expected = 3.0 * special.spherical_jn(1, q * r0) / (q * r0) * np.exp(-0.5 * (q * 0.9) ** 2)
    ours = helm_form_factor(CS, jnp.asarray(4.7), jnp.asarray(t))
    assert close(ours, expected, "quadrature")


@pytest.mark.parametrize("m_chi", [1e-3, 1.0, 40.0, 500.0])
def test_recoil_limits_invert_each_other(m_chi):
    k = jnp.geomspace(0.5, 800.0, 50)
    t_max = jax.vmap(lambda p: recoil_max(CS.mass, m_chi, p))(k)
    back = jax.vmap(lambda t: momentum_min(CS.mass, jnp.asarray(m_chi), t))(t_max)
    assert close(back, k, "quadrature")


def test_four_vector_kinematics_give_the_same_recoil_limit():
    """Backward scattering in the centre of mass, boosted by hand."""
    m, mx, p = float(CS.mass), 25.0, 60.0
    e = np.hypot(p, mx)
    beta = p / (e + m)
    gamma2 = 1.0 / (1.0 - beta**2)
    assert close(recoil_max(m, mx, p), 2.0 * m * beta**2 * gamma2, "quadrature")


@pytest.mark.parametrize("dm", ["dirac", "scalar"])
def test_cross_section_is_the_tree_level_formula(dm):
    v = mediator("dark-photon", 75.0, 25.0, eps=1e-4, dm=dm)
    e, t, m = 70.0, 0.012, float(CS.mass)
    bracket = {
        "dirac": 2 * e**2 - 2 * e * t + t**2 - m * t - 625.0 * t / m,
        "scalar": 2 * e * (e - t) - 625.0 * t / m,
    }[dm]
    p2 = e**2 - 625.0
    form = float(helm_form_factor(CS, jnp.asarray(4.7), jnp.asarray(t)))
    expected = 55**2 * form**2 * m * bracket / (4 * np.pi * p2 * (2 * m * t + 75.0**2) ** 2)
    ours = chi_nucleus(v, CS, Radii(jnp.asarray(4.7)), jnp.asarray(np.sqrt(p2)), jnp.asarray(t))
    assert close(ours, expected)


def test_spins_agree_at_zero_recoil():
    points = [mediator("dark-photon", 75.0, 25.0, eps=1e-4, dm=dm) for dm in ("dirac", "scalar")]
    low = [
        chi_nucleus(v, CS, Radii(jnp.asarray(4.7)), jnp.asarray(60.0), jnp.asarray(0.0))
        for v in points
    ]
    assert close(*low)


@pytest.mark.parametrize("dm", ["dirac", "scalar", "majorana", "pseudo-dirac"])
@pytest.mark.parametrize("transverse", [True, False])
def test_decay_weights_average_to_one(dm, transverse):
    v = mediator("dark-photon", 75.0, 25.0, eps=1e-4, dm=dm)
    mean, _ = integrate.quad(
        lambda c: 0.5 * float(decay_weight(v, v.m_v, 2.0 * v.m_chi, jnp.asarray(c), transverse)),
        -1,
        1,
    )
    assert close(mean, 1.0, "quadrature")


@pytest.mark.parametrize("channel", CHANNELS)
def test_two_dark_matter_particles_per_mediator_over_all_angles(channel):
    """∫dΩ dN/dΩ = 2 per V, with the detector moved over the whole sphere."""
    beam = experiment("jsns2" if channel == "eta" else "coherent-csi").beam
    v = mediator("dark-photon", 60.0, 20.0, eps=1e-4)
    k = jnp.geomspace(0.01, float(beam.k_max), 1200)
    have = beam.channels
    flies = have[channel] if isinstance(have[channel], MesonsInFlight) else None
    cosines, weights = np.polynomial.legendre.leggauss(12 if flies else 1)
    total = 0.0
    for cosine, weight in zip(cosines, weights, strict=True):
        seen = beam
        if flies:
            table = doppler_table(flies.mesons, float(np.arccos(cosine)))
            kernel = boost_kernel(table, float(beam.k_max))
            seen = eqx.tree_at(lambda b: b.channels[channel].kernel, beam, kernel)
        total += 2.0 * np.pi * weight * float(chi_flux(seen, v, k, D20, (channel,)).sum())
    mesons = getattr(have[channel], "mesons", None)
    produced = {
        "piminus": float(have["piminus"].pions.per_pot) / constants.E_CHARGE**2,
        "cascade": _cascade_yield(have["cascade"].photons, 60.0),
    }
    if mesons:
        produced[channel] = float(mesons.per_pot * meson_yield(mesons, v, v.m_v, D20))
    assert close(total, 2.0 * produced[channel], "template")


def test_a_channel_that_the_beam_lacks_makes_nothing_and_one_that_it_gains_is_predicted():
    """Zeros by name; a class of one's own needs its entry in the beam alone."""
    beam = experiment("coherent-csi").beam
    v = mediator("dark-photon", 60.0, 20.0, eps=1e-4)
    k = jnp.geomspace(0.2, float(beam.k_max), 30)
    assert "eta" not in beam.channels
    assert not chi_flux(beam, v, k, D20, ("eta",)).any()
    gained = make_beam({**beam.channels, "eta": beam.channels["exchange"]}, beam.angle)
    rows = chi_flux(gained, v, k, D20, ("eta", "exchange"))
    assert rows.any() and close(rows[0], rows[1])
    assert close(gained.k_max, beam.k_max)


def _cascade_yield(photons, m_v: float) -> float:
    """V per POT from the cascade by direct summation, photons uniform in their bins."""
    total = 0.0
    for low, high, n in zip(photons.edges[:-1], photons.edges[1:], photons.photons, strict=True):
        open_part = max(float(high) - max(float(low), m_v), 0.0) / float(high - low)
        x = m_v / (1.0773 * float(low + high) / 2.0 + 13.716)
        total += float(n) * open_part * min(1.0, 1154.0 * np.exp(-24.42 * x**0.3174))
    return total / constants.E_CHARGE**2


def test_hats_deposit_boxes_without_loss():
    grid = jnp.geomspace(1.0, 50.0, 40)
    deposit = hat_cumulative(grid, jnp.asarray(20.3)) - hat_cumulative(grid, jnp.asarray(3.1))
    assert close(deposit.sum(), 17.2)
    assert close(jnp.dot(deposit, grid), 0.5 * (20.3**2 - 3.1**2))
    assert close(hat_cumulative(grid, jnp.asarray(99.0)), hat_weights(grid))


def test_prompt_arrival_is_the_pulse_shifted_by_the_flight():
    pulse = GaussianPulse(jnp.asarray(0.7), jnp.asarray(0.15))
    k = jnp.asarray(20.0)
    delay = flight_delay(jnp.asarray(19.3), jnp.asarray(40.0), k)
    speed = 20.0 / np.hypot(20.0, 40.0) * 299.792458
    assert close(delay, 19.3 / speed - 19.3 / 299.792458)
    edges = np.linspace(-1.0, 3.0, 9)
    expected = np.diff(0.5 * special.erfc(-(edges - float(delay) - 0.7) / (0.15 * np.sqrt(2.0))))
    assert np.allclose(
        arrival_fractions(pulse, delay, jnp.asarray(edges)), expected, atol=tolerance("quadrature")
    )


def test_coupling_scaling_and_conversions():
    csi = experiment("coherent-csi")
    recoils = all_recoils(np.array([14.0, 26.0]))
    totals = [
        eqx.filter_jit(expected_counts)(
            csi,
            mediator("dark-photon", 75.0, 25.0, eps=eps, alpha_d=a),
            recoils,
            jnp.asarray([0.0, 6.0]),
            D20,
        ).sum()
        for eps, a in ((1e-6, 0.5), (3e-6, 0.1))
    ]
    # V → e⁺e⁻ takes 2e-13 of the decays at ε = 3e-6
    assert close(totals[1] / totals[0], 3.0**4 * 0.2)
    assert close(eps_from_y(y_from_eps(1e-4, 0.5, 3.0), 0.5, 3.0), 1e-4)


def test_baryonic_against_dark_photon_is_exact_where_analytic():
    """[D20] Eq. 6.8: A²/Z² per nucleus in detection, (g/e)²/ε² in π⁰ production."""
    csi = experiment("coherent-csi")
    csi = eqx.tree_at(lambda e: (e.nuclei, e.nuclei_per_kg), csi, ((CS,), csi.nuclei_per_kg[:1]))
    recoils = all_recoils(np.array([14.0, 26.0]))
    photon = mediator("dark-photon", 75.0, 25.0, eps=1e-6)
    baryon = mediator("baryonic", 75.0, 25.0, g=1e-6 * constants.E_CHARGE)
    counts = [
        eqx.filter_jit(expected_counts)(csi, v, recoils, jnp.asarray([0.0, 6.0]), D20, ("pi0",))
        for v in (photon, baryon)
    ]
    assert close(counts[1].sum() / counts[0].sum(), (133 / 55) ** 2)
