"""NUTS over mass, coupling and a nuisance against the dense grid."""

import jax
import numpy as np
import pytest

import dark_toys as toys
from dmjax.bayes.evidence import grid_evidence, share_inside
from dmjax.bayes.nuts import dark_posterior
from dmjax.bayes.priors import dark_priors
from tolerances import tolerance


@pytest.mark.parametrize("choice", ["log-uniform", "uniform-coupling"])
def test_nuts_fills_the_regions_of_the_grid(choice):
    """Draws may diverge at the step of this template: the gate must say so.

    What must hold all the same: effective draws, R-hat, and the regions.
    """
    priors = dark_priors(choice, toys.M_RANGE, toys.Y_RANGE)
    budget = {"warmup": 400, "draws": 600, "min_ess": 200.0}
    found = dark_posterior(toys.joint(), toys.tables(), priors, jax.random.key(3), **budget)
    said = [reason for reason in found.reasons if "diverge" not in reason]
    assert not said, said
    assert found.converged == (found.diagnostics["divergences"] <= 5)
    assert set(found.samples) == {"m_v", "y", "alpha"}
    effective = min(found.diagnostics["ess"].values())
    exact = grid_evidence(toys.grid(), priors)
    draws = {name: x.ravel() for name, x in found.samples.items()}
    for share, inside in zip(
        (0.6827, 0.9545), share_inside(draws, toys.grid(), exact), strict=True
    ):
        error = np.sqrt(share * (1 - share) / effective)
        # The density changes across a grid cell: a cell on the edge counts as in or out.
        assert abs(inside - share) < tolerance("sigmas") * error + 0.03
