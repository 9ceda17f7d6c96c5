"""Lindhard quenching, noise resolution, error-function thresholds: against SciPy and sampling."""

import itertools

import jax
import jax.flatten_util
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import integrate, interpolate, optimize, stats

from dmjax.response import (
    ErrorFunction,
    Lindhard,
    Measured,
    Noise,
    Response,
    Tabulated,
    Threshold,
    acceptance,
    accepted_recoils,
    cumulative_recoils,
    observable_at,
    smearing_matrix,
)
from tolerances import tolerance


def leaf(*values):
    return [jnp.asarray(value, float) for value in values]


K, Z = 0.157, 32.0
A_KEVEE, B_KEVEE = 0.07, 0.0004
MIDPOINT, WIDTH = 1.4, 0.15
GERMANIUM = Lindhard(*leaf(K, Z))
THRESHOLD = ErrorFunction(*leaf(0.95, MIDPOINT, WIDTH))
ON_RECOIL = Tabulated(*leaf([1.0, 5.0, 20.0], [0.0, 0.6, 0.9]))
NOISE = Noise(*leaf(A_KEVEE, B_KEVEE))
RESPONSES = {
    "observable": Response(GERMANIUM, *leaf(1.0), NOISE, THRESHOLD, None, "keVee"),
    "recoil": Response(GERMANIUM, *leaf(1.0), NOISE, ON_RECOIL, None, "keVee", "recoil"),
    "pe": Response(GERMANIUM, *leaf(20.0), NOISE, THRESHOLD, None, "pe"),
}
EDGES = np.array([1.0, 1.5, 2.0, 3.0, 5.0, 8.5])


def lindhard(t_kev: float) -> float:
    """Written out once more, in the notation of Lewin and Smith."""
    epsilon = 11.5 * t_kev / Z ** (7 / 3)
    g = 3 * epsilon**0.15 + 0.7 * epsilon**0.6 + epsilon
    return t_kev * K * g / (1 + K * g)


def test_lindhard_is_the_published_formula_and_inverts():
    t = np.concatenate([np.geomspace(1e-7, 1.0, 30), np.linspace(1.1, 2000.0, 400)])
    light = np.asarray(jax.vmap(GERMANIUM.light)(jnp.asarray(t)))
    assert np.allclose(light, [lindhard(x) for x in t], rtol=tolerance("identity"))
    assert np.all(np.diff(light) > 0.0) and np.all(light < t)
    back = jax.vmap(GERMANIUM.recoil)(jnp.asarray(light))
    assert np.allclose(back, t, rtol=tolerance("quadrature"))
    zero = jnp.asarray(0.0)
    assert float(GERMANIUM.light(zero)) == 0.0 == float(GERMANIUM.recoil(zero))
    slopes = jax.vmap(jax.grad(GERMANIUM.light))(jnp.asarray([0.0, 1e-6, 1.0]))
    assert bool(jnp.all(jnp.isfinite(slopes)))


POINTS = Measured(*leaf([3.0, 5.0, 8.0, 20.0, 60.0], [0.15, 0.3, 0.55, 1.9, 6.5]))
"""Points as measured in a scintillator whose quenching factor grows."""


def test_measured_points_are_joined_as_scipy_joins_them():
    t, kevee = (np.concatenate([[0.0], np.asarray(x)]) for x in (POINTS.t_kev, POINTS.kevee))
    theirs = interpolate.PchipInterpolator(t, kevee)
    x = np.linspace(0.0, 60.0, 401)
    ours = np.asarray(jax.vmap(POINTS.light)(jnp.asarray(x)))
    assert np.allclose(ours, theirs(x), rtol=tolerance("identity"), atol=1e-15)
    slopes = jax.vmap(jax.grad(POINTS.light))(jnp.asarray(x[1:-1]))
    assert np.allclose(slopes, theirs(x[1:-1], 1), rtol=tolerance("quadrature"), atol=1e-12)
    beyond = float(POINTS.light(jnp.asarray(70.0)))
    assert np.isclose(beyond, 6.5 + 10.0 * theirs(60.0, 1), rtol=tolerance("identity"))


def test_measured_points_invert_and_differentiate():
    t = jnp.asarray([0.0, 0.01, 2.9, 3.0, 7.0, 33.0, 60.0, 200.0])
    light = jax.vmap(POINTS.light)(t)
    assert np.allclose(jax.vmap(POINTS.recoil)(light), t, rtol=tolerance("quadrature"), atol=1e-9)
    gradient = jax.grad(lambda c: c.recoil(jnp.asarray(1.0)))(POINTS)
    step = 1e-5
    for i in range(5):
        moved = [Measured(POINTS.t_kev, POINTS.kevee.at[i].add(s)) for s in (step, -step)]
        up, down = (float(c.recoil(jnp.asarray(1.0))) for c in moved)
        numeric = (up - down) / (2 * step)
        assert np.isclose(float(gradient.kevee[i]), numeric, rtol=tolerance("gradient"), atol=1e-6)


def test_lindhard_at_the_threshold_of_a_germanium_detector():
    """1.5 keVee, by a root finder of our own curve written out again."""
    theirs = optimize.brentq(lambda t: lindhard(t) - 1.5, 1.0, 30.0, xtol=1e-13)
    ours = GERMANIUM.recoil(jnp.asarray(1.5))
    assert np.isclose(float(ours), theirs, rtol=tolerance("quadrature"))
    gradient = jax.grad(lambda c: c.recoil(jnp.asarray(1.5)))(GERMANIUM)
    step = 1e-5
    up, down = (Lindhard(*leaf(K + s, Z)).recoil(jnp.asarray(1.5)) for s in (step, -step))
    assert np.isclose(float(gradient.k), float(up - down) / (2 * step), rtol=tolerance("gradient"))


def test_noise_is_spread_as_sampled():
    rng, n = np.random.default_rng(11), 400_000
    for name, e_ee in itertools.product(("observable", "pe"), (0.2, 2.0, 8.0)):
        response = RESPONSES[name]
        scale = float(response.light_yield)
        sigma = scale * np.sqrt(A_KEVEE**2 + B_KEVEE * e_ee)
        edges = scale * e_ee + sigma * np.linspace(-4.0, 4.0, 17)
        found = np.histogram(rng.normal(scale * e_ee, sigma, n), edges)[0] / n
        shares = np.asarray(smearing_matrix(response, jnp.asarray([scale * e_ee]), edges))[:, 0]
        error = np.sqrt(shares * (1.0 - shares) / n)
        assert np.all(np.abs(found - shares) <= tolerance("sigmas") * error)


def test_an_error_function_is_a_smeared_step():
    """The share of Gaussian-smeared thresholds below x."""
    x = np.linspace(0.8, 2.0, 13)
    ours = jax.vmap(THRESHOLD.at)(jnp.asarray(x))
    theirs = 0.95 * stats.norm.cdf(x, MIDPOINT, WIDTH)
    assert np.allclose(ours, theirs, rtol=tolerance("identity"), atol=1e-15)


def test_a_threshold_counts_nothing_below_it():
    cut = Threshold(*leaf(0.7, 1.5))
    found = jax.vmap(cut.at)(jnp.asarray([0.0, 1.49, 1.5, 9.0]))
    assert np.allclose(found, [0.0, 0.0, 0.7, 0.7], rtol=tolerance("identity"))
    response = Response(GERMANIUM, *leaf(1.0), NOISE, cut, None, "keVee")
    edges = np.array([0.0, 1.5, 8.5])
    grids = (
        accepted_recoils(response, edges),
        cumulative_recoils(response, jnp.asarray(edges), tuple(edges), 1e3),
    )
    below, above = zip(*(g.fold @ jnp.exp(-1e3 * g.t / 6.0) for g in grids), strict=True)
    assert np.allclose(below, 0.0, atol=tolerance("identity"))
    assert np.isclose(*above, rtol=tolerance("template"))


def spectrum(t_kev):
    """A falling recoil spectrum [1/keV]."""
    return np.exp(-t_kev / 6.0) / (1.0 + t_kev)


def brute(name: str, low: float, high: float) -> float:
    """∫dT dN/dT ∫dx ε p(x | T) by adaptive integration; ε in the sub-bins of 0.5 keVee."""
    centre = 0.5 * (low + high)

    def integrand(t):
        mean = lindhard(t)
        sigma = np.sqrt(A_KEVEE**2 + B_KEVEE * mean)
        share = stats.norm.cdf(high, mean, sigma) - stats.norm.cdf(low, mean, sigma)
        if name == "recoil":
            return spectrum(t) * share * np.interp(t, [1.0, 5.0, 20.0], [0.0, 0.6, 0.9])
        return spectrum(t) * share * 0.95 * stats.norm.cdf(centre, MIDPOINT, WIDTH)

    pieces = [0.01, 1.0, *np.arange(2.0, 40.0, 1.0)]
    return sum(
        integrate.quad(integrand, a, b, epsrel=1e-9, limit=200)[0]
        for a, b in itertools.pairwise(pieces)
    )


@pytest.mark.parametrize("name", ["observable", "recoil"])
@pytest.mark.parametrize("index", [0, 1])
def test_bins_match_adaptive_integration(name, index):
    grid = accepted_recoils(RESPONSES[name], EDGES)
    ours = float(grid.fold[index] @ (1e3 * spectrum(1e3 * np.asarray(grid.t))))
    theirs = brute(name, EDGES[index], EDGES[index + 1])
    assert np.isclose(ours, theirs, rtol=tolerance("template"))


@pytest.mark.parametrize("name", ["observable", "recoil"])
def test_traced_edges_give_the_same_bins(name):
    response = RESPONSES[name]
    grids = (
        accepted_recoils(response, EDGES),
        cumulative_recoils(response, jnp.asarray(EDGES), tuple(EDGES), 1e3),
    )
    fixed, traced = (g.fold @ jnp.exp(-1e3 * g.t / 6.0) for g in grids)
    assert np.allclose(fixed, traced, rtol=tolerance("template"))


@pytest.mark.parametrize("name", RESPONSES)
def test_derivatives_match_finite_differences(name):
    edges = float(RESPONSES[name].light_yield) * EDGES
    flat, rebuild = jax.flatten_util.ravel_pytree(RESPONSES[name])

    @jax.jit
    def counts(parameters):
        grid = accepted_recoils(rebuild(parameters), edges)
        return grid.fold @ jnp.exp(-1e3 * grid.t / 6.0) * 1e3

    exact = jax.jit(jax.jacfwd(counts))(flat)
    steps = 1e-5 * jnp.abs(flat) + 1e-12
    numeric = jnp.stack(
        [
            (counts(flat.at[i].add(h)) - counts(flat.at[i].add(-h))) / (2.0 * h)
            for i, h in enumerate(steps)
        ],
        axis=1,
    )
    size = jnp.max(jnp.abs(exact), axis=0, keepdims=True) + counts(flat).max()
    assert bool(jnp.all(jnp.isfinite(exact)))
    assert bool(jnp.all(jnp.abs(exact - numeric) <= tolerance("gradient") * size))


def test_the_mean_observable_of_a_scintillator_is_its_light():
    ours = float(observable_at(RESPONSES["pe"], jnp.asarray(0.01)))
    assert np.isclose(ours, 20.0 * lindhard(10.0), rtol=tolerance("identity"))


@pytest.mark.parametrize("name", ["observable", "recoil"])
def test_acceptance_is_what_the_bins_count(name):
    """∫ ε_all(T) dN/dT dT, by Simpson's rule, against the sum of all bins."""
    response = RESPONSES[name]
    grid = accepted_recoils(response, EDGES)
    ours = float((grid.fold @ (1e3 * spectrum(1e3 * np.asarray(grid.t)))).sum())
    t = np.linspace(0.0, 60.0, 12_001)
    shares = acceptance(response, tuple(EDGES), jnp.asarray(1e-3 * t))
    rounding = tolerance("identity")
    assert -rounding < float(shares.min()) and float(shares.max()) < 0.95 + rounding
    theirs = integrate.simpson(np.asarray(shares) * spectrum(t), x=t)
    assert np.isclose(ours, theirs, rtol=tolerance("template"))
