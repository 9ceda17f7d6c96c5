"""NUTS over mass, coupling and a nuisance against the dense grid."""

import jax
import numpy as np
import pytest

import dark_toys as toys
from dmjax.bayes.evidence import grid_evidence, share_inside
from dmjax.bayes.gates import Gates
from dmjax.bayes.nuts import Length, dark_posterior
from dmjax.bayes.priors import dark_priors
from tolerances import tolerance

CELL = 0.03
"""Content that a grid cell on the edge of a region may hold: it counts as in or out."""


@pytest.mark.parametrize("choice", ["log-uniform", "uniform-coupling"])
def test_nuts_fills_the_regions_of_the_grid(choice):
    """Within the error of the effective draws that there are, however many these are.

    Draws may diverge at the step of this template: the gate must say so.
    """
    priors = dark_priors(choice, toys.M_RANGE, toys.Y_RANGE)
    length, gates = Length(warmup=400, draws=600), Gates(min_ess=100.0, budget=1.0)
    key = jax.random.key(3)
    found = dark_posterior(toys.joint(), toys.table(), priors, key, length=length, gates=gates)
    share = found.diagnostics["divergences"] / found.diagnostics["draws"]
    assert any("diverged" in reason for reason in found.reasons) == (share > 0.005)
    assert set(found.samples) == {"m_v", "y", "alpha"}
    effective = min(found.diagnostics["ess"].values())
    exact = grid_evidence(toys.grid(), priors)
    inside = share_inside(found.samples, toys.grid(), exact)
    for wanted, got in zip((0.6827, 0.9545), inside, strict=True):
        error = np.sqrt(wanted * (1 - wanted) / effective)
        assert abs(got - wanted) < tolerance("sigmas") * error + CELL
