"""Bessel functions, hadrons, degrees of freedom, the CMB: against SciPy and printed numbers."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.special import kve

from dmjax.constants import M_PI0, M_PION
from dmjax.models import PRESETS, mediator
from dmjax.relic.bessel import scaled_bessel
from dmjax.relic.cosmology import CM3_PER_S, P_ANN_MOST, p_ann, slow_rate
from dmjax.relic.degrees import log_entropy_degrees, root_degrees
from dmjax.relic.hadrons import hadron_charge, isospin_ratios
from dmjax.relic.resonances import pion_ratio
from dmjax.relic.thermal import log_average, nodes
from tolerances import tolerance


@pytest.mark.parametrize("order", [1, 2])
def test_bessel_functions(order):
    z = np.geomspace(1.0, 1e7, 500)
    ours = scaled_bessel(order, jnp.asarray(z))
    assert np.allclose(ours, kve(order, z), rtol=3.0 * tolerance("quadrature"), atol=0.0)


def test_form_factor_joins_the_data_within_their_errors():
    for q, ours, data, error in ((335.0, 0.067, 0.064, 0.006), (365.0, 0.117, 0.121, 0.007)):
        found = float(pion_ratio(jnp.asarray(q)))
        assert np.isclose(found, ours, rtol=tolerance("benchmark")) and abs(found - data) < error


def test_ratios_sum_to_the_data(shared_data):
    q, r, error = np.loadtxt(shared_data / "beams" / "r_ratio_pdg2020.csv", delimiter=",").T
    chosen = (q > 0.36) & (q < 4.9)
    ours = jax.vmap(lambda q: hadron_charge(PRESETS["dark-photon"], q))(jnp.asarray(1e3 * q))
    pulls = (np.asarray(ours) - r)[chosen] / error[chosen]
    assert np.mean(np.abs(pulls)) < 1.0 and np.all(np.asarray(ours) >= 0.0)
    parts = jax.vmap(isospin_ratios)(jnp.asarray(1e3 * q))
    assert all(np.all(np.asarray(part) >= 0.0) for part in parts)


def test_hadrons_of_other_charges():
    at = {q: isospin_ratios(jnp.asarray(q)) for q in (500.0, 782.66, 1019.46)}
    for q, ratio in at.items():
        q = jnp.asarray(q)
        expected = 4.0 * ratio.isoscalar + ratio.strange
        assert np.isclose(hadron_charge(PRESETS["b-l"], q), expected, rtol=tolerance("identity"))
        t3r = hadron_charge(PRESETS["t3r-1"], q)
        assert np.isclose(t3r, 16.0 * ratio.isovector, rtol=tolerance("identity"))
    assert at[500.0].isoscalar < 1e-3 * at[500.0].isovector
    assert at[782.66].isoscalar > 10.0 and at[1019.46].strange > 40.0


def test_neutral_pion_and_photon_of_baryon_number():
    """Γ(B → π⁰γ) of Tulin, arXiv:1404.4370 Eq. 6, with the pole of the ω, to 10 %."""
    q, f_pi, m_omega = 300.0, 92.3, 782.66
    alpha = 1.0 / 137.036
    theirs = alpha * q**2 / (96.0 * np.pi**3 * f_pi**2) * (1.0 - (M_PI0 / q) ** 2) ** 3
    theirs /= (1.0 - (q / m_omega) ** 2) ** 2
    ours = float(hadron_charge(PRESETS["baryonic"], jnp.asarray(q))) / 3.0
    assert np.isclose(ours, theirs, rtol=10.0 * tolerance("benchmark"))


def test_thresholds_are_exact():
    for threshold in (2.0 * M_PION, M_PI0):
        q = jnp.asarray(threshold)
        assert jnp.isfinite(jax.grad(lambda q: hadron_charge(PRESETS["b-l"], q))(q))
    assert hadron_charge(PRESETS["dark-photon"], jnp.asarray(M_PI0)) == 0.0
    assert pion_ratio(jnp.asarray(2.0 * M_PION)) == 0.0


def test_degrees_today():
    cold = jnp.asarray(1e-3)
    assert np.isclose(jnp.exp(log_entropy_degrees(cold)), 3.939, rtol=tolerance("benchmark"))
    assert np.isclose(root_degrees(cold), 3.939 / np.sqrt(3.384), rtol=tolerance("relic"))


def test_dirac_on_its_line_is_excluded_by_the_cmb():
    eps = np.sqrt(2.218e-12 / 0.1) * 9.0
    v = mediator("dark-photon", 60.0, 20.0, eps=eps, alpha_d=0.1, dm="dirac")
    assert np.isclose(2.0 * float(slow_rate(v)) * CM3_PER_S, 8.0e-26, rtol=tolerance("relic"))
    assert np.isclose(float(p_ann(v)), 1.9e-24, rtol=tolerance("relic"))
    late = jnp.exp(log_average(v, nodes(v), jnp.asarray(5e3)))
    assert np.isclose(float(slow_rate(v)), float(late), rtol=tolerance("template"))


@pytest.mark.parametrize("dm", ["scalar", "majorana", "pseudo-dirac"])
def test_others_are_allowed_by_the_cmb(dm):
    gap = {"splitting": 2.0} if dm == "pseudo-dirac" else {}
    v = mediator("dark-photon", 60.0, 20.0, eps=2e-4, alpha_d=0.1, dm=dm, **gap)
    assert 0.0 <= float(p_ann(v)) < P_ANN_MOST
