"""What every analysis is made of: parameters from descriptions, pulls, an added signal."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, ArrayLike, Float

from dmjax.analyses.moves import Move, recoil_effects
from dmjax.data import load_table, load_toml
from dmjax.errors import InputError
from dmjax.experiments import Experiment, experiment
from dmjax.experiments.experiment import bin_edges
from dmjax.likelihood.effects import AbstractEffect, AbstractFactor, Component, Scale
from dmjax.likelihood.parameters import Parameter
from dmjax.likelihood.signals import SignalLike, as_signal, source_pull
from dmjax.likelihood.smooth_effects import Exponential, Growth

FLUX = Parameter("sns_flux", 0.0, 1.0, lower=-9.0, upper=9.0)
"""Pull of the neutrinos per proton at the SNS, shared by every COHERENT analysis."""

WIDE = 0.20
"""Relative error above which a normal factor, cut at zero, would no longer do: log-normal."""

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


def pull(
    name: str, error: float | None = None, lowest: float = 9.0, linear: bool = False
) -> Parameter:
    """A standard-normal nuisance, kept within nine standard deviations.

    Args:
        name: of the parameter.
        error: relative size of a yield that it multiplies; 1 + error × pull stays above 0, where
            it is not a log-normal (see `yield_factor`).
        lowest: standard deviations it may fall.
        linear: whether 1 + error × pull is meant, however wide it is.
    """
    bounded = error is not None and (linear or error <= WIDE)
    most = min(lowest, 1.0 / error) if error is not None and bounded else lowest
    return Parameter(name, 0.0, 1.0, lower=-most, upper=9.0)


def events(
    name: str, centre: float, sigma: float | None = None, constraint: str | None = None
) -> Parameter:
    """A number of events ≥ 0, free or constrained.

    Without a `constraint` it is normal, or log-normal where σ is more than a fifth of the centre.
    """
    if constraint is None:
        wide = sigma is not None and sigma > WIDE * centre
        constraint = "log-normal" if wide else "normal"
    return Parameter(name, centre, sigma, lower=0.0, constraint=constraint)


def yield_factor(name: str, error: float) -> AbstractFactor:
    """A relative error of a yield per unit of a pull: 1 + error × x, or (1 + error)^x if wide.

    >>> yield_factor("flux", 0.1).factor(jnp.asarray(-2.0)).round(3).tolist()
    0.8
    """
    return Exponential(name, 1.0 + error) if error > WIDE else Scale(name, 1.0, error)


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
    moves: tuple[Move, ...] = (),
) -> Parts:
    """A signal of given counts at strength 1 with its own nuisances; nothing for None.

    The strength is the free parameter "signal", shared by every analysis of a joint fit, and so
    are the pulls of the sources of `SignalCounts`.

    Args:
        counts: events at strength 1, with what its sources and detector do to it.
        effects, nuisances: on the whole signal, and their parameters.
        moves: nuisances of the detector that `counts` may have been predicted for.
    """
    if counts is None:
        return Parts((), ())
    made = as_signal(counts)
    nominal = jnp.ravel(made.nominal)
    sources = tuple(
        Growth(name, jnp.ravel(up), made.errors[name]) for name, up in made.raised.items()
    )
    moving = recoil_effects(nominal, made.moved, moves)
    every = (Scale("signal"), *effects, *sources, *moving.effects)
    pulls = (source_pull(name) for name in made.raised)
    strength = Parameter("signal", 0.0, lower=0.0)
    return Parts(
        (Component("signal", nominal, every),),
        (strength, *nuisances, *pulls, *moving.parameters),
    )
