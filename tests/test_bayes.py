"""Priors, nested sampling against exact evidences and the grid, NumPyro, predictive checks."""

import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import integrate, stats
from test_likelihood import csi_like
from test_posterior import template

from dmjax.errors import InputError
from dmjax.inference.bayes import posterior_by_nuts
from dmjax.inference.dark_joint import best_mass, dark_hypothesis, joint_hypothesis
from dmjax.inference.evidence import grid_evidence, share_inside
from dmjax.inference.grid import grid_posterior
from dmjax.inference.nested import Hypothesis, nested_sampling
from dmjax.inference.predictive import predictive_checks, prior_draws, replicate
from dmjax.inference.priors import (
    Prior,
    dark_priors,
    log_prior,
    parameter_priors,
    prior_set,
    quantiles,
)
from dmjax.io import write_draws
from dmjax.likelihood.analysis import BinnedAnalysis
from dmjax.likelihood.count_model import CountModel
from dmjax.likelihood.joint import JointModel, observed_data
from dmjax.likelihood.nuisance import marginal_alpha
from dmjax.likelihood.onoff import OnOffCounts, log_onoff
from dmjax.likelihood.parameters import Parameter
from dmjax.likelihood.signal import Y_REF, TemplateTable
from dmjax.likelihood.templates import Component, Scale
from tolerances import tolerance

PRIORS = (
    Prior("a", "uniform", -1.0, 3.0),
    Prior("b", "log-uniform", 1e-3, 10.0),
    Prior("c", "normal", -1.0, np.inf, 0.0, 0.28),
    Prior("d", "normal", 2.0, 5.0, 0.0, 1.0),
)
SCIPY = (
    stats.uniform(-1.0, 4.0),
    stats.loguniform(1e-3, 10.0),
    stats.truncnorm(-1.0 / 0.28, np.inf, 0.0, 0.28),
    stats.truncnorm(2.0, 5.0),
)
M_RANGE, Y_RANGE = (10.0, 200.0), (Y_REF * np.exp(-5.0), Y_REF * np.exp(5.0))


def test_priors_are_those_of_scipy():
    priors, u = prior_set(PRIORS), np.array([0.03, 0.4, 0.5, 0.97])
    for share in u:
        ours = quantiles(priors, jnp.full(4, share))
        theirs = [p.ppf(share) for p in SCIPY]
        assert np.allclose(ours, theirs, rtol=tolerance("quadrature"))
        density = sum(p.logpdf(x) for p, x in zip(SCIPY, theirs, strict=True))
        assert abs(float(log_prior(priors, ours)) - density) < tolerance("quadrature")
    assert float(log_prior(priors, jnp.asarray([5.0, 1.0, 0.0, 3.0]))) == -np.inf


@pytest.mark.parametrize("u", [0.0, 1.0, -2.0, 3.0])
def test_quantiles_stay_finite_and_inside(u):
    priors = prior_set(PRIORS)
    values = quantiles(priors, jnp.full(4, u))
    assert np.all(np.isfinite(values))
    assert np.all((values >= priors.lower) & (values <= priors.upper))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Prior("x", "uniform", 2.0, 1.0), "no support: lower 2 must be below"),
        (lambda: Prior("x", "log-uniform", 0.0, 1.0), "no support: log-uniform needs lower > 0"),
        (lambda: Prior("x", "uniform", 0.0, np.inf), "no support: uniform needs a finite range"),
        (lambda: Prior("x", "normal", 40.0, 50.0), "no support: .* from the centre 0"),
        (lambda: Prior("x", "normal", 0.0, 1.0, 0.0, 0.0), "no support: .* sigma > 0"),
        (lambda: Prior("x", "flat", 0.0, 1.0), "kind of prior"),
        (lambda: dark_priors("log-unifrom"), "log-uniform"),
        (lambda: dark_priors("uniform", (3.0, 2.0)), "'m_v' has no support"),
        (lambda: prior_set([]), "distinct names"),
        (lambda: parameter_priors([Parameter("n", 1.0, lower=0.0)]), "'n' needs a prior"),
        (
            lambda: parameter_priors(
                [Parameter("n", 1.0, lower=0.0)], {"n": Prior("n", "uniform", -1.0, 1.0)}
            ),
            "leaves its range",
        ),
    ],
)
def test_priors_without_support_are_named(make, message):
    with pytest.raises(InputError, match=message):
        make()


def gaussian(width, x):
    return -0.5 * jnp.sum(((x - 0.3) / width) ** 2) - x.size * jnp.log(width * np.sqrt(2 * np.pi))


def test_nested_sampling_of_a_gaussian():
    """Z = 1/8 per dimension; the mean of independent runs, in units of their own errors."""
    box = prior_set([Prior(name, "uniform", -4.0, 4.0) for name in "abc"])
    target = Hypothesis("gauss", box, jax.tree_util.Partial(gaussian, jnp.asarray(0.1)))
    runs = [nested_sampling(target, jax.random.key(seed), live=300) for seed in range(6)]
    log_z, errors = np.array([(run.log_z, run.error) for run in runs]).T
    assert all(run.status == "converged" for run in runs)
    pulls = (log_z + 3.0 * np.log(8.0)) / errors
    assert abs(pulls.mean()) < tolerance("sigmas") / np.sqrt(6)
    assert 0.3 < pulls.std() < 2.0
    exact = 3.0 * (np.log(8.0) - 0.5 * np.log(2 * np.pi * np.e) - np.log(0.1))
    assert abs(runs[0].information - exact) < tolerance("sigmas") * errors[0]
    draws = np.concatenate([run.draws["a"] for run in runs])
    error = 0.1 / np.sqrt(6 * runs[0].effective)
    assert abs(draws.mean() - 0.3) < tolerance("sigmas") * error
    short = nested_sampling(target, jax.random.key(0), live=300, max_deaths=300)
    assert "left at" in short.status


def test_nested_sampling_rejects_what_it_cannot_integrate():
    box = prior_set([Prior("x", "uniform", 0.0, 1.0)])
    for value, message in ((np.nan, "not a number"), (-np.inf, "no support")):
        with pytest.raises(InputError, match=message):
            nested_sampling(Hypothesis("bad", box, lambda x, v=value: 0.0 * x[0] + v), _key())
    with pytest.raises(InputError, match="live points"):
        nested_sampling(Hypothesis("few", box, lambda x: x[0]), _key(), live=3)


def _key():
    return jax.random.key(5)


def pooled(bins):
    """Four neighbours in one bin: the same shapes at a quarter of the cost."""
    return bins.reshape(-1, 4).sum(axis=1)


@pytest.fixture(scope="module")
def analysis():
    fine = csi_like()
    counts = OnOffCounts(*(pooled(np.asarray(n)) for n in (fine.counts.n_on, fine.counts.n_off)))
    return BinnedAnalysis(counts, pooled(fine.neutrinos), pooled(fine.neutrons), 0.28)


def pooled_template(m_v):
    return pooled(template(m_v))


@pytest.fixture(scope="module")
def joint(analysis):
    """The very counts of `analysis` as a count model."""
    alpha = Parameter("alpha", 0.0, 0.28, lower=-1.0)
    scale = Scale("alpha", 1.0, 1.0)
    components = [
        Component("nu", analysis.neutrinos, (scale,)),
        Component("brn", analysis.neutrons),
        Component("signal", np.ones(analysis.neutrinos.size), (Scale("signal"), scale)),
    ]
    counts = {"on": analysis.counts.n_on, "off": analysis.counts.n_off}
    return JointModel(
        CountModel("toy", components, [alpha, Parameter("signal", 0.0, lower=0.0)], **counts)
    )


@pytest.fixture(scope="module")
def tables():
    log_m_v = jnp.linspace(*np.log(M_RANGE), 400)
    return {"toy": TemplateTable(log_m_v, jax.vmap(pooled_template)(jnp.exp(log_m_v)))}


@pytest.fixture(scope="module")
def grid(analysis):
    log_m_v = jnp.linspace(*np.log(M_RANGE), 120)
    log_y = jnp.linspace(*np.log(Y_RANGE), 120)
    templates = jax.vmap(pooled_template)(jnp.exp(log_m_v))
    return grid_posterior(analysis, templates, log_m_v, log_y, jnp.asarray(np.log(Y_REF)))


@pytest.fixture(scope="module")
def dark(joint, tables):
    return {
        choice: dark_hypothesis(joint, tables, dark_priors(choice, M_RANGE, Y_RANGE), name=choice)
        for choice in ("log-uniform", "uniform-mass")
    }


@pytest.fixture(scope="module")
def runs(dark):
    return {c: nested_sampling(h, jax.random.key(8), live=800) for c, h in dark.items()}


def test_nested_sampling_agrees_with_the_grid(runs, grid):
    """ln Z within 0.2, and the draws fill the grid's credible regions, for both priors."""
    for choice, run in runs.items():
        exact = grid_evidence(grid, dark_priors(choice, M_RANGE, Y_RANGE))
        assert abs(run.log_z - exact.log_z) < tolerance("evidence")
        inside = share_inside(run.draws, grid, exact)
        for share, found in zip((0.6827, 0.9545), inside, strict=True):
            error = np.sqrt(share * (1 - share) / run.effective)
            # The density changes across a grid cell: a cell on the edge counts as in or out.
            assert abs(found - share) < tolerance("sigmas") * error + 0.03


def test_the_grid_without_priors_is_log_uniform(grid):
    ours = grid_evidence(grid)
    stated = grid_evidence(grid, dark_priors("log-uniform", M_RANGE, Y_RANGE))
    assert abs(ours.log_z - stated.log_z) < tolerance("quadrature")
    area = float(jnp.sum(grid.cell_area))
    mean = np.sum(np.exp(np.asarray(grid.log_likelihood - ours.log_z)) * grid.cell_area) / area
    assert abs(mean - 1.0) < tolerance("quadrature")
    with pytest.raises(InputError, match="no support on the grid"):
        grid_evidence(grid, dark_priors("uniform", (300.0, 400.0), Y_RANGE))


def test_the_constraint_of_a_joint_model_becomes_its_prior(analysis):
    """∫ L dπ over the one nuisance by SciPy is the quadrature of `marginal_alpha`."""
    alpha = Parameter("alpha", 0.0, 0.28, lower=-1.0)
    scale = Scale("alpha", 1.0, 1.0)
    parts = [Component("nu", analysis.neutrinos, (scale,)), Component("brn", analysis.neutrons)]
    counts = {"on": analysis.counts.n_on, "off": analysis.counts.n_off}
    alone = joint_hypothesis("none", JointModel(CountModel("toy", parts, [alpha], **counts)))
    exact = float(marginal_alpha(analysis, jnp.zeros(analysis.neutrinos.size)))
    log_l = jax.jit(alone.log_likelihood)

    def integrand(a):
        return np.exp(float(log_l(jnp.asarray([a]))) - exact) * SCIPY[2].pdf(a)

    assert abs(integrate.quad(integrand, -0.99, 1.5)[0] - 1.0) < tolerance("normalisation")


def test_best_mass_is_no_worse_than_the_grid(joint, tables, grid):
    best = best_mass(joint, tables, np.exp(np.asarray(grid.log_m_v)), Y_RANGE[1])
    assert best.converged
    assert Y_RANGE[0] < best.y <= Y_RANGE[1]
    inside = dark_hypothesis(joint, tables, dark_priors("log-uniform", M_RANGE, Y_RANGE))
    point = jnp.asarray([best.m_v, best.y, best.values["alpha"]])
    pull = best.values["alpha"] / 0.28
    log_l = float(inside.log_likelihood(point)) - 0.5 * pull**2 - np.log(0.28 * np.sqrt(2 * np.pi))
    assert abs(-2.0 * log_l - best.two_nll) < tolerance("fit")


def test_tables_must_match_the_model(joint, tables):
    priors = dark_priors("log-uniform", M_RANGE, Y_RANGE)
    short = tables["toy"]._replace(values=tables["toy"].values[:, 1:])
    for given, message in (
        ({"other": tables["toy"]}, "a table for 'other'"),
        ({"toy": short}, "the table has 38 bins"),
        ({}, "a table is needed"),
    ):
        with pytest.raises(InputError, match=message):
            dark_hypothesis(joint, given, priors)
    with pytest.raises(InputError, match="leaves the masses"):
        dark_hypothesis(joint, tables, dark_priors("uniform", (1.0, 50.0), Y_RANGE))


@pytest.fixture(scope="module")
def counted():
    """n = 9 over b = 3 ± 1 and a signal 0 … 30: a posterior that SciPy can integrate."""
    parts = [Component("b", [1.0], (Scale("b"),)), Component("s", [1.0], (Scale("s"),))]
    known = [Parameter("b", 3.0, 1.0, lower=0.0), Parameter("s", 1.0, lower=0.0, upper=30.0)]
    return JointModel(CountModel("one bin", parts, known, on=[9]))


@pytest.fixture(scope="module")
def exact(counted):
    (s, ws), (b, wb) = (
        (0.5 * high * (x + 1.0), 0.5 * high * w)
        for high in (30.0, 10.0)
        for x, w in [np.polynomial.legendre.leggauss(80)]
    )
    weight = stats.truncnorm(-3.0, np.inf, 3.0, 1.0).pdf(b) * wb
    like = stats.poisson.pmf(9, s[:, None] + b[None, :]) @ weight * ws / 30.0
    z = like.sum()
    mean = np.sum(s * like) / z
    return np.log(z), mean, np.sqrt(np.sum(s**2 * like) / z - mean**2)


def test_nuts_and_nested_sampling_agree_with_quadrature(counted, exact):
    log_z, mean, spread = exact
    target = joint_hypothesis("count", counted)
    run = nested_sampling(target, jax.random.key(1))
    assert abs(run.log_z - log_z) < tolerance("sigmas") * run.error
    found = posterior_by_nuts(target, jax.random.key(2), draws=1500)
    assert found.converged, found.reasons
    nuts = found.samples["s"]
    assert nuts.shape == (4, 1500)
    for draws, effective in (
        (run.draws["s"], run.effective),
        (nuts, found.diagnostics["ess"]["s"]),
    ):
        error = spread / np.sqrt(effective)
        assert abs(draws.mean() - mean) < tolerance("sigmas") * error
        assert abs(draws.std() - spread) < tolerance("sigmas") * error
    assert found.samples["b"].min() > 0.0


def test_replicated_counts_follow_the_likelihood(analysis):
    """P(n | m, s) of the on/off term is the distribution of the replicas, and sums to one."""
    off, mean, count = 3.0, 2.5, 20_000
    with jax.numpy_dtype_promotion("standard"):
        n = jax.vmap(lambda k: replicate(k, jnp.asarray([mean]), jnp.asarray([off])))(
            jax.random.split(jax.random.key(0), count)
        )
    values = np.arange(40)
    model = OnOffCounts(values, np.full(40, off))
    expected = np.exp(np.asarray(log_onoff(model, jnp.full(40, mean))))
    assert abs(expected.sum() - 1.0) < tolerance("normalisation")
    found = np.bincount(np.asarray(n).astype(int).ravel(), minlength=40)[:40]
    used = expected * count > 10
    chi2 = np.sum((found - expected * count)[used] ** 2 / (expected * count)[used])
    assert stats.chi2.sf(chi2, used.sum() - 1) > stats.norm.sf(tolerance("sigmas"))


def test_predictive_checks_see_an_excess(counted):
    target, data = joint_hypothesis("count", counted), observed_data(counted)
    before = prior_draws(jax.random.key(0), target, 4000)
    checks = predictive_checks(jax.random.key(1), target, data, before)
    # Prior predictive of the total, P(n >= 9), from the same densities by direct draws.
    rng = np.random.default_rng(0)
    b, s = stats.truncnorm(-3.0, np.inf, 3.0, 1.0).rvs(40_000, rng), rng.uniform(0, 30, 40_000)
    direct = (rng.poisson(b + s) >= 9).mean()
    total = checks["total"]
    assert abs(total.p_value - direct) < tolerance("sigmas") * total.error
    assert 0.0 < total.error < 0.02 and total.observed == 9.0
    nothing = before | {"s": np.zeros(4000)}
    tail = predictive_checks(jax.random.key(1), target, data, nothing)["chi2"]
    assert tail.p_value < 0.05 and tail.error > 0.0
    for wrong, message in (({"b": before["b"]}, "no draws of s"), ({}, "no draws of b, s")):
        with pytest.raises(InputError, match=message):
            predictive_checks(jax.random.key(1), target, data, wrong)
    with pytest.raises(InputError, match="at least 100 draws"):
        predictive_checks(jax.random.key(1), target, data, {k: v[:9] for k, v in before.items()})


def test_draws_open_without_the_package(runs, tmp_path):
    run, path = runs["uniform-mass"], tmp_path / "draws.nc"
    attributes = {"log_z": run.log_z, "configuration": {"prior": "uniform-mass", "live": run.live}}
    write_draws(path, run.draws, attributes, {"log_l": run.log_likelihood})
    code = (
        "import json, sys, xarray\n"
        f"top = xarray.open_dataset({str(path)!r}, engine='h5netcdf')\n"
        f"draws = xarray.open_dataset({str(path)!r}, engine='h5netcdf', group='posterior')\n"
        "assert draws['m_v'].dims == ('chain', 'draw') and draws.sizes['draw'] == 2000\n"
        "assert json.loads(top.attrs['configuration'])['prior'] == 'uniform-mass'\n"
        "assert 'dmjax' not in sys.modules\n"
        "print(top.attrs['dmjax_version'], top.attrs['log_z'], float(draws['y'].mean()))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    version, log_z, mean = done.stdout.split()
    from dmjax import __version__

    assert (version, float(log_z)) == (__version__, run.log_z)
    assert float(mean) == pytest.approx(run.draws["y"].mean(), rel=tolerance("identity"))
