"""Counts drawn from tables against SciPy's quantiles."""

import jax.numpy as jnp
import numpy as np
from scipy.stats import poisson

from dmjax.fits.drawing import distribution, drawn

MEANS = np.array([0.0, 1e-3, 0.7, 4.0, 22.0, 150.0])


def test_counts_are_the_quantiles_of_poisson():
    table = distribution(jnp.asarray(MEANS), 320)
    for share in (0.0, 1e-6, 0.03, 0.5, 0.97, 1.0 - 1e-9):
        ours = np.asarray(drawn(table, jnp.full(MEANS.size, share)))
        # The smallest count whose cumulative probability exceeds the share.
        assert np.array_equal(ours, np.maximum(poisson.ppf(share, MEANS), 0.0))
