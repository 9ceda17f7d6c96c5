"""NUTS over mass, coupling and a nuisance against the dense grid."""

import jax
import pytest

import dark_toys as toys
from dmjax.bayes.evidence import grid_evidence
from dmjax.bayes.gates import Gates
from dmjax.bayes.nuts import Length, dark_posterior
from dmjax.bayes.priors import dark_priors


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
    assert any("diverged" in reason for reason in found.reasons) == (share > gates.max_divergent)
    assert set(found.samples) == {"m_v", "y", "alpha"}
    effective = min(found.diagnostics["ess"].values())
    exact = grid_evidence(toys.grid(), priors)
    toys.check_shares(found.samples, effective, exact)
