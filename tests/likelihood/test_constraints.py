"""Constraints against SciPy's densities, and auxiliary toys against their moments."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from dmjax.errors import InputError
from dmjax.likelihood.constraints import log_constraint, throw_centres
from dmjax.likelihood.parameters import Parameter, parameter_set
from tolerances import tolerance

KNOWN = parameter_set(
    [
        Parameter("normal", 2.0, 0.5),
        Parameter("wide", 18.0, 5.0, lower=0.0, constraint="log-normal"),
        Parameter("counted", 4.0, 2.0, lower=0.0, constraint="gamma"),
        Parameter("flat", 1.0, None, 0.0, 3.0, "uniform"),
        Parameter("free", 7.0),
    ]
)


def test_densities_are_those_of_scipy():
    values, centres = np.array([2.3, 15.0, 3.0, 2.0, 9.0]), np.array([1.9, 20.0, 5.0, 1.0, 7.0])
    rate = 4.0 / 2.0**2
    wanted = (
        stats.norm.logpdf(1.9, 2.3, 0.5)
        + stats.lognorm.logpdf(20.0, np.log1p(5.0 / 18.0), scale=15.0)
        + stats.poisson.logpmf(5, rate * 3.0)
        + np.log(rate)
    )
    found = log_constraint(KNOWN, jnp.asarray(values), jnp.asarray(centres))
    assert np.isclose(float(found), wanted, rtol=tolerance("identity"))
    without = log_constraint(KNOWN, jnp.asarray(values), jnp.asarray(centres), 0)
    assert np.isclose(
        float(found - without), stats.norm.logpdf(1.9, 2.3, 0.5), rtol=tolerance("identity")
    )


def test_auxiliary_toys_have_the_moments_of_their_constraint():
    truth, count = jnp.asarray([2.3, 15.0, 3.0, 2.0, 9.0]), 4000
    keys = jax.random.split(jax.random.key(5), count)
    thrown = np.asarray(jax.vmap(lambda key: throw_centres(KNOWN, truth, key))(keys))
    assert np.all(thrown[:, 3] == 1.0) and np.all(thrown[:, 4] == 7.0)
    samples = {0: (thrown[:, 0], 2.3, 0.5), 2: (thrown[:, 2], 3.0, np.sqrt(3.0))}
    samples[1] = (np.log(thrown[:, 1]), np.log(15.0), np.log1p(5.0 / 18.0))
    for rows, mean, width in samples.values():
        assert abs(rows.mean() - mean) < tolerance("sigmas") * width / np.sqrt(count)
        spread = tolerance("sigmas") * width * np.sqrt((stats.kurtosis(rows) + 2.0) / 4.0 / count)
        assert abs(rows.std() - width) < spread


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ((1.0, 0.1, -1.0, 2.0, "log-normal"), "lower end of at least 0"),
        ((1.0, None, 0.0, 2.0, "gamma"), "needs a sigma"),
        ((1.0, None, 0.0, np.inf, "uniform"), "two finite ends"),
        ((1.0, 0.1, 0.0, 2.0, "lognormal"), "did you mean 'log-normal'"),
    ],
)
def test_constraints_that_make_no_sense_are_refused(arguments, match):
    with pytest.raises(InputError, match=match):
        Parameter("x", *arguments)
