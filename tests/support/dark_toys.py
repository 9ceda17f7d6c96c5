"""A small stand-in for CsI 2017 in pooled bins, as grid, count model and templates."""

from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
from test_likelihood import csi_like
from test_posterior import CLOSING, template

from dmjax.analyses.signal import Y_REF, TemplateTable
from dmjax.bayes.grid import GridPosterior, grid_posterior
from dmjax.bayes.hypothesis import dark_hypothesis
from dmjax.bayes.nested import Hypothesis
from dmjax.bayes.priors import dark_priors
from dmjax.likelihood.analysis import BinnedAnalysis
from dmjax.likelihood.count_model import CountModel
from dmjax.likelihood.effects import Component, Scale
from dmjax.likelihood.joint import JointModel
from dmjax.likelihood.onoff import OnOffCounts
from dmjax.likelihood.parameters import Parameter

M_RANGE, Y_RANGE = (10.0, 200.0), (Y_REF * np.exp(-5.0), Y_REF * np.exp(5.0))


def pooled(bins):
    """Four neighbours in one bin: the same shapes at a quarter of the cost."""
    return bins.reshape(-1, 4).sum(axis=1)


def pooled_template(m_v):
    return pooled(template(m_v))


@cache
def analysis() -> BinnedAnalysis:
    fine = csi_like()
    counts = OnOffCounts(*(pooled(np.asarray(n)) for n in (fine.counts.n_on, fine.counts.n_off)))
    return BinnedAnalysis(counts, pooled(fine.neutrinos), pooled(fine.neutrons), 0.28)


@cache
def joint() -> JointModel:
    """The very counts of `analysis` as a count model."""
    plain, alpha = analysis(), Parameter("alpha", 0.0, 0.28, lower=-1.0)
    scale = Scale("alpha", 1.0, 1.0)
    components = [
        Component("nu", plain.neutrinos, (scale,)),
        Component("brn", plain.neutrons),
        Component("signal", np.ones(plain.neutrinos.size), (Scale("signal"), scale)),
    ]
    counts = {"on": plain.counts.n_on, "off": plain.counts.n_off}
    return JointModel(
        CountModel("toy", components, [alpha, Parameter("signal", 0.0, lower=0.0)], **counts)
    )


@cache
def tables() -> dict[str, TemplateTable]:
    step = np.log(CLOSING) + np.array([-1e-9, 1e-9])
    log_m_v = jnp.asarray(np.union1d(np.linspace(*np.log(M_RANGE), 400), step))
    return {"toy": TemplateTable(log_m_v, jax.vmap(pooled_template)(jnp.exp(log_m_v)))}


@cache
def grid() -> GridPosterior:
    log_m_v = jnp.linspace(*np.log(M_RANGE), 120)
    log_y = jnp.linspace(*np.log(Y_RANGE), 120)
    templates = jax.vmap(pooled_template)(jnp.exp(log_m_v))
    return grid_posterior(analysis(), templates, log_m_v, log_y, jnp.asarray(np.log(Y_REF)))


def dark(choice: str = "log-uniform") -> Hypothesis:
    return dark_hypothesis(joint(), tables(), dark_priors(choice, M_RANGE, Y_RANGE), name=choice)
