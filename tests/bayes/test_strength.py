"""Bayesian limits against closed forms of Poisson counts and numerical integrals."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import brentq
from scipy.special import gammaincc, gammaincinv
from scipy.stats import norm, poisson

from counting_models import known, on_off
from dmjax.bayes import strength as strengths
from dmjax.bayes.strength import DRAWS, GROUPS, credible_limit, marginal_likelihood
from dmjax.likelihood.count_model import CountModel
from dmjax.likelihood.effects import Component, Scale
from dmjax.likelihood.joint import JointModel, observed_data
from dmjax.likelihood.parameters import Parameter
from dmjax.limits.test_statistics import strength
from tolerances import tolerance

KEY = jax.random.key(7)


def same(x):
    return x


def found_for(joint, most: float = np.inf):
    made = marginal_likelihood(joint, strength(joint), observed_data(joint), KEY, most)
    assert made is not None and made.status == 0
    return made


def closed_form(n: int, b: float, cl: float) -> float:
    """Flat prior, known background: Γ(n + 1, s + b)/Γ(n + 1, b) = 1 − cl."""
    return brentq(lambda s: gammaincc(n + 1, s + b) / gammaincc(n + 1, b) - (1.0 - cl), 0.0, 80.0)


@pytest.mark.parametrize(("n", "b"), [(0, 1e-6), (0, 3.0), (1, 0.5), (4, 3.0), (10, 3.0), (3, 9.0)])
def test_a_flat_prior_gives_the_table_of_poisson_limits(n, b):
    made = found_for(known(b, float(n)))
    for cl in (0.90, 0.95):
        check_closed_form(credible_limit(made, same, cl), n, b, cl)


def check_closed_form(limit, n, b, cl):
    assert np.isclose(limit.limit, closed_form(n, b, cl), rtol=tolerance("normalisation"))
    assert limit.error < 1e-9 and np.isclose(limit.effective, GROUPS * DRAWS[0])
    if b < 1e-3:
        assert np.isclose(limit.limit, gammaincinv(n + 1, cl), rtol=tolerance("table"))
        assert round(limit.limit, 2) == (2.30 if cl == 0.90 else 3.00)


@pytest.mark.parametrize("prior", ["root", "log"])
def test_other_priors_against_numerical_integrals(prior):
    n, b, low = 4, 3.0, 0.05
    scale, start = (np.sqrt, 0.0) if prior == "root" else (np.log, low)
    limit = credible_limit(found_for(known(b, float(n)), 60.0), scale, 0.9, start)

    def density(x):
        return poisson.pmf(n, b + (x * x if prior == "root" else np.exp(x)))

    first, last = scale(max(start, 1e-300)) if start else 0.0, scale(60.0)
    inside = quad(density, first, scale(limit.limit), epsabs=1e-12)[0]
    assert np.isclose(inside / quad(density, first, last, epsabs=1e-12)[0], 0.9, rtol=1e-4)


def two_errors(n: float) -> JointModel:
    """A signal with a 30 % efficiency error and a background of 5 ± 2, both cut at 0."""
    parts = [
        Component("b", [1.0], (Scale("b"),)),
        Component("signal", [1.0], (Scale("signal"), Scale("eff"))),
    ]
    nuisances = [Parameter("b", 5.0, 2.0, lower=0.0), Parameter("eff", 1.0, 0.3, lower=0.0)]
    free = Parameter("signal", 0.0, lower=0.0)
    return JointModel(CountModel("errors", parts, [*nuisances, free], on=[n]))


@pytest.mark.parametrize("n", [2, 9])
def test_nuisances_are_integrated_as_by_a_dense_sum(n):
    made = found_for(two_errors(float(n)), 60.0)
    limit = credible_limit(made, same, 0.9)
    b, eff = np.linspace(0.0, 17.0, 601), np.linspace(0.0, 2.8, 401)
    weight = norm.pdf(b, 5.0, 2.0)[:, None] * norm.pdf(eff, 1.0, 0.3)[None, :]
    weight[0] *= 0.5
    weight[:, 0] *= 0.5
    s = np.linspace(0.0, 60.0, 1201)
    likelihood = np.array(
        [(poisson.pmf(n, b[:, None] + x * eff[None, :]) * weight).sum() for x in s]
    )
    total = np.concatenate([[0.0], np.cumsum(0.5 * (likelihood[1:] + likelihood[:-1]))])
    exact = np.interp(0.9 * total[-1], total, s)
    assert 0.0 < limit.error < 0.02 * limit.limit and limit.effective > 0.3 * GROUPS * DRAWS[0]
    assert abs(limit.limit - exact) < tolerance("sigmas") * limit.error + 1e-3 * exact


def test_the_error_is_the_scatter_over_seeds():
    joint = two_errors(9.0)
    ask = (joint, strength(joint), observed_data(joint))
    made = []
    for seed in range(24):
        marginal = marginal_likelihood(*ask, jax.random.key(seed), 60.0)
        assert marginal is not None
        made.append(credible_limit(marginal, same, 0.9))
    scatter = np.std([one.limit for one in made], ddof=1)
    stated = np.sqrt(np.mean([one.error**2 for one in made]))
    assert stated / 1.5 < scatter < 1.5 * stated


def test_where_too_few_draws_count_more_are_taken(monkeypatch):
    few = credible_limit(found_for(two_errors(9.0), 60.0), same, 0.9)
    monkeypatch.setattr(strengths, "LEAST", 2.0 * few.effective)
    more = credible_limit(found_for(two_errors(9.0), 60.0), same, 0.9)
    assert more.effective > 2.0 * few.effective and more.error < few.error
    assert abs(more.limit - few.limit) < tolerance("sigmas") * few.error


def test_an_integrated_parameter_and_off_counts_are_taken_as_they_are():
    """A nuisance that the model integrates exactly and one that is drawn: one limit."""
    joint = on_off([6, 3], [4, 2], "integral")
    whole = JointModel(joint.models, "lumi")
    drawn = credible_limit(found_for(joint, 60.0), same, 0.9)
    exact = credible_limit(found_for(whole, 60.0), same, 0.9)
    assert exact.error < 1e-9 < drawn.error
    assert abs(drawn.limit - exact.limit) < tolerance("sigmas") * drawn.error


def test_without_sensitivity_there_is_no_limit():
    joint = JointModel(
        CountModel(
            "nothing",
            [Component("b", [3.0]), Component("signal", [0.0], (Scale("signal"),))],
            [Parameter("signal", 0.0, lower=0.0)],
            on=[3],
        )
    )
    assert marginal_likelihood(joint, strength(joint), observed_data(joint), KEY) is None
    flat = found_for(joint, 10.0)
    assert np.isclose(credible_limit(flat, same, 0.9).limit, 9.0, rtol=tolerance("normalisation"))
    assert jnp.isfinite(flat.log_likelihood).all()
