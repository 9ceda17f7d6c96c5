"""A data set of one's own, described in a file, as an analysis."""

from functools import partial
from pathlib import Path

import jax.numpy as jnp
import numpy as np

from dmjax.analyses.analysis import Analysis
from dmjax.analyses.ingredients import Parts, events, or_none, pull, signal_parts, unit_sum, used
from dmjax.analyses.own_files import OwnData, Rate, read_own
from dmjax.analyses.own_layout import OWN_NEUTRINOS, SIGNAL
from dmjax.conventions import DMJAX, Conventions
from dmjax.likelihood.count_model import CountModel
from dmjax.likelihood.effects import AbstractEffect, Component, Morph, Scale, Share
from dmjax.likelihood.signals import SignalLike
from dmjax.prediction.search import in_slices, neutrino_counts


def own_analysis(path: str | Path) -> Analysis:
    """A data set of one's own, to be fitted, limited and joined like a shipped one.

    μ_b = Σ_k n_k s_kb Π (1 + σ_j θ_j) + signal, n_k the events of background k, s_k its shape
    of sum 1, θ_j standard-normal pulls of the nuisances that act on it; see docs/datasets.md.

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
    return Analysis(data.name, partial(own_model, data), lambda: data.search, options)


def _normalisations(data: OwnData, component: str) -> list[AbstractEffect]:
    """Effects of the nuisances on the yield of a component."""
    acting = [one for one in data.nuisances if component in one.get("acts_on", ())]
    return [
        Share(one["name"], one["error"])
        if one.get("form") == "added"
        else Scale(one["name"], 1.0, one["error"])
        for one in acting
    ]


def _background(data: OwnData, rate: Rate) -> Parts:
    """A background with the parameter "<data set>_<name>", its events, unless known exactly."""
    effects, parameters = _normalisations(data, rate.name), []
    shape, total = unit_sum(rate.shape), float(np.sum(rate.shape))
    if rate.free or rate.error is not None:
        sigma = None if rate.error is None else rate.error * rate.events
        parameters = [events(f"{data.name}_{rate.name}", rate.events, sigma)]
        effects.insert(0, Scale(parameters[0].name))
        scale = 1.0
    else:
        scale = rate.events
    for name, up, down in rate.alternates:
        lower = None if down is None else jnp.asarray(scale / total * down)
        effects.append(Morph(name, jnp.asarray(scale / total * up), lower))
    component = Component(rate.name, scale * shape, tuple(effects))
    return Parts((component,), tuple(parameters))


def _neutrinos(data: OwnData, conventions: Conventions) -> tuple[Rate, ...]:
    if data.neutrinos == "none":
        return ()
    counts = np.asarray(in_slices(data.search, neutrino_counts(data.search, conventions)))
    free = data.neutrinos == "free"
    return (Rate(OWN_NEUTRINOS, counts, float(counts.sum()), data.neutrino_error, free),)


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
    pulls = {one["name"]: pull(one["name"], one.get("error")) for one in data.nuisances}
    on_signal = _normalisations(data, SIGNAL)
    added = signal_parts(
        signal, tuple(on_signal), tuple(pulls[effect.parameter] for effect in on_signal)
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
