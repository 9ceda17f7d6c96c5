"""A measured template: its profiled factors against SciPy, its derivatives against differences."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.optimize import minimize

from dmjax.errors import InputError
from dmjax.fits.pseudo_data import throw
from dmjax.likelihood.count_model import CountModel
from dmjax.likelihood.count_terms import asimov_counts
from dmjax.likelihood.effects import Component, Scale
from dmjax.likelihood.joint import JointModel
from dmjax.likelihood.measured import best_factors, log_measured
from dmjax.likelihood.parameters import Parameter
from tolerances import tolerance

GROUPS, TIMES = 6, 4


@pytest.fixture(scope="module")
def case():
    rng = np.random.default_rng(3)
    k = rng.uniform(1.0, 9.0, (GROUPS, 1)) * np.array([0.1, 0.2, 0.3, 0.4])
    s = rng.uniform(0.1, 3.0, (GROUPS, TIMES))
    wanted = np.linspace(3.0, 40.0, GROUPS)
    seen = rng.poisson(wanted) + 1.0
    return [jnp.asarray(np.ravel(x), float) for x in (rng.poisson(s + k), s, k, seen, wanted)]


def test_factors_are_the_brute_force_minimum(case):
    n, s, k, seen, wanted = (np.asarray(x) for x in case)

    def objective(logs):
        gamma = np.exp(logs)
        gamma *= wanted.sum() / (gamma * wanted).sum()
        mean = s.reshape(GROUPS, -1) + gamma[:, None] * k.reshape(GROUPS, -1)
        counts = n.reshape(mean.shape)
        return -(counts * np.log(mean) - mean).sum() - (seen * np.log(gamma)).sum()

    best = np.exp(minimize(objective, np.zeros(GROUPS), method="BFGS", tol=1e-10).x)
    best *= wanted.sum() / (best * wanted).sum()
    ours = np.asarray(best_factors(*case))
    assert np.allclose(ours, best, rtol=tolerance("fit_parameter"))
    assert np.isclose((ours * wanted).sum(), wanted.sum(), rtol=tolerance("limit"))


def test_first_and_second_derivatives_agree_with_differences(case):
    n, s, k, seen, wanted = case
    way = jnp.asarray(np.random.default_rng(4).normal(size=s.size))

    def along(x):
        return log_measured(n, s + x * way * 0.05, k, seen, wanted).sum()

    step = 1e-3
    up, mid, down = (float(along(x)) for x in (step, 0.0, -step))
    slope, bend = jax.grad(along)(0.0), jax.grad(jax.grad(along))(0.0)
    assert np.isclose(slope, (up - down) / 2.0 / step, rtol=tolerance("gradient"))
    assert np.isclose(bend, (up - 2.0 * mid + down) / step**2, rtol=10.0 * tolerance("gradient"))


def test_empty_groups_and_no_counts_are_finite():
    n, s, k = (jnp.asarray(x) for x in ([0.0, 0.0, 4.0], [0.1, 0.0, 0.5], [1.0, 0.0, 2.0]))
    seen, wanted = jnp.asarray([0.0, 0.0, 3.0]), jnp.asarray([2.0, 0.0, 3.0])
    value, slope = jax.value_and_grad(lambda k: log_measured(n, s, k, seen, wanted).sum())(k)
    assert np.isfinite(value) and np.all(np.isfinite(slope))


def model(**changes):
    part = Component("steady", [4.0, 2.0, 6.0, 3.0], (Scale("n"),))
    held = {"on": [5, 2, 6, 2], "measured": "steady", "behind": [30, 50]} | changes
    return CountModel("two energies", [part], [Parameter("n", 1.0, 0.1, lower=0.0)], **held)


def test_toys_throw_the_counts_behind_too():
    joint = JointModel(model())
    truth = joint.parameters.centres
    means = asimov_counts(joint.models[0], {"n": truth[0]})
    keys = jax.random.split(jax.random.key(8), 3000)
    toys = jax.vmap(lambda key: throw(joint, truth, key))(keys)
    for drawn, mean in ((toys.counts[0].on, means.on), (toys.counts[0].behind, means.behind)):
        error = np.sqrt(np.asarray(mean) / keys.shape[0])
        assert np.all(np.abs(np.asarray(drawn).mean(0) - mean) < tolerance("sigmas") * error)


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"behind": None}, "give measured and behind"),
        ({"measured": "other"}, "no component 'other'"),
        ({"behind": [1, 2, 3]}, "do not divide"),
        ({"off": [1, 1, 1, 1]}, "does not go with off counts"),
    ],
)
def test_a_measured_template_that_does_not_fit_is_refused(changes, match):
    with pytest.raises(InputError, match=match):
        model(**changes)
