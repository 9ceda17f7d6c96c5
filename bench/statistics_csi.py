"""Likelihood, limits and posterior of the CsI 2017 data."""

import resource

import jax
import jax.numpy as jnp

from dmjax.analyses.csi2017 import csi2017_search
from dmjax.bayes.grid import axis, grid_posterior
from dmjax.bayes.nuts import Length, dark_posterior
from dmjax.bayes.priors import dark_priors
from dmjax.likelihood.joint import JointModel, log_likelihood, observed_data
from dmjax.likelihood.signals import SIGNAL
from dmjax.limits.test_statistics import strength
from dmjax.prediction.signal import Signal
from dmjax.prediction.tables import mass_nodes, signal_table
from dmjax.prediction.templates import at_index
from dmjax.studies.limits import run_limit
from dmjax.studies.rules import settle
from dmjax.studies.setting import model_of, setting_of
from dmjax.studies.settings import LimitSettings, ModelOptions
from measure import compiled, median, row, seconds

M_RANGE, Y_RANGE = (1.0, 200.0), (1e-12, 1e-8)
CURVE = {"where": "csi2017", "m_v": "1:200:50"}


def model(integrate: str | None = None, nodes: int = 400):
    """Joint model with a signal, and its templates against the mass."""
    table = signal_table([csi2017_search()], Signal(), mass_nodes(*M_RANGE, nodes))
    setting = setting_of(("csi2017",), ModelOptions(integrate=integrate), Signal())
    return model_of(setting, at_index(table.counts, 0)), table


def likelihood(repeats: int) -> list[dict]:
    """ln L at 4096 strengths, with its off counts integrated, and with α integrated too."""
    rows = []
    for name, integrate in (("α given", None), ("α integrated", "csi_signal")):
        joint, _ = model(integrate, 2)
        data, start = observed_data(joint), joint.parameters.centres
        index = strength(joint, SIGNAL).index
        points = start[None, :].repeat(4096, 0).at[:, index].set(jnp.geomspace(1e-2, 1e2, 4096))

        def every(points, joint=joint, data=data):
            return jax.lax.map(lambda v: log_likelihood(joint, v, data), points, batch_size=64)

        call, compilation = compiled(every, points)
        rows.append(row(f"likelihood, {name}", 1e6 * median(call, repeats) / 4096, "µs/point"))
        rows.append(row(f"likelihood, {name}: compilation", compilation, "s"))
    return rows


def limits(repeats: int) -> list[dict]:
    """A 50-point curve by the rise of the likelihood."""
    settings = settle(LimitSettings, CURVE)
    cold = seconds(lambda: run_limit(settings).limit)
    warm = median(lambda: run_limit(settings).limit, repeats)
    return [
        row("50-point limit, cold: data set, signal, compilation", cold, "s", 10.0),
        row("50-point limit, compiled", warm, "s", 1.0),
    ]


def posterior(repeats: int) -> list[dict]:
    """Dense grid and NUTS of (m_V, Y) and the nuisances."""
    made, clock = {}, {}

    def timed(name, call):
        clock[name] = seconds(lambda: made.update({name: call()}) or made[name])

    def chains(seed: int) -> dict:
        joint, table = made["table"]
        priors, length = dark_priors("log-uniform", M_RANGE, Y_RANGE), Length(4, 300, 1000)
        return dark_posterior(joint, table, priors, jax.random.key(seed), length=length).diagnostics

    def grid():
        joint, table = made["table"]
        axes = axis(*M_RANGE, 160), axis(*Y_RANGE, 120)
        return grid_posterior(JointModel(joint.models, "csi_signal"), table, *axes)

    timed("table", model)
    timed("grid", grid)
    timed("chains", lambda: chains(1))
    total, found = sum(clock.values()), made["chains"]
    timed("grid again", grid)
    timed("chains again", lambda: chains(2))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return [
        row("grid posterior, 160 × 120: first call", clock["grid"], "s"),
        row("grid posterior, 160 × 120, compiled", clock["grid again"], "s"),
        row("template table, 400 masses", clock["table"], "s"),
        row("NUTS, 4 × (300 + 1000): first call", clock["chains"], "s"),
        row("NUTS, 4 × (300 + 1000), compiled", clock["chains again"], "s"),
        row("posterior, cold: grid, table and NUTS", total, "s", 90.0),
        row("NUTS: smallest ESS", min(found["ess"].values()), least=1000.0),
        row("NUTS: largest split R-hat", max(found["r_hat"].values()), most=1.01),
        row("NUTS: divergent draws", found["divergences"]),
        row("NUTS: leapfrog steps per draw", found["mean_steps"]),
        row("posterior: peak memory", peak, "MiB", 2048.0),
    ]
