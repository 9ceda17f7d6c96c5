"""χ made through any charges: ratios known in closed form, gradients at thresholds, no NaN."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dmjax.constants import M_CAPTURE_MAX, M_ETA, M_NEUTRON, M_PI0, M_PION, M_PROTON
from dmjax.conventions import D20, DMJAX, conventions
from dmjax.experiments import experiment
from dmjax.flux import chi_flux
from dmjax.models import mediator
from tolerances import tolerance

CHANNELS = ("pi0", "eta", "piminus", "exchange")
MODELS = ("dark-photon", "baryonic", "t3r-1")
NARROW = conventions("dmjax", width="narrow")
PLAIN = conventions("dmjax", width="narrow", transition_form_factors=False)


def close(ours, theirs, kind="identity"):
    return np.allclose(ours, theirs, rtol=tolerance(kind), atol=0.0)


@eqx.filter_jit
def made(model, m_v, m_chi, profile):
    """χ per POT and sr at JSNS², of each channel; κ_f = e."""
    beam = experiment("jsns2").beam
    coupling = {"eps": 1e-6} if model == "dark-photon" else {"g": 1e-6}
    v = mediator(model, m_v, m_chi, **coupling)
    k = jnp.geomspace(0.2, float(beam.k_max), 60)
    return chi_flux(beam, v, k, profile, CHANNELS).sum(1)


def test_charges_of_other_models_over_a_dark_photon():
    photon, baryon, isospin = (made(m, 60.0, 20.0, PLAIN) for m in MODELS[:3])
    assert close(baryon / photon, (1.0, 0.25, (3.6 / 31.7) ** 2, 1.0))
    assert close(isospin / photon, (4.0, 4.5**2, (4.0 * 29.9 / 31.7) ** 2, 4.0))


def test_d20_keeps_the_charges_of_its_table():
    photon, baryon, isospin = (made(m, 60.0, 20.0, D20) for m in MODELS[:3])
    assert close(baryon / photon, (1.0, 1.0, 0.25, 1.0))
    assert close(isospin / photon, (4.0, 4.0, 9.0, 4.0))


def test_form_factors_multiply_what_mesons_make():
    for m_v, pole in ((120.0, (743.0, 719.1)), (400.0, (743.0, 719.1))):
        ratio = made("dark-photon", m_v, m_v / 3, NARROW) / made("dark-photon", m_v, m_v / 3, PLAIN)
        expected = [(1.0 - (m_v / pole[i]) ** 2) ** -2 for i in (0, 1)]
        if m_v < M_PI0:
            assert close(ratio, (expected[0], expected[1], 1.0, expected[0]))
        else:
            assert close(ratio[1], expected[1])


@pytest.mark.parametrize("m_v", [40.0, 120.0, 138.0])
def test_captures_fall_with_the_momentum_of_the_mediator(m_v):
    total = M_PROTON + M_PION

    def momentum(m):
        return np.sqrt((total**2 - (M_NEUTRON + m) ** 2) * (total**2 - (M_NEUTRON - m) ** 2))

    flat = conventions("dmjax", width="narrow", capture_phase_space=False)
    ratio = made("dark-photon", m_v, 13.0, NARROW)[2] / made("dark-photon", m_v, 13.0, flat)[2]
    assert close(ratio, momentum(m_v) / momentum(0.0), "quadrature")


def test_captures_close_without_a_step():
    near, nearer = (made("dark-photon", M_CAPTURE_MAX - d, 40.0, NARROW)[2] for d in (4e-4, 1e-4))
    assert close(near / nearer, 2.0, "benchmark")
    assert made("dark-photon", M_CAPTURE_MAX + 1e-9, 40.0, NARROW)[2] == 0.0


@eqx.filter_jit
def _slopes(model, point, steps, profile):
    def total(x):
        return made(model, x[0], x[1], profile)

    shifts = jnp.concatenate([jnp.diag(steps), -jnp.diag(steps)])
    up, down = jnp.split(jax.vmap(total)(point[None, :] + shifts), 2)
    return total(point), jax.jacfwd(total)(point), ((up - down) / (2 * steps[:, None])).T


@pytest.mark.parametrize("profile", [NARROW, DMJAX], ids=["narrow", "fixed"])
@pytest.mark.parametrize("model", MODELS[1:])
@pytest.mark.parametrize(
    "m_v", [60.0, M_PI0 - 0.01, M_CAPTURE_MAX - 0.01, M_CAPTURE_MAX + 0.01, M_ETA - 0.1, 400.0]
)
def test_slopes_match_finite_differences(model, m_v, profile):
    """On both sides of the thresholds of π⁰, capture and η."""
    point = jnp.asarray([m_v, 0.31 * m_v])
    value, exact, numeric = _slopes(model, point, 3e-8 * point, profile)
    size = jnp.abs(exact).max(axis=1, keepdims=True) + value[:, None] / m_v
    assert jnp.all(jnp.isfinite(exact)) and jnp.all(value >= 0.0)
    assert jnp.all(jnp.abs(exact - numeric) <= tolerance("gradient") * size + 1e-18)


@pytest.mark.parametrize(
    ("m_v", "closed"),
    [(M_PI0 + 1e-6, (0, 3)), (M_CAPTURE_MAX + 1e-6, (0, 2, 3)), (M_ETA + 1e-6, (0, 1, 2, 3))],
)
@pytest.mark.parametrize("model", ["baryonic", "t3r-1"])
def test_closed_channels_are_exactly_zero_with_zero_gradient(model, m_v, closed):
    point = jnp.asarray([m_v, 40.0])
    value, exact, _ = _slopes(model, point, 1e-7 * point, NARROW)
    assert jnp.all(value[jnp.asarray(closed)] == 0.0)
    assert jnp.all(exact[jnp.asarray(closed)] == 0.0)


@pytest.mark.parametrize("profile", [NARROW, DMJAX], ids=["narrow", "fixed"])
def test_no_nan_in_a_random_scan(profile):
    """10⁴ points over and beyond every threshold and pole, values and slopes."""
    rng = np.random.default_rng(1962)
    m_v = np.exp(rng.uniform(np.log(0.1), np.log(2000.0), 10_000))
    m_v[:300] = rng.choice([743.0, 719.1, 782.66, M_ETA, M_PI0, M_CAPTURE_MAX], 300)
    points = jnp.asarray(np.column_stack([m_v, m_v * rng.uniform(0.001, 0.6, 10_000)]))

    @jax.jit
    def block(rows):
        def total(x):
            return made("t3r-1", x[0], x[1], profile)

        return jax.vmap(lambda x: (total(x), jax.jacfwd(total)(x)))(rows)

    for start in range(0, 10_000, 500):
        value, slopes = block(points[start : start + 500])
        assert jnp.all(jnp.isfinite(value)) and jnp.all(value >= 0.0)
        assert jnp.all(jnp.isfinite(slopes))
