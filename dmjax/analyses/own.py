"""A data set of one's own, described in a file, as an analysis."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import jax.numpy as jnp
import numpy as np

from dmjax.analyses.analysis import Analysis
from dmjax.analyses.ingredients import (
    Parts,
    events,
    or_none,
    pull,
    signal_parts,
    unit_sum,
    used,
    yield_factor,
)
from dmjax.analyses.moves import Move, clock, recoil_effects
from dmjax.analyses.own_files import OwnData, Rate, read_own
from dmjax.analyses.own_layout import OWN_NEUTRINOS, SIGNAL
from dmjax.conventions import DMJAX, Conventions
from dmjax.likelihood.count_model import CountModel
from dmjax.likelihood.effects import AbstractEffect, Component, Scale, Share
from dmjax.likelihood.parameters import Parameter
from dmjax.likelihood.signals import SignalLike
from dmjax.likelihood.smooth_effects import Exponential
from dmjax.prediction.nuisances import Sides
from dmjax.prediction.search import Search, in_slices, neutrino_counts, neutrino_knots


def own_analysis(path: str | Path) -> Analysis:
    """A data set of one's own, to be fitted, limited and joined like a shipped one.

    μ_b = Σ_k n_k s_kb Π f_j(θ_j) + signal, f = 1 + σθ, or (1 + σ)^θ for σ > 0.2, n_k the
    events of background k, s_k its shape of sum 1, θ_j standard-normal pulls of the nuisances that
    act on it; see docs/datasets.md.

    Args:
        path: of its file; tables and a detector of one's own lie beside it.

    Returns:
        `Analysis`. Its options are "conventions" where neutrinos are predicted, and "off_term"
        where the file has off counts.

    Raises:
        InputError: anything wrong in the file or its tables, one line.
    """
    data = read_own(str(path))
    options = (("conventions",) if data.neutrinos != "none" else ()) + (
        ("off_term",) if data.off is not None else ()
    )
    return Analysis(data.name, partial(own_model, data), lambda: own_search(data), options)


def _clock(data: OwnData) -> tuple[Move, ...]:
    """The clock of the beam, where the file gives its error."""
    if data.clock_us is None:
        return ()
    knots = [0.5 * i * data.clock_us for i in range(-10, 11)]
    return (clock({"name": f"{data.name}_time", "sigma_us": data.clock_us, "knots_us": knots}),)


def _normalisations(data: OwnData, component: str) -> list[AbstractEffect]:
    """Effects of the nuisances on the yield of a component."""
    acting = [one for one in data.nuisances if component in one.get("acts_on", ())]
    made = {
        "added": Share,
        "linear": lambda name, error: Scale(name, 1.0, error),
        "log-normal": lambda name, error: Exponential(name, 1.0 + error),
        "factor": yield_factor,
    }
    return [made[one.get("form", "factor")](one["name"], one["error"]) for one in acting]


def _background(data: OwnData, rate: Rate) -> Parts:
    """A background with the parameter "<data set>_<name>", its events, unless known exactly."""
    effects, parameters = _normalisations(data, rate.name), []
    shape, total = unit_sum(rate.shape), float(np.sum(rate.shape))
    if rate.free or rate.error is not None:
        sigma = None if rate.error is None else rate.error * rate.events
        label = f"{data.name}_{rate.name}"
        parameters = [events(label, rate.events, sigma, rate.constraint)]
        effects.insert(0, Scale(parameters[0].name))
        scale = 1.0
    else:
        scale = rate.events
    moved = {name: jnp.asarray(rows) / total for name, rows in rate.moved.items()}
    sides = [Move(Sides(name), _pulls(data)[name]) for name in rate.alternates]
    moving = recoil_effects(shape, moved, (*_clock(data), *sides))
    component = Component(rate.name, scale * shape, (*effects, *moving.effects))
    return Parts((component,), (*parameters, *moving.parameters))


def _pulls(data: OwnData) -> dict[str, Parameter]:
    return {
        one["name"]: pull(one["name"], one.get("error"), linear=one.get("form") == "linear")
        for one in data.nuisances
    }


def _neutrinos(data: OwnData, conventions: Conventions) -> tuple[Rate, ...]:
    if data.neutrinos == "none":
        return ()
    setting = own_search(data)
    counts = np.asarray(in_slices(setting, neutrino_counts(setting, conventions)))
    free = data.neutrinos == "free"
    rate = Rate(OWN_NEUTRINOS, counts, float(counts.sum()), data.neutrino_error, free)
    return (rate._replace(moved=neutrino_knots(setting, conventions)),)


def own_search(data: OwnData) -> Search:
    """The detector of the data set in its bins, with its nuisances."""
    return replace(data.search, nuisances=tuple(one.nuisance for one in _clock(data)))


def own_model(
    data: OwnData,
    signal: SignalLike | None = None,
    *,
    conventions: Conventions = DMJAX,
    off_term: str = "integral",
) -> CountModel:
    """The count model of a data set of one's own.

    Args:
        data: from `read_own`.
        signal: events per bin at strength 1; adds the free parameter "signal".
        conventions: of the predicted neutrinos.
        off_term: "integral" or "profile", of off counts.

    Returns:
        `CountModel`. Parameters: "<data set>_<component>" for the events of every background with
        an error or free, and the nuisances by their names.
    """
    parts = [_background(data, one) for one in (*_neutrinos(data, conventions), *data.backgrounds)]
    components = [component for part in parts for component in part.components]
    pulls = _pulls(data)
    on_signal = _normalisations(data, SIGNAL)
    added = signal_parts(
        signal,
        tuple(on_signal),
        tuple(pulls[effect.parameter] for effect in on_signal),
        _clock(data),
    )
    return CountModel(
        data.name,
        [*or_none(components, data.on.size), *added.components],
        [
            *(one for part in parts for one in part.parameters),
            *used(pulls.values(), components),
            *added.parameters,
        ],
        on=data.on,
        off=data.off,
        off_term=off_term,
        axes=data.axes,
    )
