"""Priors: densities and quantiles of SciPy, and ranges without support named."""

import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from dmjax.bayes.priors import (
    Prior,
    dark_priors,
    log_prior,
    parameter_priors,
    prior_set,
    quantiles,
)
from dmjax.errors import InputError
from dmjax.likelihood.parameters import Parameter
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
