"""Quenching, resolution, efficiency and the response matrix against scipy and sampling."""

import itertools

import equinox as eqx
import jax
import jax.flatten_util
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import integrate, optimize, stats

from dmjax.constants import M_ELECTRON
from dmjax.experiments import slice_counts
from dmjax.response import (
    Constant,
    ExponentialTime,
    Flat,
    Gamma,
    Gaussian,
    Linear,
    LogLog,
    Poisson,
    Polynomial,
    Response,
    ShiftedSigmoid,
    SteppedSigmoid,
    Tabulated,
    Unquenched,
    accepted_recoils,
    all_recoils,
    bin_averages,
    observable_at,
    recoil_at,
    smearing_matrix,
    time_acceptance,
)
from tolerances import tolerance


def leaf(*values):
    return [jnp.asarray(value, float) for value in values]


ONE, LY_2017, LY_2021 = leaf(1.0, 13.348, 13.35)
CSI_QF = Polynomial(*leaf(0.0554628, 4.30681, -111.707, 840.384, 60.0))
LAR_QF = Linear(*leaf(0.246, 0.00078, 125.0))
CONSTANT_QF = Constant(*leaf(0.0878))
STEPPED = SteppedSigmoid(*leaf(0.6655, 0.4942, 10.8507, 5.0, 6.0))
SHIFTED = ShiftedSigmoid(*leaf(1.32045, 0.285979, 10.8646, -0.333322))
CCM_LINE = LogLog(*leaf([50.0, 100.0, 1000.0], [0.01, 0.02, 0.2]))
TABLE = Tabulated(*leaf([0.3, 5.1, 10.1, 20.1], [0.0, 0.6, 0.9, 0.96]))
LATE = ExponentialTime(*leaf(0.52, 0.0494))
RESPONSES = {
    "csi-2017": Response(CONSTANT_QF, LY_2017, None, STEPPED, None, "pe"),
    "csi-2017-poisson": Response(CONSTANT_QF, LY_2017, Poisson(), STEPPED, None, "pe"),
    "csi-2021": Response(CSI_QF, LY_2021, Gamma(*leaf(9.56)), SHIFTED, LATE, "pe"),
    "lar": Response(LAR_QF, ONE, Gaussian(*leaf(0.58)), TABLE, None, "keVee"),
    "ccm120": Response(Unquenched(), ONE, None, CCM_LINE, None, "keV", "recoil"),
    "on-recoil": Response(LAR_QF, ONE, Gaussian(*leaf(0.58)), SHIFTED, None, "keVee", "recoil"),
}
EDGES = {
    "csi-2017": np.arange(6.0, 33.0, 2.0),
    "csi-2017-poisson": np.arange(6.0, 33.0, 2.0),
    "csi-2021": np.array([8.0, 10.0, 14.0, 20.0, 33.0, 60.0]),
    "lar": np.arange(0.0, 121.0, 10.0),
    "ccm120": np.array([50.0, 75.0, 100.0, 200.0, 1000.0]),
    "on-recoil": np.arange(0.0, 121.0, 10.0),
}
SMEARED = [name for name, r in RESPONSES.items() if r.resolution is not None]


def close(ours, theirs, kind, atol=0.0):
    return np.allclose(ours, theirs, rtol=tolerance(kind), atol=atol)


# --- quenching ----------------------------------------------------------------------------------
@pytest.mark.parametrize("curve", [CSI_QF, LAR_QF, CONSTANT_QF, Unquenched()])
def test_quenching_increases_and_inverts(curve):
    t = jnp.concatenate([jnp.geomspace(1e-6, 1.0, 50), jnp.linspace(1.01, 2000.0, 4001)])
    light = jax.vmap(curve.light)(t)
    assert jnp.all(jnp.diff(light) > 0.0) and jnp.all(light <= t)
    assert close(jax.vmap(curve.recoil)(light), t, "identity")
    assert curve.light(jnp.asarray(0.0)) == 0.0 == curve.recoil(jnp.asarray(0.0))


@pytest.mark.parametrize("t_kev", [0.3, 5.0, 20.0, 59.0])
def test_csi_2021_quenching_is_the_released_polynomial(t_kev):
    coefficients = [0.0, 0.0554628, 4.30681, -111.707, 840.384]
    mevee = np.polynomial.polynomial.polyval(1e-3 * t_kev, coefficients)
    assert close(CSI_QF.light(jnp.asarray(t_kev)), 1e3 * mevee, "identity")
    root = optimize.brentq(
        lambda x: np.polynomial.polynomial.polyval(x, coefficients) - mevee, 0, 0.06, xtol=1e-14
    )
    assert close(CSI_QF.recoil(jnp.asarray(1e3 * mevee)), 1e3 * root, "quadrature")


@pytest.mark.parametrize("curve", [CSI_QF, LAR_QF])
def test_derivatives_of_the_inverse_follow_from_the_implicit_function(curve):
    e_ee = jnp.asarray(3.0)
    t = curve.recoil(e_ee)
    slope = jax.grad(curve.light)(t)
    assert close(jax.grad(curve.recoil)(e_ee), 1.0 / slope, "identity")
    explicit = jax.grad(lambda c: c.recoil(e_ee))(curve)
    forward = jax.grad(lambda c: c.light(jax.lax.stop_gradient(t)))(curve)
    for ours, theirs in zip(jax.tree.leaves(explicit), jax.tree.leaves(forward), strict=True):
        assert close(ours, -theirs / slope, "identity", atol=1e-15)
    second = jax.grad(jax.grad(curve.recoil))(e_ee)
    assert close(second, -jax.grad(jax.grad(curve.light))(t) / slope**3, "quadrature")


def test_tangent_keeps_quenching_physical_above_the_fit():
    factor = jax.vmap(lambda t: CSI_QF.light(t) / t)(jnp.asarray([60.0, 200.0, 2000.0]))
    assert jnp.all(jnp.abs(factor - 0.093) < 0.002)
    assert float(LAR_QF.light(jnp.asarray(2000.0))) < 0.45 * 2000.0


# --- resolution ---------------------------------------------------------------------------------
def _sample(resolution, rng, mean, e_ee, n):
    if isinstance(resolution, Poisson):
        return rng.poisson(mean, n)
    if isinstance(resolution, Gamma):
        # as quoted: a = 0.0749/E_ee per PE, b = 9.56 E_ee, f ∝ x^b e^{−a(1+b)x}
        a, b = 0.0749 / e_ee, 9.56 * e_ee
        return rng.gamma(1.0 + b, 1.0 / (a * (1.0 + b)), n)
    return rng.normal(mean, 0.58 * np.sqrt(e_ee), n)


@pytest.mark.parametrize("name", SMEARED)
@pytest.mark.parametrize("e_ee", [0.5, 2.0, 8.0])
def test_smearing_matches_sampling(name, e_ee):
    response = RESPONSES[name]
    mean = float(response.light_yield) * e_ee
    if isinstance(response.resolution, Gamma):
        mean = e_ee / 0.0749
    rng, n = np.random.default_rng(2021), 400_000
    sampled = _sample(response.resolution, rng, mean, e_ee, n)
    edges = np.linspace(-3, 200, 204)
    shares = np.asarray(smearing_matrix(response, jnp.asarray([mean]), edges))[:, 0]
    found = np.histogram(sampled, edges)[0] / n
    error = np.sqrt(np.maximum(shares * (1.0 - shares), 1.0 / n) / n)
    rounded = 1e-4 if isinstance(response.resolution, Gamma) else 0.0  # 1/0.0749 against 13.35
    assert np.all(np.abs(found - shares) <= tolerance("sigmas") * error + rounded * shares)


@pytest.mark.parametrize("name", SMEARED)
def test_columns_of_the_response_matrix_sum_to_one(name):
    """Unit efficiency, a wide window: every recoil is counted once."""
    flat = eqx.tree_at(lambda r: r.efficiency, RESPONSES[name], Flat(*leaf(1.0)))
    means = jnp.geomspace(1e-3, 300.0, 100)
    edges = np.concatenate([np.arange(-100.0, 100.0, 1.0), np.arange(100.0, 900.0, 10.0)])
    matrix = smearing_matrix(flat, means, edges)
    assert jnp.all(matrix >= 0.0)
    assert close(matrix.sum(0), 1.0, "normalisation")
    grid = accepted_recoils(flat, np.array([-100.0, 10.0, 100.0, 900.0]))
    inside = jax.vmap(observable_at, in_axes=(None, 0))(flat, grid.t) < 300.0
    share = grid.fold.sum(0) / _node_weights(flat, grid)
    assert close(share[inside], 1.0, "normalisation")


def _node_weights(flat, grid):
    """The weight each node has where nothing is lost: from a single bin without limits."""
    one = eqx.tree_at(lambda r: r.resolution, flat, _Everything(), is_leaf=lambda x: x is None)
    weights = accepted_recoils(one, np.array([-100.0, 10.0, 100.0, 900.0]))
    assert jnp.array_equal(weights.t, grid.t)
    return weights.fold.sum(0)


class _Everything(Poisson):
    """Records each recoil at its mean, as a step."""

    def cdf(self, x, mean, e_ee):
        return jnp.where(x > 0.0, 1.0, 0.0) + 0.0 * mean


def test_poisson_counts_whole_photoelectrons():
    shares = smearing_matrix(
        RESPONSES["csi-2017-poisson"], jnp.asarray([6.3]), np.arange(0.0, 31.0)
    )
    assert close(shares[:, 0], stats.poisson.pmf(np.arange(30), 6.3), "quadrature", atol=1e-14)


def test_gamma_has_the_quoted_moments():
    mean, e_ee = 13.35 * 3.0, 3.0
    x = np.linspace(0.0, 300.0, 6001)
    cdf = jax.vmap(lambda e: Gamma(*leaf(9.56)).cdf(e, jnp.asarray(mean), jnp.asarray(e_ee)))(
        jnp.asarray(x)
    )
    shape = 1.0 + 9.56 * e_ee
    assert close(cdf, stats.gamma.cdf(x, shape, scale=mean / shape), "quadrature", atol=1e-14)


# --- the response matrix ------------------------------------------------------------------------
def spectrum(t_kev):
    """A falling recoil spectrum [1/keV]."""
    return np.exp(-t_kev / 6.0) / (1.0 + t_kev)


def _scipy_cdf(name, x, t_kev):
    response = RESPONSES[name]
    e_ee = float(response.quenching.light(jnp.asarray(t_kev)))
    mean = float(response.light_yield) * e_ee
    if name == "csi-2021":
        shape = 1.0 + 9.56 * e_ee
        return stats.gamma.cdf(x, shape, scale=mean / shape)
    if name == "csi-2017-poisson":
        return stats.poisson.cdf(x - 1, mean)
    return stats.norm.cdf(x, mean, 0.58 * np.sqrt(e_ee))


def _brute(name, low, high, step):
    """∫dT dN/dT Σ ε(x_s) ΔC by adaptive integration, efficiencies written out once more."""
    edges = np.arange(low, high + 0.5 * step, step)
    centre = 0.5 * (edges[1:] + edges[:-1])
    if name == "csi-2017-poisson":
        passed = 0.6655 / (1 + np.exp(-0.4942 * (centre - 10.8507)))
    elif name == "csi-2021":
        sigmoid = 1.32045 / (1 + np.exp(-0.285979 * (centre - 10.8646)))
        passed = np.clip(sigmoid - 0.333322, 0, 1)
    elif name == "lar":
        passed = np.interp(centre, [0.3, 5.1, 10.1, 20.1], [0.0, 0.6, 0.9, 0.96])
    else:
        passed = np.ones_like(centre)

    def integrand(t):
        on_recoil = float(SHIFTED.at(jnp.asarray(t))) if name == "on-recoil" else 1.0
        return spectrum(t) * on_recoil * np.dot(passed, np.diff(_scipy_cdf(name, edges, t)))

    pieces = [1e-9, 1.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0]
    return sum(
        integrate.quad(integrand, a, b, epsrel=1e-7, limit=200)[0]
        for a, b in itertools.pairwise(pieces)
    )


@pytest.mark.parametrize(
    ("name", "bin_index", "step"),
    [
        ("csi-2017-poisson", 1, 1.0),
        ("csi-2021", 0, 1.0),
        ("csi-2021", 4, 1.0),
        ("lar", 0, 0.5),
        ("lar", 2, 0.5),
    ],
)
def test_smeared_bins_match_adaptive_integration(name, bin_index, step):
    edges = EDGES[name]
    grid = accepted_recoils(RESPONSES[name], edges)
    ours = grid.fold[bin_index] @ (1e3 * spectrum(1e3 * np.asarray(grid.t)))
    theirs = _brute(name, edges[bin_index], edges[bin_index + 1], step)
    assert close(ours, theirs, "table")


def test_efficiency_of_the_recoil_multiplies_the_spectrum():
    grid = accepted_recoils(RESPONSES["on-recoil"], EDGES["on-recoil"])
    ours = grid.fold[1] @ (1e3 * spectrum(1e3 * np.asarray(grid.t)))
    assert close(ours, _brute("on-recoil", 10.0, 20.0, 10.0), "table")


def test_sharp_bins_match_the_closed_form():
    """∫ 2·10⁻⁴ T dT between the edges: CCM120's efficiency is linear in T."""
    edges = EDGES["ccm120"]
    ours = 1e3 * accepted_recoils(RESPONSES["ccm120"], edges).fold.sum(1)
    assert close(ours, 1e-4 * (edges[1:] ** 2 - edges[:-1] ** 2), "quadrature")


def test_sharp_photoelectron_bins_take_the_efficiency_at_their_centres():
    grid = accepted_recoils(RESPONSES["csi-2017"], np.array([6.0, 8.0, 10.0]))
    kev_per_pe = 1.0 / (13.348 * 0.0878)
    centre = np.array([6.5, 7.5, 8.5, 9.5])
    passed = 0.6655 / (1.0 + np.exp(-0.4942 * (centre - 10.8507)))
    expected = kev_per_pe * passed.reshape(2, 2).sum(1)
    assert close(1e3 * grid.fold.sum(1), expected, "identity")


@pytest.mark.parametrize("m_v", [1.0, 10.0, 100.0, 1000.0])
@pytest.mark.parametrize("edges", [[0.0, 2.6e3, 3e4, 1e6], [3e4, 1e6]])
def test_electron_recoils_follow_any_propagator(m_v, edges):
    grid = all_recoils(np.array(edges))
    ours = grid.fold @ (2.0 * M_ELECTRON * grid.t + m_v**2) ** -2

    def integral(t_mev):
        return -1.0 / (2.0 * M_ELECTRON * (2.0 * M_ELECTRON * t_mev + m_v**2))

    assert close(ours, np.diff(integral(1e-3 * np.array(edges))), "normalisation")


@pytest.mark.parametrize("m_v", [1.0, 30.0])
def test_sharp_electron_bins_follow_a_propagator_too(m_v):
    edges = np.array([2.6e3, 1e4, 3e4, 1e6])
    flat = Response(Unquenched(), ONE, None, Flat(*leaf(1.0)), None, "keV")
    grid = accepted_recoils(flat, edges)
    exact = all_recoils(edges, order=12)
    values = [g.fold @ (2.0 * M_ELECTRON * g.t + m_v**2) ** -2 for g in (grid, exact)]
    assert close(*values, "table")


# --- derivatives --------------------------------------------------------------------------------
@pytest.mark.parametrize("name", RESPONSES)
def test_fold_derivatives_match_finite_differences(name):
    """With respect to every leaf of the response: curves, light yield, resolution, knots."""
    flat, rebuild = jax.flatten_util.ravel_pytree(RESPONSES[name])

    @jax.jit
    def counts(parameters):
        response = rebuild(parameters)
        grid = accepted_recoils(response, EDGES[name])
        smooth = jnp.exp(-1e3 * grid.t / 6.0) * 1e3
        late = time_acceptance(response, jnp.asarray([0.0, 0.5, 1.0, 6.0]))
        return jnp.concatenate([grid.fold @ smooth, late])

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
    assert jnp.all(jnp.isfinite(exact))
    assert jnp.all(jnp.abs(exact - numeric) <= tolerance("gradient") * size)


@pytest.mark.parametrize("name", SMEARED)
def test_reverse_mode_stays_finite(name):
    edges = np.array([0.0, 1.0, 5.0, 400.0])
    gradient = jax.grad(lambda r: accepted_recoils(r, edges).fold.sum())(RESPONSES[name])
    assert all(jnp.all(jnp.isfinite(g)) for g in jax.tree.leaves(gradient))


def test_float32_responses_give_float32_folds():
    for name, response in RESPONSES.items():
        single = jax.tree.map(lambda x: x.astype(jnp.float32), response)
        coarse = accepted_recoils(single, EDGES[name])
        fine = accepted_recoils(response, EDGES[name])
        assert coarse.fold.dtype == coarse.t.dtype == jnp.float32
        allowed = tolerance("template", "float32")
        assert np.allclose(coarse.fold.sum(1), fine.fold.sum(1), rtol=allowed, atol=0.0)


# --- efficiency ---------------------------------------------------------------------------------
@pytest.mark.parametrize("curve", [STEPPED, SHIFTED, CCM_LINE, TABLE, Flat(*leaf(0.4))])
def test_efficiencies_stay_between_zero_and_one(curve):
    values = jax.vmap(curve.at)(jnp.concatenate([jnp.zeros(1), jnp.geomspace(1e-6, 1e7, 500)]))
    slopes = jax.vmap(jax.grad(curve.at))(jnp.geomspace(1e-6, 1e7, 500))
    assert jnp.all((values >= 0.0) & (values <= 1.0)) and jnp.all(jnp.isfinite(slopes))


def test_ccm120_efficiency():
    values = jax.vmap(CCM_LINE.at)(jnp.asarray([49.9, 50.0, 100.0, 300.0, 1000.0, 1e4]))
    assert close(values, [0.0, 0.01, 0.02, 0.06, 0.2, 1.0], "identity")


def test_late_events_are_lost_exponentially():
    edges = np.array([0.0, 0.4, 0.7, 2.0, 6.0])
    expected = [
        integrate.quad(lambda t: np.exp(-0.0494 * max(t - 0.52, 0.0)), a, b, points=[0.52])[0]
        / (b - a)
        for a, b in itertools.pairwise(edges)
    ]
    assert close(bin_averages(LATE, jnp.asarray(edges)), expected, "quadrature")
    none = time_acceptance(RESPONSES["csi-2017"], jnp.asarray(edges))
    assert jnp.array_equal(none, jnp.ones(4))


def test_mean_observable_and_its_inverse():
    csi = RESPONSES["csi-2017"]
    assert close(observable_at(csi, jnp.asarray(0.02)), 20.0 * 13.348 * 0.0878, "identity")
    for response in RESPONSES.values():
        t = jnp.asarray(0.0317)
        assert close(recoil_at(response, observable_at(response, t)), t, "identity")


def test_slices_keep_the_counts():
    slices = jnp.asarray([[0.2, 0.8], [0.5, 0.5]])
    counts = jnp.asarray([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    sliced = slice_counts(slices, counts)
    assert sliced.shape == (2, 2, 3)
    assert close(sliced.sum(1), counts, "identity")
    assert close(sliced[0, 1, 2], 0.8 * 3.0, "identity")
