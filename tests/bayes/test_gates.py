"""Gates of a sampler: a run that misses one goes on within its budget, and the gate stays."""

import jax
import jax.numpy as jnp
import numpyro
import numpyro.distributions as dist

from dmjax.bayes.gates import Gates, diagnose, further_draws
from dmjax.bayes.nuts import Length, sample

ASKED = Length(chains=2, warmup=60, draws=40)


def two_normals() -> None:
    numpyro.sample("a", dist.Normal(0.0, 1.0))
    numpyro.sample("b", dist.Normal(3.0, 0.1))


def run(gates: Gates):
    said = []
    with jax.numpy_dtype_promotion("standard"), jax.numpy_rank_promotion("allow"):
        found = sample(
            two_normals,
            jax.random.key(2),
            {"a": jnp.zeros(2), "b": jnp.full(2, 3.0)},
            ASKED,
            gates,
            lambda chains: {name: jax.device_get(x) for name, x in chains.draws.items()},
            lambda _, make: make(),
            lambda *line: said.append(line),
        )
    return found, said


def test_a_missed_gate_is_worked_off_within_the_budget():
    """80 draws never hold 300 effective ones; more of them do, on any machine."""
    patient, _ = run(Gates(min_ess=300.0, max_r_hat=1.05, budget=60.0))
    assert patient.converged, patient.status
    assert min(patient.diagnostics["ess"].values()) >= 300.0
    steps = patient.diagnostics["steps"]
    assert 100 < steps <= 6000
    assert (
        patient.status == f"converged, after {steps} steps in each chain where 100 were asked for"
    )


def test_the_budget_is_kept_and_the_gate_stays():
    for budget, most in ((1.0, 100), (3.0, 300)):
        short, said = run(Gates(min_ess=1e5, max_r_hat=1.5, budget=budget))
        assert not short.converged and short.diagnostics["steps"] <= most
        assert "below 100000" in short.status
        assert max(line[1] for line in said) <= most


def test_chains_that_do_not_mix_get_a_longer_warm_up_and_not_more_draws():
    apart = {"a": jax.random.normal(jax.random.key(0), (2, 50)) + jnp.array([[0.0], [9.0]])}
    found = diagnose(apart, jnp.zeros((2, 50), bool), jnp.ones((2, 50)))
    assert further_draws(found, Gates(min_ess=1e4), 50, left=10_000) == 0
