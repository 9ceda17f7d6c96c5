"""Likelihood, limits and posterior of the CsI 2017 data."""

import resource
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from dmjax.analyses.signal import Y_REF, interpolation_table, template_at, template_table
from dmjax.bayes.grid import grid_posterior
from dmjax.bayes.posterior import posterior_sampler, sample_posterior
from dmjax.likelihood.analysis import log_likelihood
from dmjax.likelihood.nuisance import reduced_log_likelihood
from dmjax.limits.curve import analysis, limit
from measure import compiled, in_blocks, median, row, seconds
from predictions import setup

CURVE = np.geomspace(1.0, 200.0, 50)


def likelihood(repeats: int) -> list[dict]:
    data, model = setup()
    strength = jnp.geomspace(1e-2, 1e2, 4096)[:, None]
    args = analysis(data), strength * template_table(model, np.array([75.0]))
    alphas, rows = jnp.linspace(-0.5, 0.5, 4096), []
    for name, function, block, most in (
        ("α given, blocks of 64", log_likelihood, 64, 20.0),
        ("α given, one block of 4096", log_likelihood, 4096, None),
        ("α profiled", lambda a, s, _: reduced_log_likelihood(a, s, "profile"), 64, None),
        ("α integrated", lambda a, s, _: reduced_log_likelihood(a, s, "marginal"), 64, None),
    ):
        call, compilation = compiled(in_blocks(function, block), *args, alphas)
        time_us = 1e6 * median(call, repeats) / 4096
        rows.append(row(f"likelihood, {name}", time_us, "µs/point", most))
        rows.append(row(f"likelihood, {name}: compilation", compilation, "s"))
    return rows


def limits(repeats: int) -> list[dict]:
    made = []
    loading = seconds(lambda: made.append(setup()))
    data, model = made[0]
    cold = seconds(lambda: limit(data, model, CURVE).limit)
    warm = median(lambda: limit(data, model, CURVE).limit, repeats)
    return [
        row("50-point limit: data set and signal", loading, "s"),
        row("50-point limit: first call, with compilation", cold, "s"),
        row("50-point limit, cold: the two above", loading + cold, "s", 10.0),
        row("50-point limit, compiled", warm, "s", 1.0),
    ]


def posterior(repeats: int) -> list[dict]:
    data, model = setup()
    made, clock = {}, {}

    def timed(name, call):
        clock[name] = seconds(lambda: made.update({name: call()}) or made[name])

    def grid():
        log_m_v = jnp.linspace(jnp.log(CURVE[0]), jnp.log(CURVE[-1]), 160)
        templates = jnp.asarray(template_table(model, np.exp(log_m_v)))
        log_y = jnp.linspace(jnp.log(1e-12), jnp.log(1e-8), 120)
        return grid_posterior(analysis(data), templates, log_m_v, log_y, jnp.log(Y_REF))

    def chains(seed: int) -> dict:
        args = made["sampler"], analysis(data), made["grid"], jax.random.key(seed)
        return sample_posterior(*args).diagnostics

    timed("grid", grid)
    timed("table", lambda: interpolation_table(model, CURVE[0], CURVE[-1]))
    made["sampler"] = posterior_sampler(partial(template_at, made["table"]), 4, 300, 1000)
    timed("chains", lambda: chains(1))
    total, found = sum(clock.values()), made["chains"]
    timed("grid again", grid)
    timed("chains again", lambda: chains(2))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return [
        row("grid posterior, 160 × 120: first call", clock["grid"], "s"),
        row("grid posterior, 160 × 120, compiled", clock["grid again"], "s"),
        row("template table, 1000 masses", clock["table"], "s"),
        row("NUTS, 4 × (300 + 1000): first call", clock["chains"], "s"),
        row("NUTS, 4 × (300 + 1000), compiled", clock["chains again"], "s"),
        row("posterior, cold: grid, table and NUTS", total, "s", 90.0),
        row("NUTS: smallest ESS", min(found["ess"].values()), least=1000.0),
        row("NUTS: largest split R-hat", max(found["r_hat"].values()), most=1.01),
        row("NUTS: divergent draws of 4000", found["divergences"]),
        row("NUTS: leapfrog steps per draw", found["mean_steps"]),
        row("posterior: peak memory", peak, "MiB", 2048.0),
    ]
