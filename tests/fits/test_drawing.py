"""Counts drawn from tables against SciPy's quantiles."""

import jax.numpy as jnp
import numpy as np
from scipy.stats import poisson

from dmjax.fits.drawing import distribution, drawn, first_counts, table_size

MEANS = np.array([0.0, 1e-3, 0.7, 4.0, 22.0, 98.0, 150.0, 1.15e5])


def test_counts_are_the_quantiles_of_poisson():
    means = jnp.asarray(MEANS)
    table = distribution(means, table_size(MEANS.max()))
    for share in (1e-9, 1e-6, 0.03, 0.5, 0.97, 1.0 - 1e-9):
        ours = np.asarray(drawn(table, means, jnp.full(MEANS.size, share)))
        # The smallest count whose cumulative probability exceeds the share.
        assert np.array_equal(ours, np.maximum(poisson.ppf(share, MEANS), 0.0))


def test_a_table_of_the_largest_mean_serves_every_smaller_one():
    means = np.concatenate([np.linspace(0.0, 300.0, 61), [1e3, 1e4, 1e5]])
    first = np.asarray(first_counts(jnp.asarray(means)))
    sizes = np.array([table_size(mean) for mean in means])
    assert np.all(np.diff(sizes) >= 0)
    assert np.all(poisson.sf(first + sizes - 1, means) < 1e-15)
    assert np.all(poisson.cdf(first - 1, means) < 1e-15)
