"""A small stand-in for CsI 2017 in pooled bins: counts, model, signal against the mass, grid."""

from functools import cache

import jax
import jax.numpy as jnp
import numpy as np

from dmjax.bayes.evidence import GridEvidence, share_inside
from dmjax.bayes.grid import CREDIBLE, GridPosterior, grid_posterior
from dmjax.bayes.hypothesis import dark_hypothesis
from dmjax.bayes.nested import Hypothesis
from dmjax.bayes.priors import dark_priors
from dmjax.likelihood.count_model import CountModel
from dmjax.likelihood.effects import Component, Scale
from dmjax.likelihood.joint import JointModel
from dmjax.likelihood.parameters import Parameter
from dmjax.prediction.points import REFERENCE
from dmjax.prediction.tables import SignalTable
from dmjax.prediction.templates import SignalCounts
from tolerances import tolerance

PE, TIME = (
    x.ravel() for x in np.meshgrid(np.arange(7, 33, 2), np.arange(0.25, 6, 0.5), indexing="ij")
)
CLOSING = 138.3
"""Mass [MeV] at which a channel closes with a step."""

Y_REF = REFERENCE["Y"]
M_RANGE, Y_RANGE = (10.0, 200.0), (Y_REF * np.exp(-5.0), Y_REF * np.exp(5.0))
SIGMA = 0.28
CELL = 0.03
"""Content that a grid cell on the edge of a region may hold: it counts as in or out."""


def bump(pe, pe_width, time, time_width):
    """A template of unit sum around one photo-electron number and time."""
    shape = np.exp(-(((PE - pe) / pe_width) ** 2) - ((TIME - time) / time_width) ** 2)
    return shape / shape.sum()


def pooled(bins):
    """Four neighbours in one bin: the same shapes at a quarter of the cost."""
    return bins.reshape(-1, 4).sum(axis=1)


@cache
def known() -> dict[str, np.ndarray]:
    """Neutrinos, neutrons, on and off counts of a fixed seed, pooled."""
    rng = np.random.default_rng(7)
    neutrinos = np.exp(-PE / 8.0 - TIME / 2.2)
    neutrinos *= 165.0 / neutrinos.sum()
    neutrons = 6.0 * bump(5.0, 8.0, 0.8, 0.5)
    steady = 400.0 * np.exp(-PE / 20.0) / np.exp(-PE / 20.0).sum()
    on = rng.poisson(steady + neutrinos + neutrons + 60.0 * bump(17.0, 7.0, 0.7, 0.4))
    off = rng.poisson(steady)
    parts = {"neutrinos": neutrinos, "neutrons": neutrons, "on": on, "off": off}
    return {name: pooled(bins) for name, bins in parts.items()}


def template(m_v):
    """Counts at Y_REF against the mass: three shapes, one of which closes with a step."""
    shapes = (bump(16.0, 7.0, 0.7, 0.4), bump(21.0, 8.0, 0.6, 0.4), bump(30.0, 12.0, 0.9, 0.4))
    parts = jnp.asarray(np.stack([pooled(shape) for shape in shapes]))
    below = jnp.maximum(1.0 - (m_v / 135.0) ** 2, 0.0)
    sizes = [300.0 * below**3, jnp.where(m_v < CLOSING, 30.0, 0.0), 0.3 / (1.0 + (m_v / 100) ** 2)]
    return jnp.stack(sizes) @ parts


@cache
def joint(integrate: str | None = None, signal: bool = True) -> JointModel:
    bins, alpha = known(), Parameter("alpha", 0.0, SIGMA, lower=-1.0)
    scale, ones = Scale("alpha", 1.0, 1.0), np.ones(known()["on"].size)
    components = [Component("nu", bins["neutrinos"], (scale,)), Component("brn", bins["neutrons"])]
    parameters = [alpha]
    if signal:
        components.append(Component("signal", ones, (Scale("signal"), scale)))
        parameters.append(Parameter("signal", 0.0, lower=0.0))
    counts = {"on": bins["on"], "off": bins["off"]}
    return JointModel(CountModel("toy", components, parameters, **counts), integrate)


@cache
def table() -> SignalTable:
    step = np.log(CLOSING) + np.array([-1e-9, 1e-9])
    log_m_v = jnp.asarray(np.union1d(np.linspace(*np.log(M_RANGE), 400), step))
    counts = SignalCounts(jax.vmap(template)(jnp.exp(log_m_v)), {})
    return SignalTable(log_m_v, (counts,), jnp.zeros(log_m_v.shape))


@cache
def grid() -> GridPosterior:
    axes = (jnp.linspace(*np.log(M_RANGE), 120), jnp.linspace(*np.log(Y_RANGE), 120))
    return grid_posterior(joint("alpha"), table(), *axes)


def dark(choice: str = "log-uniform") -> Hypothesis:
    return dark_hypothesis(joint(), table(), dark_priors(choice, M_RANGE, Y_RANGE), name=choice)


def check_shares(draws: dict[str, np.ndarray], effective: float, exact: GridEvidence) -> None:
    """Draws fill the regions of the grid, within the error of the effective ones."""
    for wanted, got in zip(CREDIBLE, share_inside(draws, grid(), exact), strict=True):
        error = np.sqrt(wanted * (1 - wanted) / effective)
        assert abs(got - wanted) < tolerance("sigmas") * error + CELL
