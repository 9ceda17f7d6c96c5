"""Best fits and upper limits against scipy on an independent likelihood, and at their edges."""

from functools import partial

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import optimize
from scipy.special import logsumexp
from test_likelihood import (
    bump,
    constraint_by_scipy,
    csi_like,
    per_bin_by_scipy,
    profile_by_scipy,
)

from dmjax.fits.chi2 import likelihood_threshold
from dmjax.fits.roots import bracketed_root
from dmjax.likelihood.analysis import BinnedAnalysis
from dmjax.likelihood.nuisance import TREATMENTS
from dmjax.likelihood.onoff import OnOffCounts
from dmjax.limits import upper_limit as limits
from dmjax.limits.profile import STATUS, fit_strength, profile_curve
from dmjax.limits.upper_limit import upper_limit, upper_limits
from tolerances import tolerance

OK, UNCONSTRAINED, BAD = range(len(STATUS))
limit_of = eqx.filter_jit(upper_limit)
TEMPLATES = np.stack(
    [
        bump(17.0, 7.0, 0.7, 0.4),
        bump(10.0, 3.0, 1.5, 1.0),
        bump(28.0, 4.0, 4.0, 2.0),
        bump(20.0, 9.0, 1.0, 3.0),
    ]
)


@pytest.fixture(scope="module")
def analysis():
    return csi_like()


@pytest.fixture(scope="module")
def found(analysis):
    return {t: upper_limits(analysis, jnp.asarray(TEMPLATES), 0.90, t) for t in TREATMENTS}


def integrated_by_scipy(analysis, signal, shared):
    x, w = np.polynomial.legendre.leggauss(160)
    logs = [
        per_bin_by_scipy(analysis, signal, a)
        + (0.0 if shared else constraint_by_scipy(analysis, a))
        for a in 1.5 * x + 0.5
    ]
    if shared:
        constraint = constraint_by_scipy(analysis, 1.5 * x + 0.5)
        return logsumexp(np.sum(logs, axis=1) + constraint, b=1.5 * w)
    return logsumexp(logs, axis=0, b=1.5 * w[:, None]).sum()


REFERENCE = {
    "profile": lambda analysis, signal: profile_by_scipy(analysis, signal)[1],
    "marginal": lambda analysis, signal: integrated_by_scipy(analysis, signal, True),
    "per-bin": lambda analysis, signal: integrated_by_scipy(analysis, signal, False),
}


def limit_by_scipy(analysis, template, log_l):
    """Best fit, −2ΔlnL of no signal and 90 % limit by a scan, Brent's minimiser and brentq."""

    def twice_nll(mu):
        return -2.0 * log_l(analysis, mu * template)

    scan = np.concatenate([[0.0], np.geomspace(0.1, 500.0, 30)])
    values = [twice_nll(mu) for mu in scan]
    k = int(np.argmin(values))
    best, low = 0.0, values[0]
    if k > 0:
        around = (scan[k - 1], scan[min(k + 1, scan.size - 1)])
        result = optimize.minimize_scalar(
            twice_nll, bounds=around, method="bounded", options={"xatol": 1e-7}
        )
        best, low = result.x, result.fun
    limit = optimize.brentq(
        lambda mu: twice_nll(mu) - low - 2.705543454, best, best + 2000.0, xtol=1e-8
    )
    return best, values[0] - low, limit


@pytest.mark.parametrize(("treatment", "rows"), [("profile", 4), ("marginal", 1), ("per-bin", 1)])
def test_limits_against_scipy(analysis, found, treatment, rows):
    ours = found[treatment]
    for row in range(rows):
        best, null, limit = limit_by_scipy(analysis, TEMPLATES[row], REFERENCE[treatment])
        assert np.isclose(ours.test_statistic_null[row], null, atol=tolerance("fit"))
        assert np.isclose(ours.limit[row], limit, rtol=tolerance("fit_parameter"))
        assert np.isclose(
            ours.best_fit[row], best, rtol=tolerance("fit_parameter"), atol=tolerance("fit")
        )


def test_some_best_fits_are_exactly_zero(found):
    best = found["profile"].best_fit
    zero = best == 0.0
    assert bool(jnp.any(zero)) and bool(jnp.any(best > 1.0))
    assert np.array_equal(found["profile"].test_statistic_null[zero], jnp.zeros(int(zero.sum())))


def test_the_curve_meets_the_threshold_at_the_limit(analysis, found):
    result = found["profile"]
    zero = jnp.zeros_like(result.limit)
    points = jnp.stack([zero, result.best_fit, result.limit], axis=1)
    curves = jax.jit(jax.vmap(partial(profile_curve, analysis)))(jnp.asarray(TEMPLATES), points)
    threshold = jnp.full_like(zero, likelihood_threshold(0.90))
    expected = jnp.stack([result.test_statistic_null, zero, threshold], axis=1)
    assert np.allclose(curves, expected, atol=tolerance("fit"))


def test_fit_and_limit_agree_on_the_best_fit(analysis, found):
    fits = jax.jit(jax.vmap(lambda t: fit_strength(analysis, t)))(jnp.asarray(TEMPLATES))
    for name in ("best_fit", "alpha_hat", "log_l_max", "test_statistic_null"):
        assert np.allclose(
            getattr(fits, name), getattr(found["profile"], name), rtol=tolerance("quadrature")
        )


def test_any_normalisation_and_any_closed_or_bad_template(analysis, found):
    """One batch: scaled templates, a closed channel, a negative and two non-finite ones."""
    plain = TEMPLATES[0]
    bad = [plain.copy() for _ in range(3)]
    bad[0][4], bad[1][4], bad[2][4] = -1e-3, np.nan, np.inf
    scales = np.array([1e-250, 1e-10, 1.0, 1e10])
    batch = np.stack([*(scales[:, None] * plain), 0.0 * plain, *bad])
    ours = upper_limits(analysis, jnp.asarray(batch))
    assert ours.status.tolist() == [OK] * 4 + [UNCONSTRAINED] + [BAD] * 3
    assert np.allclose(
        ours.limit[:4] * scales, found["profile"].limit[0], rtol=tolerance("quadrature")
    )
    assert np.allclose(
        ours.best_fit[:4] * scales, found["profile"].best_fit[0], rtol=tolerance("quadrature")
    )
    assert np.all(np.isposinf(ours.limit[4:])) and np.all(np.asarray(ours.best_fit[4:]) == 0.0)
    assert not any(bool(jnp.any(jnp.isnan(field))) for field in ours)


def test_a_free_scale_leaves_the_signal_unconstrained():
    """With σ_α = 1 the data are described by 1 + α = 0 for any signal: −2ΔlnL stays below 1."""
    analysis = BinnedAnalysis(OnOffCounts([0], [0]), [0.0], [0.0], sigma_alpha=1.0)
    result = limit_of(analysis, jnp.asarray([1.0]), jnp.asarray(0.90))
    assert int(result.status) == UNCONSTRAINED and bool(jnp.isinf(result.limit))


def test_without_counts_the_limit_is_half_the_threshold():
    analysis = BinnedAnalysis(OnOffCounts([0], [0]), [0.0], [0.0], sigma_alpha=1e-6)
    for cl in (0.01, 0.68, 0.90, 0.999):
        result = limit_of(analysis, jnp.asarray([1.0]), jnp.asarray(cl))
        expected = 0.5 * float(likelihood_threshold(cl))
        assert np.isclose(result.limit, expected, rtol=tolerance("fit_parameter"))
    assert round(float(likelihood_threshold(0.90)), 3) == 2.706


def test_gradient_of_the_limit_against_finite_differences(analysis):
    """Implicit derivatives in two directions of the template and in its size."""
    directions = jnp.asarray(TEMPLATES[[0, 1, 3]])

    def limit(mixture):
        return upper_limit(analysis, jnp.tensordot(mixture, directions, axes=1)).limit

    at = jnp.asarray([1.0, 0.2, 0.4])
    ours = jax.jit(jax.jacfwd(limit))(at)
    limit = jax.jit(limit)
    step = 1e-3
    numeric = [(limit(at + h) - limit(at - h)) / (2 * step) for h in step * np.eye(3)]
    assert np.allclose(ours, numeric, rtol=tolerance("gradient"))
    assert np.isclose(jnp.dot(ours, at), -limit(at), rtol=tolerance("quadrature"))


def test_a_batch_is_traced_once(analysis, monkeypatch):
    traces = []

    def counted(*args, **kwargs):
        traces.append(None)
        return upper_limit(*args, **kwargs)

    monkeypatch.setattr(limits, "upper_limit", counted)
    for scale in (1.0, 2.0):
        upper_limits(analysis, scale * jnp.asarray(TEMPLATES[:3]), batch_size=2)
    assert len(traces) == 1


def test_float32(analysis, found):
    single = upper_limits(analysis, jnp.asarray(TEMPLATES, jnp.float32))
    assert single.limit.dtype == jnp.float32
    assert np.allclose(single.limit, found["profile"].limit, rtol=tolerance("template", "float32"))


@pytest.mark.parametrize("function", [fit_strength, upper_limit])
def test_unknown_treatment(analysis, function):
    with pytest.raises(ValueError, match="profile, marginal, per-bin"):
        function(analysis, jnp.asarray(TEMPLATES[0]), treatment="bayes")


@pytest.mark.parametrize(
    ("function", "low", "high", "root"),
    [
        (lambda x: x**3 - 2.0, 0.0, 10.0, 2.0 ** (1 / 3)),
        (lambda x: jnp.expm1(x) - 1e3, -5.0, 20.0, np.log1p(1e3)),
        (lambda x: 1.0 - x, 0.0, 1.0, 1.0),
        (lambda x: jnp.tanh(50.0 * (x - 0.3)), 0.0, 1.0, 0.3),
    ],
)
def test_roots(function, low, high, root):
    ends = jnp.asarray([low, high])
    at_ends = jax.vmap(function)(ends)
    ours = jax.jit(lambda a, fa: bracketed_root(function, a[0], a[1], fa[0], fa[1]))(ends, at_ends)
    assert np.isclose(ours, root, rtol=tolerance("quadrature"))
