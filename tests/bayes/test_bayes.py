"""Nested sampling and NUTS against exact evidences and quadrature; predictive checks."""

import jax
import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist
import pytest
from numpyro.diagnostics import effective_sample_size
from scipy import stats

from dmjax.bayes.chains import run_chains
from dmjax.bayes.hypothesis import joint_hypothesis
from dmjax.bayes.nested import Hypothesis, nested_sampling
from dmjax.bayes.predictive import predictive_checks, prior_draws, replicate
from dmjax.bayes.priors import Prior, prior_set
from dmjax.errors import InputError
from dmjax.likelihood.count_model import CountModel
from dmjax.likelihood.effects import Component, Scale
from dmjax.likelihood.joint import JointModel, observed_data
from dmjax.likelihood.onoff import OnOffCounts, log_onoff
from dmjax.likelihood.parameters import Parameter
from tolerances import tolerance


def gaussian(width, x):
    return -0.5 * jnp.sum(((x - 0.3) / width) ** 2) - x.size * jnp.log(width * np.sqrt(2 * np.pi))


def test_nested_sampling_of_a_gaussian():
    """Z = 1/8 per dimension; the mean of independent runs, in units of their own errors."""
    box = prior_set([Prior(name, "uniform", -4.0, 4.0) for name in "abc"])
    target = Hypothesis("gauss", box, jax.tree_util.Partial(gaussian, jnp.asarray(0.1)))
    runs = [nested_sampling(target, jax.random.key(seed), live=300) for seed in range(12)]
    log_z, errors = np.array([(run.log_z, run.error) for run in runs]).T
    assert all(run.status == "converged" for run in runs)
    pulls = (log_z + 3.0 * np.log(8.0)) / errors
    assert abs(pulls.mean()) < tolerance("sigmas") / np.sqrt(len(runs))
    assert 0.3 < pulls.std() < 2.0
    exact = 3.0 * (np.log(8.0) - 0.5 * np.log(2 * np.pi * np.e) - np.log(0.1))
    assert abs(runs[0].information - exact) < tolerance("sigmas") * errors[0]
    draws = np.concatenate([run.draws["a"] for run in runs])
    error = 0.1 / np.sqrt(len(runs) * runs[0].effective)
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


def test_nested_sampling_agrees_with_quadrature(counted, exact):
    log_z, mean, spread = exact
    target = joint_hypothesis("count", counted)
    run = nested_sampling(target, jax.random.key(1))
    assert abs(run.log_z - log_z) < tolerance("sigmas") * run.error
    draws, error = run.draws["s"], spread / np.sqrt(run.effective)
    assert abs(draws.mean() - mean) < tolerance("sigmas") * error
    assert abs(draws.std() - spread) < tolerance("sigmas") * error
    assert run.draws["b"].min() > 0.0


def test_replicated_counts_follow_the_likelihood():
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
    assert tail.p_value + tolerance("sigmas") * tail.error < 0.05 and tail.error > 0.0
    for wrong, message in (({"b": before["b"]}, "no draws of s"), ({}, "no draws of b, s")):
        with pytest.raises(InputError, match=message):
            predictive_checks(jax.random.key(1), target, data, wrong)
    with pytest.raises(InputError, match="at least 100 draws"):
        predictive_checks(jax.random.key(1), target, data, {k: v[:9] for k, v in before.items()})


def test_chains_continue_from_the_last_block_kept():
    """A run broken off in its third block gives, continued, the draws of one that was not."""

    def model():
        numpyro.sample("x", dist.Normal(1.0, 2.0))

    keys, start = jax.random.split(jax.random.key(5), 2), {"x": jnp.zeros(2)}
    held, said = {}, []

    def keep(label, make):
        if label not in held:
            held[label] = make()
        return held[label]

    def interrupted(what, done, of, note=""):
        said.append((done, of))
        if done == 200:
            raise KeyboardInterrupt

    with jax.numpy_dtype_promotion("standard"), jax.numpy_rank_promotion("allow"):
        whole = run_chains(model, keys, start, 50, 280)
        with pytest.raises(KeyboardInterrupt):
            run_chains(model, keys, start, 50, 280, keep, interrupted)
        kept = sorted(held)
        again = run_chains(model, keys, start, 50, 280, keep)
    assert kept == ["warmup_50_steps_0", "warmup_50_steps_100"] and said == [(100, 330), (200, 330)]
    assert whole.draws["x"].shape == (2, 280) and sorted(held)[-1] == "warmup_50_steps_300"
    assert np.array_equal(whole.draws["x"], again.draws["x"])
    error = 2.0 / np.sqrt(effective_sample_size(np.asarray(whole.draws["x"])))
    assert abs(float(whole.draws["x"].mean()) - 1.0) < tolerance("sigmas") * error
