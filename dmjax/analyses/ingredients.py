"""What every analysis is made of: parameters from descriptions, pulls, an added signal."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, ArrayLike, Float

from dmjax.data import load_table, load_toml
from dmjax.errors import InputError
from dmjax.experiments import Experiment, experiment
from dmjax.experiments.experiment import bin_edges
from dmjax.likelihood.effects import AbstractEffect, Component, Morph, Scale
from dmjax.likelihood.parameters import Parameter
from dmjax.likelihood.signals import SignalLike, as_signal, source_pull

FLUX = Parameter("sns_flux", 0.0, 1.0, lower=-9.0, upper=9.0)
"""Pull of the neutrinos per proton at the SNS, shared by every COHERENT analysis."""

CEVNS = ("free", "predicted")
"""CEvNS counts free in the fit, or predicted with the uncertainties of flux and response."""


class Parts(NamedTuple):
    """Components with the parameters they use.

    Attributes:
        components: of a model.
        parameters: defined for them.
    """

    components: tuple[Component, ...]
    parameters: tuple[Parameter, ...]


def exposure(name: str) -> Experiment:
    """The experiment of a data set with the mass, distance and protons of that data set."""
    spec = load_toml("datasets", name)
    return with_exposure(experiment(spec["experiment"]), spec)


def with_exposure(detector: Experiment, spec: dict) -> Experiment:
    """A detector with the mass, distance and protons that a description states."""
    for key in ("mass_kg", "distance_m", "pot"):
        if key in spec:
            value = jnp.asarray(spec[key], float)
            detector = eqx.tree_at(lambda e, k=key: getattr(e, k), detector, value)
    return detector


def axis_edges(spec: dict, name: str) -> np.ndarray:
    """Edges of a named axis of a data-set description."""
    return bin_edges(spec["axes"][name])


def pull(name: str, error: float | None = None, lowest: float = 9.0) -> Parameter:
    """A standard-normal nuisance, kept within nine standard deviations.

    Args:
        name: of the parameter.
        error: relative size of a yield that it multiplies; 1 + error × pull stays above 0.
        lowest: standard deviations it may fall.
    """
    most = lowest if error is None else min(lowest, 1.0 / error)
    return Parameter(name, 0.0, 1.0, lower=-most, upper=9.0)


def events(name: str, centre: float, sigma: float | None = None) -> Parameter:
    """A number of events ≥ 0, free or constrained."""
    return Parameter(name, centre, sigma, lower=0.0)


def unit_sum(counts: ArrayLike) -> Float[Array, " bins"]:
    """A template scaled to one event; all zeros stay zeros."""
    flat = jnp.asarray(counts, float).ravel()
    total = jnp.sum(flat)
    return flat / jnp.where(total > 0, total, 1.0)


def table_counts(
    table: str, pe_edges: np.ndarray, time_edges: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """(coincidence, anticoincidence) counts of a shipped table per (energy, time) bin."""
    columns = load_table(table).columns
    place, bins = (columns["pe"], columns["time"]), (pe_edges, time_edges)
    on, off = (np.histogram2d(*place, bins=bins, weights=columns[key])[0] for key in ("on", "off"))
    return on, off


def or_none(components: Sequence[Component], bins: int) -> list[Component]:
    """Components, or an empty one where there are none."""
    return list(components) or [Component("none", np.zeros(bins))]


def used(parameters: Iterable[Parameter], components: Iterable[Component]) -> list[Parameter]:
    """The parameters that an effect of the components moves."""
    names = {effect.parameter for component in components for effect in component.effects}
    return [one for one in parameters if one.name in names]


def check_cevns(choice: str) -> None:
    """Raise InputError unless `choice` is one of `CEVNS`."""
    if choice not in CEVNS:
        raise InputError(f"cevns must be one of {', '.join(CEVNS)}, got '{choice}'")


def signal_parts(
    counts: SignalLike | None,
    effects: tuple[AbstractEffect, ...],
    nuisances: tuple[Parameter, ...],
) -> Parts:
    """A signal of given counts at strength 1 with its own nuisances; nothing for None.

    The strength is the free parameter "signal", shared by every analysis of a joint fit, and so
    are the pulls of the sources of `SignalCounts`.
    """
    if counts is None:
        return Parts((), ())
    made = as_signal(counts)
    sources = tuple(Morph(name, jnp.ravel(up)) for name, up in made.raised.items())
    nominal = jnp.ravel(made.nominal)
    component = Component("signal", nominal, (Scale("signal"), *effects, *sources))
    pulls = (source_pull(name) for name in made.raised)
    return Parts((component,), (Parameter("signal", 0.0, lower=0.0), *nuisances, *pulls))
