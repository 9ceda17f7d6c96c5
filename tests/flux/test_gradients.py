"""Derivatives against central finite differences, at thresholds too, and no NaN anywhere."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dmjax.constants import M_CAPTURE_MAX, M_PI0
from dmjax.conventions import CHANNELS, D20, DMJAX
from dmjax.experiments import experiment
from dmjax.models import mediator
from dmjax.prediction.neutrinos import neutrino_spectra
from dmjax.prediction.recoils import expected_counts
from dmjax.response import accepted_recoils
from tolerances import tolerance

PE_EDGES = np.arange(6.0, 33.0, 2.0)
TIME_EDGES = np.arange(0.0, 6.1, 0.5)


def counts(parameters, channel, dm="dirac", profile=DMJAX):
    """Binned counts as a function of (m_V, m_χ, ln ε, ln α_D)."""
    m_v, m_chi, log_eps, log_alpha = parameters
    csi = experiment("coherent-csi")
    recoils = accepted_recoils(csi.response, PE_EDGES)
    point = mediator(
        "dark-photon", m_v, m_chi, eps=jnp.exp(log_eps), alpha_d=jnp.exp(log_alpha), dm=dm
    )
    edges = jnp.asarray(TIME_EDGES)
    return expected_counts(csi, point, recoils, edges, profile, (channel,))[0]


POINTS = [
    (30.0, 10.0),
    (75.0, 25.0),
    (75.0, 37.45),  # 2m_χ just below m_V; nearer, rounding drowns the differences
    (2.0, 0.6),
    (M_PI0 - 0.01, 45.0),
    (M_CAPTURE_MAX - 0.01, 46.0),
]


@eqx.filter_jit
def _derivatives(point, steps, channel, dm, profile):
    def total(x):
        return counts(x, channel, dm, profile).sum(1)

    shifts = jnp.concatenate([jnp.diag(steps), -jnp.diag(steps)])
    up, down = jnp.split(jax.vmap(total)(point[None, :] + shifts), 2)
    return total(point), jax.jacfwd(total)(point), ((up - down) / (2 * steps[:, None])).T


def nearest_threshold(m_v, m_chi):
    """How far [MeV] V is from where χχ̄, the π⁰ or π⁻ capture closes."""
    return min(m_v - 2.0 * m_chi, abs(m_v - M_PI0), abs(m_v - M_CAPTURE_MAX))


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize(("dm", "profile"), [("dirac", D20), ("scalar", DMJAX)])
@pytest.mark.parametrize("masses", POINTS)
def test_counts_match_finite_differences(masses, channel, dm, profile):
    """Of several steps, the one between rounding, which asks for large ones, and thresholds counts.

    Cascade: the edges of photon bins are kinks, close together where V is barely open. Exchange:
    boxes that nearly close are divided by their width, so that rounding moves counts by 1e-10.
    """
    point = jnp.array([*masses, np.log(1e-4), np.log(0.5)])
    sizes = (1e-9, 3e-9, 1e-8) if channel == "cascade" else (3e-8,)
    off = []
    for h in sizes:
        steps = jnp.array([h * masses[0], h * masses[1], 1e-6, 1e-6])
        if channel == "exchange":
            steps = steps.at[:2].set(min(4e-6 * masses[0], 1e-4 * nearest_threshold(*masses)))
        value, exact, numeric = _derivatives(point, steps, channel, dm, profile)
        off.append(np.abs(np.asarray(exact - numeric)))
    size = jnp.max(jnp.abs(exact), axis=0, keepdims=True) + jnp.max(value) / point[:1][None, :]
    assert jnp.all(jnp.isfinite(exact)) and jnp.all(value >= 0.0)
    assert np.all(np.min(off, axis=0) <= tolerance("gradient") * np.asarray(size))


@eqx.filter_jit
def _both_modes(point, channel, profile):
    def total(x):
        return counts(x, channel, profile=profile).sum()

    return total(point), jax.jacfwd(total)(point), jax.grad(total)(point)


def _assert_closed(channel, masses, profile):
    point = jnp.array([*masses, np.log(1e-4), np.log(0.5)])
    value, forward, reverse = _both_modes(point, channel, profile)
    assert value == 0.0
    assert jnp.all(forward == 0.0)
    assert jnp.all(reverse == 0.0)


@pytest.mark.parametrize(
    ("channel", "masses"),
    [
        ("pi0", (M_PI0 + 1e-6, 40.0)),
        ("pi0", (200.0, 40.0)),
        ("piminus", (M_CAPTURE_MAX + 1e-6, 40.0)),
        ("piminus", (150.0, 40.0)),
        ("cascade", (600.0, 40.0)),
        ("exchange", (M_PI0 + 1e-6, 40.0)),
        ("pi0", (75.0, 37.5)),
        ("piminus", (75.0, 40.0)),
        ("cascade", (20.0, 10.0)),
    ],
)
def test_closed_channels_are_exactly_zero_with_zero_gradient(channel, masses):
    _assert_closed(channel, masses, D20)


@pytest.mark.parametrize(
    ("channel", "masses"),
    [
        ("pi0", (150.0, M_PI0 / 2 + 1e-6)),
        ("piminus", (150.0, M_CAPTURE_MAX / 2 + 1e-6)),
        ("cascade", (600.0, 250.0)),
        ("pi0", (75.0, 37.5)),
        ("pi0", (0.3, 0.2)),
    ],
)
def test_a_broad_mediator_closes_with_its_last_dark_pair(channel, masses):
    """With its width V is open above the meson's mass, until 2m_χ passes it."""
    _assert_closed(channel, masses, DMJAX)


@pytest.mark.parametrize("parameter", ["light_yield", "value", "amplitude", "slope", "midpoint"])
def test_response_parameters_match_finite_differences(parameter):
    csi = experiment("coherent-csi")
    point = mediator("dark-photon", 75.0, 25.0, eps=1e-4)

    def leaf(e):
        homes = (e.response, e.response.quenching, e.response.efficiency)
        return getattr(next(h for h in homes if hasattr(h, parameter)), parameter)

    @jax.jit
    def total(value):
        varied = eqx.tree_at(leaf, csi, value)
        recoils = accepted_recoils(varied.response, PE_EDGES)
        matter = expected_counts(varied, point, recoils, jnp.asarray(TIME_EDGES), DMJAX)
        neutrinos = neutrino_spectra(varied, recoils).values()
        return jnp.stack([matter.sum(), *(x.sum() for x in neutrinos)])

    centre = leaf(csi)
    step = 1e-5 * centre
    exact = jax.jacfwd(total)(centre)
    numeric = (total(centre + step) - total(centre - step)) / (2 * step)
    assert jnp.allclose(exact, numeric, rtol=tolerance("gradient"))


def test_no_nan_in_a_random_scan():
    """1000 points over and beyond every threshold: finite values, never negative, and slopes."""
    rng = np.random.default_rng(2017)
    m_v = np.exp(rng.uniform(np.log(0.1), np.log(1000.0), 1000))
    m_chi = m_v * rng.uniform(0.001, 0.6, 1000)
    log_eps = rng.uniform(np.log(1e-12), np.log(1.0), 1000)
    log_alpha = rng.uniform(np.log(1e-10), np.log(1.0), 1000)
    points = jnp.asarray(np.column_stack([m_v, m_chi, log_eps, log_alpha]))

    def summed(x):
        value = jnp.stack([counts(x, channel).sum() for channel in CHANNELS])
        return value, value

    def value_and_slopes(x):
        slopes, value = jax.jacfwd(summed, has_aux=True)(x)
        return value, slopes

    block = jax.jit(jax.vmap(value_and_slopes))
    for start in range(0, len(points), 500):
        value, slopes = block(points[start : start + 500])
        assert jnp.all(jnp.isfinite(value)) and jnp.all(value >= 0.0)
        assert jnp.all(jnp.isfinite(slopes))


def test_float32_follows_the_input_and_keeps_its_digits():
    single = mediator(
        "dark-photon",
        jnp.float32(75.0),
        jnp.float32(25.0),
        eps=jnp.float32(1e-4),
        alpha_d=jnp.float32(0.5),
    )
    double = mediator("dark-photon", 75.0, 25.0, eps=1e-4, alpha_d=0.5)
    csi = experiment("coherent-csi")
    recoils = accepted_recoils(csi.response, PE_EDGES)
    coarse, fine = (
        eqx.filter_jit(expected_counts)(csi, point, recoils, jnp.asarray(TIME_EDGES), D20).sum(
            (1, 2)
        )
        for point in (single, double)
    )
    assert coarse.dtype == jnp.float32
    assert np.allclose(np.asarray(coarse, float), fine, rtol=tolerance("template", "float32"))


def test_no_bin_is_negative():
    masses = jnp.geomspace(1.0, 470.0, 128)
    block = jax.jit(
        jax.vmap(
            lambda m: jnp.stack(
                [
                    counts(jnp.stack([m, m / 3, *jnp.log(jnp.array([1e-4, 0.5]))]), c)
                    for c in CHANNELS
                ]
            )
        )
    )
    assert jnp.all(block(masses) >= 0.0)
