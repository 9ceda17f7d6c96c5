"""Form factors of protons and neutrons apart, in dark-matter scattering and CEvNS."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import special

from dmjax.conventions import D20, DMJAX, conventions
from dmjax.models import Charges, mediator
from dmjax.nuclei import Radii, coherent_amplitude, helm_form_factor, matter_radius, nucleus
from dmjax.scattering import cevns, chi_nucleus, chi_target, form_factor_radii, nsi, weak_radii
from dmjax.scattering.nsi import weak_charge_squared
from tolerances import tolerance

CS, ARGON, HYDROGEN = (nucleus(name) for name in ("Cs133", "Ar40", "H1"))
SINGLE = jnp.asarray(4.7)
ONE_TERM = conventions("dmjax", two_term_form=False)
SIN2 = 0.2386


def close(ours, theirs, kind="identity"):
    return np.allclose(ours, theirs, rtol=tolerance(kind), atol=0.0)


def helm(mass, radius, t):
    """By scipy's Bessel function."""
    q = np.sqrt(t**2 + 2.0 * mass * t) / 197.3269804
    x = q * np.sqrt(5.0 / 3.0 * radius**2 - 5.0 * 0.9**2)
    return 3.0 * special.spherical_jn(1, x) / x * np.exp(-0.5 * (0.9 * q) ** 2)


def of(model):
    coupling = {"eps": 1e-4} if model == "dark-photon" else {"g": 1e-4}
    return mediator(model, 75.0, 25.0, **coupling)


@pytest.mark.parametrize("model", ["dark-photon", "baryonic", "t3r-1"])
def test_currents_choose_their_radii(model):
    v = of(model)
    both, charge = model != "dark-photon", Radii(ARGON.charge_radius)
    apart = Radii(ARGON.charge_radius, ARGON.neutron_radius)
    assert form_factor_radii(v, ARGON, SINGLE, D20) == Radii(SINGLE)
    assert form_factor_radii(v, ARGON, SINGLE, DMJAX) == (apart if both else charge)
    mean = Radii(matter_radius(ARGON))
    assert form_factor_radii(v, ARGON, SINGLE, ONE_TERM) == (mean if both else charge)


def test_weak_currents_choose_their_radii():
    assert weak_radii(CS, SINGLE, D20) == Radii(SINGLE)
    assert weak_radii(CS, SINGLE, DMJAX) == Radii(CS.charge_radius, CS.neutron_radius)
    assert weak_radii(CS, SINGLE, ONE_TERM) == Radii(CS.neutron_radius)


@pytest.mark.parametrize(("t_kev", "quoted"), [(50.0, 0.86), (100.0, 0.72), (200.0, 0.44)])
def test_t3r_in_argon_as_quoted(t_kev, quoted):
    """F² over that of the matter radius; charges −2 and 2, so Z g_p + N g_n = 8."""
    t, v = jnp.asarray(1e-3 * t_kev), of("t3r-1")
    where = jnp.asarray(80.0), t
    sigma = [
        chi_nucleus(v, ARGON, form_factor_radii(v, ARGON, SINGLE, p), *where)
        for p in (DMJAX, ONE_TERM)
    ]
    assert round(float(sigma[0] / sigma[1]), 2) == quoted


@pytest.mark.parametrize("model", ["baryonic", "b-l", "t3r-1", "t3r-2"])
@pytest.mark.parametrize("t_kev", [1.0, 50.0, 300.0])
def test_two_terms_by_scipy(model, t_kev):
    v, t, mass = of(model), 1e-3 * t_kev, float(ARGON.mass)
    g_p, g_n = 2.0 * v.charges.up + v.charges.down, v.charges.up + 2.0 * v.charges.down
    charge = float(ARGON.charge_radius)
    expected = 18.0 * g_p * helm(mass, charge, t) + 22.0 * g_n * helm(mass, 3.55, t)
    radii = form_factor_radii(v, ARGON, SINGLE, DMJAX)
    ours = chi_nucleus(v, ARGON, radii, jnp.asarray(80.0), jnp.asarray(t))
    point_like = chi_target(v, ARGON.mass, jnp.asarray(80.0), jnp.asarray(t))
    assert close(ours / point_like, expected**2, "quadrature")


def test_charges_that_cancel_scatter_by_their_radii_alone():
    """Z g_p + N g_n = 0: nothing at rest, and no division by it beyond."""
    v = mediator(Charges(up=1.0, down=-58.0 / 62.0), 75.0, 25.0, g=1e-4)
    radii = form_factor_radii(v, ARGON, SINGLE, DMJAX)

    def form(t):
        return chi_nucleus(v, ARGON, radii, jnp.asarray(80.0), t)

    still, moving = form(jnp.asarray(0.0)), form(jnp.asarray(0.1))
    assert float(still) < tolerance("quadrature") * float(moving)
    assert jnp.isfinite(jax.grad(form)(jnp.asarray(0.1)))


def test_one_radius_for_both_is_the_single_form():
    t = jnp.asarray(0.03)
    apart = coherent_amplitude(CS, Radii(SINGLE, SINGLE), -2.0, 2.0, t)
    assert close(apart, 46.0 * helm_form_factor(CS, SINGLE, t))


@pytest.mark.parametrize("q_fm", [0.3, 1.0, 3.0])
def test_hydrogen_is_a_dipole(q_fm):
    """No sphere is left inside a skin of 0.9 fm: (1 + q²/Λ²)⁻², Λ² = 12/R²."""
    mass, q = float(HYDROGEN.mass), q_fm * 197.3269804
    t = np.sqrt(mass**2 + q**2) - mass
    expected = (1.0 + (q_fm * float(HYDROGEN.charge_radius)) ** 2 / 12.0) ** -2
    assert close(
        helm_form_factor(HYDROGEN, HYDROGEN.charge_radius, jnp.asarray(t)), expected, "quadrature"
    )
    slope = jax.grad(helm_form_factor, argnums=(1, 2))(
        HYDROGEN, HYDROGEN.charge_radius, jnp.asarray(t)
    )
    assert np.all(np.isfinite(slope))


@pytest.mark.parametrize(("neutrino", "percent"), [("nu_mu", 2.8), ("nu_e", 0.3)])
def test_radiative_corrections_of_cesium(neutrino, percent):
    t = jnp.asarray(0.01)
    loop, tree = (weak_charge_squared(CS, neutrino, None, SIN2, t, flag) for flag in (True, False))
    assert round(100.0 * (float(loop / tree) - 1.0), 1) == percent
    g_p = {"nu_mu": 0.0300, "nu_e": 0.0382}[neutrino]
    assert close(loop, 4.0 * (55.0 * g_p - 78.0 * 0.5117) ** 2)


def test_radiative_couplings_follow_the_mixing_angle():
    t = jnp.asarray(0.01)
    ours = [weak_charge_squared(CS, "nu_e", None, s, t, True) for s in (SIN2, SIN2 + 0.01)]
    moved = 4.0 * (55.0 * (0.0382 - 0.02) - 78.0 * 0.5117) ** 2
    assert close(ours[1], moved) and ours[0] < ours[1]


@pytest.mark.parametrize("interaction", [None, nsi({"ee": {"u": 0.1}, "emu": {"d": 0.2}})])
def test_cevns_of_two_terms(interaction):
    """By scipy's form factors; NSI of protons and neutrons carry their own."""
    e, t, mass = 40.0, 0.015, float(CS.mass)
    f_p, f_n = helm(mass, 4.804, t), helm(mass, 5.09, t)
    given = interaction is not None
    diagonal = 55.0 * f_p * (0.0382 + 0.2 * given) + 78.0 * f_n * (-0.5117 + 0.1 * given)
    changed = given * (55.0 * f_p * 0.2 + 78.0 * f_n * 0.4)
    shape = 1.0 - t / e - mass * t / (2.0 * e**2)
    expected = 1.1663788e-11**2 * mass / np.pi * (diagonal**2 + changed**2) * shape
    radii = weak_radii(CS, SINGLE, DMJAX)
    where = jnp.asarray(e), jnp.asarray(t)
    ours = cevns(CS, radii, SIN2, *where, "nu_e", interaction, radiative=True)
    assert close(ours, expected, "gradient")
