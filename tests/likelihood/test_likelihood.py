"""The binned likelihood and the three ways to remove α, against scipy on the same formula."""

import itertools

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import integrate, optimize
from scipy.special import gammaln, log_ndtr, logsumexp, xlogy

from dmjax.likelihood.analysis import (
    BinnedAnalysis,
    expected_means,
    log_constraint,
    log_likelihood,
    log_posterior_alpha,
)
from dmjax.likelihood.nuisance import (
    TREATMENTS,
    marginal_alpha,
    per_bin_alpha,
    profile_alpha,
    reduced_log_likelihood,
)
from dmjax.likelihood.onoff import OnOffCounts
from tolerances import tolerance

PE, TIME = (
    x.ravel() for x in np.meshgrid(np.arange(7, 33, 2), np.arange(0.25, 6, 0.5), indexing="ij")
)


def bump(pe, pe_width, time, time_width):
    """A template of unit sum around one photo-electron number and time."""
    shape = np.exp(-(((PE - pe) / pe_width) ** 2) - ((TIME - time) / time_width) ** 2)
    return shape / shape.sum()


def csi_like(signal_events=60.0, seed=7, sigma_alpha=0.28):
    """An analysis shaped like CsI 2017 without cuts: 13 × 12 bins, counts of a fixed seed."""
    rng = np.random.default_rng(seed)
    neutrinos = np.exp(-PE / 8.0 - TIME / 2.2)
    neutrinos *= 165.0 / neutrinos.sum()
    neutrons = 6.0 * bump(5.0, 8.0, 0.8, 0.5)
    steady = 400.0 * np.exp(-PE / 20.0) / np.exp(-PE / 20.0).sum()
    on = rng.poisson(steady + neutrinos + neutrons + signal_events * bump(17.0, 7.0, 0.7, 0.4))
    return BinnedAnalysis(OnOffCounts(on, rng.poisson(steady)), neutrinos, neutrons, sigma_alpha)


def per_bin_by_scipy(analysis, signal, alpha):
    """ln L of every bin from the printed sum, in NumPy and SciPy only; α of shape () or (bins,)."""
    n, m = np.asarray(analysis.counts.n_on), np.asarray(analysis.counts.n_off)
    s = (1 + alpha) * (signal + np.asarray(analysis.neutrinos)) + np.asarray(analysis.neutrons)
    j = np.arange(n.max() + 1)[:, None]
    k = np.where(j <= n, n - j, 0)
    terms = xlogy(j, s) - gammaln(j + 1) + gammaln(k + m + 1) - gammaln(k + 1) - gammaln(m + 1)
    terms = np.where(j <= n, terms - (k + m + 1) * np.log(2.0), -np.inf)
    return logsumexp(terms, axis=0) - s


def constraint_by_scipy(analysis, alpha):
    sigma = float(analysis.sigma_alpha)
    return -0.5 * (alpha / sigma) ** 2 - np.log(sigma * np.sqrt(2 * np.pi)) - log_ndtr(1 / sigma)


def profile_by_scipy(analysis, signal):
    def nll(alpha):
        log_l = per_bin_by_scipy(analysis, signal, alpha).sum()
        return -log_l - constraint_by_scipy(analysis, alpha)

    found = optimize.minimize_scalar(
        nll, bounds=(-1.0, 4.0), method="bounded", options={"xatol": 1e-9}
    )
    return found.x, -found.fun


profile, marginal, per_bin = map(eqx.filter_jit, (profile_alpha, marginal_alpha, per_bin_alpha))


@pytest.fixture(scope="module")
def analysis():
    return csi_like()


SIGNALS = [
    0.0 * bump(17.0, 7.0, 0.7, 0.4),
    40.0 * bump(17.0, 7.0, 0.7, 0.4),
    400.0 * bump(25.0, 4.0, 2.0, 2.0),
]


@pytest.mark.parametrize("signal", SIGNALS)
@pytest.mark.parametrize("alpha", [-0.9, 0.0, 0.7])
def test_log_likelihood_is_the_printed_sum(analysis, signal, alpha):
    ours = float(log_likelihood(analysis, jnp.asarray(signal), alpha))
    assert np.isclose(
        ours, per_bin_by_scipy(analysis, signal, alpha).sum(), rtol=tolerance("identity")
    )


def test_real_counts(shared_data):
    tables = [
        np.loadtxt(shared_data / "coherent" / f"data_{name}_beamOn.txt", delimiter=",")
        for name in ("coincidence", "anticoincidence")
    ]
    keep = (tables[0][:, 0] > 6) & (tables[0][:, 0] < 32) & (tables[0][:, 1] < 6)
    on, off = (table[keep, 2] for table in tables)
    analysis = csi_like()
    analysis = eqx.tree_at(lambda a: a.counts, analysis, OnOffCounts(on, off))
    assert on.size == PE.size
    for signal in SIGNALS:
        alpha, log_l = profile_by_scipy(analysis, signal)
        ours = profile(analysis, jnp.asarray(signal))
        assert np.isclose(2 * float(ours.log_l), 2 * log_l, atol=tolerance("fit"))
        assert np.isclose(float(ours.alpha_hat), alpha, atol=tolerance("fit_parameter"))


@pytest.mark.parametrize("sigma", [0.05, 0.28, 1.0])
def test_constraint_is_normalised_above_minus_one(sigma):
    analysis = csi_like(sigma_alpha=sigma)
    density = jax.jit(lambda a: jnp.exp(log_constraint(analysis, a)))
    total, _ = integrate.quad(
        lambda a: float(density(a)), -1.0, 12 * sigma, points=[0.0], epsabs=0, epsrel=1e-11
    )
    assert abs(total - 1.0) < tolerance("quadrature")


def test_below_minus_one_the_scale_stays_at_zero(analysis):
    signal = jnp.asarray(SIGNALS[1])
    assert np.array_equal(expected_means(analysis, signal, -1.7), analysis.neutrons)
    value, slope = jax.value_and_grad(lambda a: log_posterior_alpha(analysis, signal, a))(
        jnp.asarray(-1.7)
    )
    assert bool(jnp.isfinite(value)) and float(slope) > 0


@pytest.mark.parametrize("events", [0.0, 3.0, 40.0, 300.0, 3e4])
def test_profile_against_scipy(analysis, events):
    signal = events * bump(20.0, 6.0, 0.7, 0.5)
    alpha, log_l = profile_by_scipy(analysis, signal)
    ours = profile(analysis, jnp.asarray(signal))
    assert np.isclose(2 * float(ours.log_l), 2 * log_l, atol=tolerance("fit"))
    assert np.isclose(float(ours.alpha_hat), alpha, atol=tolerance("fit_parameter"))


def test_profile_reaches_the_edge_exactly():
    analysis = BinnedAnalysis(OnOffCounts([0, 0], [1, 2]), [1.0, 1.0], [0.1, 0.1])
    assert float(profile(analysis, jnp.asarray([1e4, 1e4])).alpha_hat) == -1.0


@pytest.mark.parametrize("sigma", [0.05, 0.28, 0.8])
@pytest.mark.parametrize("events", [0.0, 40.0, 3e3])
def test_marginal_against_dense_integration(sigma, events):
    analysis = csi_like(sigma_alpha=sigma)
    signal = events * bump(20.0, 6.0, 0.7, 0.5)
    peak, top = profile_by_scipy(analysis, signal)

    def integrand(alpha):
        log_l = per_bin_by_scipy(analysis, signal, alpha).sum()
        return np.exp(log_l + constraint_by_scipy(analysis, alpha) - top)

    cuts = [-1.0, *np.clip(peak + np.array([-0.3, -0.1, 0.0, 0.1, 0.3]), -1.0, None), peak + 3.0]
    pieces = [
        integrate.quad(integrand, a, b, epsabs=1e-13, epsrel=1e-10)[0]
        for a, b in itertools.pairwise(cuts)
    ]
    ours = float(marginal(analysis, jnp.asarray(signal)))
    assert abs(ours - top - np.log(sum(pieces))) < tolerance("quadrature")


def test_per_bin_against_dense_integration(analysis):
    signal = 40.0 * bump(20.0, 6.0, 0.7, 0.5)
    x, w = np.polynomial.legendre.leggauss(400)
    alphas, weights = -1.0 + 2.5 * (x + 1.0), 2.5 * w
    logs = [
        per_bin_by_scipy(analysis, signal, a) + constraint_by_scipy(analysis, a) for a in alphas
    ]
    theirs = logsumexp(logs, axis=0, b=weights[:, None]).sum()
    ours = float(per_bin(analysis, jnp.asarray(signal)))
    assert abs(ours - theirs) < PE.size * tolerance("quadrature")


def test_one_bin_has_one_alpha():
    analysis = BinnedAnalysis(OnOffCounts([12], [5]), [4.0], [0.5])
    signal = jnp.asarray([6.0])
    shared, separate = marginal(analysis, signal), per_bin(analysis, signal)
    assert np.isclose(shared, separate, rtol=tolerance("identity"))


@pytest.mark.parametrize("treatment", TREATMENTS)
def test_gradients_against_finite_differences(analysis, treatment):
    """In the signal's size and in the neutrinos, by reverse and by forward mode."""
    shape = jnp.asarray(bump(20.0, 6.0, 0.7, 0.5))

    def log_l(sizes):
        changed = eqx.tree_at(lambda a: a.neutrinos, analysis, sizes[1] * analysis.neutrinos)
        return reduced_log_likelihood(changed, sizes[0] * shape, treatment)

    value, reverse, forward = map(jax.jit, (log_l, jax.grad(log_l), jax.jacfwd(log_l)))
    step = 1e-4 * np.eye(2)
    for events in (0.0, 40.0, 500.0):
        sizes = jnp.asarray([events, 1.0])
        assert np.allclose(reverse(sizes), forward(sizes), rtol=tolerance("quadrature"))
        numeric = [(value(sizes + h) - value(sizes - h)) / 2e-4 for h in step]
        assert np.allclose(forward(sizes), numeric, rtol=tolerance("gradient"))


@pytest.mark.parametrize("treatment", TREATMENTS)
def test_random_points_are_finite(analysis, treatment):
    rng = np.random.default_rng(3)
    events = 10.0 ** rng.uniform(-12, 9, 4000)
    events[:10] = 0.0
    shapes = rng.dirichlet(np.full(PE.size, 0.05), 50)[rng.integers(0, 50, events.size)]
    slope = jax.jit(
        jax.vmap(
            lambda t, shape: jax.jvp(
                lambda u: reduced_log_likelihood(analysis, u * shape, treatment),
                (t,),
                (jnp.ones_like(t),),
            )
        )
    )
    value, tangent = slope(jnp.asarray(events), jnp.asarray(shapes))
    assert bool(jnp.all(jnp.isfinite(value) & jnp.isfinite(tangent)))


@pytest.mark.parametrize("treatment", ["profile", "marginal"])
def test_float32_follows_the_signal(analysis, treatment):
    signal = 40.0 * bump(20.0, 6.0, 0.7, 0.5)
    reduced = eqx.filter_jit(reduced_log_likelihood)
    single = reduced(analysis, jnp.asarray(signal, jnp.float32), treatment)
    double = reduced(analysis, jnp.asarray(signal), treatment)
    assert single.dtype == jnp.float32
    assert np.isclose(single, double, rtol=tolerance("identity", "float32"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"neutrinos": [1.0]}, "neutrinos has shape"),
        ({"neutrons": [-1.0, 0.0]}, "neutrons must be finite and not negative"),
        ({"neutrinos": [np.nan, 0.0]}, "neutrinos must be finite and not negative"),
        ({"sigma_alpha": 0.0}, "sigma_alpha must be one number > 0"),
        ({"sigma_alpha": [0.1, 0.2]}, "sigma_alpha must be one number > 0"),
    ],
)
def test_bad_analysis_is_named(change, message):
    fields = {"neutrinos": [1.0, 1.0], "neutrons": [0.0, 0.0]} | change
    with pytest.raises(ValueError, match=message):
        BinnedAnalysis(OnOffCounts([1, 2], [0, 1]), **fields)


def test_unknown_treatment_lists_the_known(analysis):
    with pytest.raises(ValueError, match="profile, marginal, per-bin"):
        reduced_log_likelihood(analysis, jnp.asarray(SIGNALS[0]), "bayes")
