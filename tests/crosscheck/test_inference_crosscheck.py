"""The CsI 2017 fit against scipy minimisation and the dense grid."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import optimize, special, stats

from dmjax.analyses.datasets import load_dataset
from dmjax.analyses.signal import (
    Y_REF,
    interpolation_table,
    signal,
    template_at,
    template_table,
)
from dmjax.bayes.grid import grid_posterior
from dmjax.bayes.posterior import posterior_sampler, sample_posterior
from dmjax.conventions import D20
from dmjax.limits.curve import analysis, limit
from dmjax.studies.whole_fit import inside_regions
from tolerances import tolerance


@pytest.fixture(scope="module")
def fit():
    data = load_dataset("csi2017", "cuts", D20)
    return data, signal(data, channels=("pi0", "piminus"))


def brute_log_likelihood(data, events, alpha: float) -> float:
    """Eq. 6.4 with the sum written out by scipy, α constrained by its Gaussian."""
    s = (1 + alpha) * (events + (data.prompt + data.delayed).ravel()) + data.neutrons.ravel()
    total = 0.0
    for n, m, mean in zip(data.on.ravel(), data.off.ravel(), np.asarray(s), strict=True):
        j = np.arange(int(n) + 1)
        choose = special.gammaln(n - j + m + 1) - special.gammaln(m + 1)
        choose = choose - special.gammaln(n - j + 1) - (n - j + m + 1) * np.log(2.0)
        total += special.logsumexp(stats.poisson.logpmf(j, mean) + choose)
    return total + stats.norm.logpdf(alpha, 0.0, data.sigma_alpha)


def brute_profile(data, events) -> float:
    found = optimize.minimize_scalar(
        lambda a: -brute_log_likelihood(data, events, a),
        bounds=(-0.999, 2.0),
        method="bounded",
        options={"xatol": 1e-8},
    )
    return -found.fun


def test_limit_and_best_fit_against_scipy(fit):
    data, model = fit
    found = limit(data, model, [75.0])
    template = template_table(model, np.array([75.0]))[0]

    def twice_nll(log_mu):
        return -2.0 * brute_profile(data, np.exp(log_mu) * template)

    centre = np.log((found.best_fit[0] / Y_REF) ** 2)
    best = optimize.minimize_scalar(twice_nll, bounds=(centre - 2, centre + 2), method="bounded")
    upper = optimize.brentq(lambda x: twice_nll(x) - best.fun - 2.705543, best.x, best.x + 4)
    null = -2.0 * brute_profile(data, 0.0 * template)
    assert np.isclose(found.test_statistic_null[0], null - best.fun, atol=tolerance("fit"))
    assert np.isclose(found.limit[0], Y_REF * np.exp(0.5 * upper), rtol=tolerance("fit_parameter"))
    assert 13.0 < found.best_fit_events[0] < 15.0
    assert abs(found.test_statistic_null[0] - 4.3) < 0.1


def test_limits_of_many_masses_never_go_missing(fit):
    data, model = fit
    found = limit(data, model, np.geomspace(1.0, 300.0, 60))
    assert not np.isnan(found.limit).any()
    closed = np.array(found.status) == "unconstrained"
    assert np.array_equal(closed, np.isinf(found.limit))
    assert np.array_equal(closed, found.m_v > 138.28)


def test_interpolated_templates_are_the_templates(fit):
    _, model = fit
    table = interpolation_table(model, 1.0, 200.0)
    masses = np.array([1.7, 33.3, 74.9, 120.2, 137.9, 138.3, 150.0])
    exact = template_table(model, masses)
    near = np.array([template_at(table, jnp.asarray(m)) for m in masses])
    assert np.allclose(near, exact, rtol=tolerance("fit_parameter"), atol=1e-9 * exact.max())


def test_nuts_agrees_with_the_dense_grid(fit):
    """Posterior content of blocks of the plane and of the 1σ region, within the sample's error.

    The 2σ level runs through the exactly flat plateau above 138 MeV, where a region is not defined.
    """
    data, model = fit
    log_m_v = np.linspace(0.0, np.log(200.0), 160)
    log_y = np.linspace(np.log(1e-12), np.log(1e-8), 120)
    grid = grid_posterior(
        analysis(data),
        jnp.asarray(template_table(model, np.exp(log_m_v))),
        jnp.asarray(log_m_v),
        jnp.asarray(log_y),
        jnp.asarray(np.log(Y_REF)),
    )
    sampler = posterior_sampler(
        partial(template_at, interpolation_table(model, 1.0, 200.0)), draws=800
    )
    found = sample_posterior(sampler, analysis(data), grid, jax.random.key(5), max_divergences=16)
    assert found.converged, found.reasons
    ess = min(found.diagnostics["ess"].values())
    weight = np.exp(np.asarray(grid.log_density)) * np.asarray(grid.cell_area)
    weight = weight / weight.sum()
    edges = [np.linspace(axis[0], axis[-1], 7) for axis in (log_m_v, log_y)]
    points = [x.ravel() for x in np.meshgrid(log_m_v, log_y, indexing="ij")]
    content = np.histogram2d(*points, bins=edges, weights=weight.ravel())[0]
    draws = [found.samples[name].ravel() for name in ("log_m_v", "log_y")]
    share = np.histogram2d(*draws, bins=edges)[0] / draws[0].size
    cell = np.diff(log_y)[0] / np.diff(edges[1])[0] + np.diff(log_m_v)[0] / np.diff(edges[0])[0]
    error = np.sqrt(content * (1.0 - content) / ess)
    allowed = tolerance("sigmas") * error + cell * content  # a cell may fall on either side
    assert np.all(np.abs(share - content)[content > 0.01] <= allowed[content > 0.01])
    inside = inside_regions(found.samples, grid)[0]
    assert abs(inside - 0.6827) < tolerance("sigmas") * np.sqrt(0.6827 * 0.3173 / ess)
