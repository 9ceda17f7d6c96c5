"""COHERENT LAr 2020, Analysis A: energy × F90 × time with the shapes of the release."""

import math

import jax.numpy as jnp
import numpy as np

from dmjax.analyses.ingredients import (
    FLUX,
    Parts,
    axis_edges,
    check_cevns,
    events,
    exposure,
    pull,
    signal_parts,
    unit_sum,
)
from dmjax.data import load_table, load_toml
from dmjax.likelihood.count_model import CountModel
from dmjax.likelihood.effects import AbstractEffect, Component, Morph, Scale, Share
from dmjax.likelihood.signals import SignalLike
from dmjax.prediction.search import Search, search

NAME = "lar2020"
FLUX_ERROR = 0.10


def lar2020_search() -> Search:
    """The detector of the data set in its bins; a signal takes F90 from recoils of its energy."""
    spec = load_toml("datasets", NAME)
    edges = (axis_edges(spec, "energy"), axis_edges(spec, "time_us"))
    return search(exposure(NAME), *edges, sliced=True)


def _shape(column: str) -> np.ndarray:
    return load_table(load_toml("datasets", NAME)["counts"]).columns[column]


def _backgrounds(spec: dict, cevns: str, systematics: bool) -> Parts:
    components, parameters = [], []
    for name, held in spec["parameters"].items():
        shape = held["component"]
        effects: list[AbstractEffect] = [Scale(name)]
        total = _shape(shape).sum()
        sigma = held.get("sigma")
        if shape == "cevns" and cevns == "predicted":
            flux = FLUX_ERROR * held["centre"]
            sigma = math.sqrt(held["predicted_sigma"] ** 2 - flux**2)
            effects.append(Scale(FLUX.name, 1.0, FLUX_ERROR))
            parameters.append(FLUX)
        parameters.append(events(name, held["centre"], sigma))
        for item in spec["systematics"] if systematics else []:
            if item["component"] == shape:
                up, down = item["up"], item.get("down")
                lower = None if down is None else jnp.asarray(_shape(down) / total)
                effects.append(Morph(item["parameter"], jnp.asarray(_shape(up) / total), lower))
                parameters.append(pull(item["parameter"]))
        components.append(Component(shape, unit_sum(_shape(shape)), tuple(effects)))
    return Parts(tuple(components), tuple(parameters))


def lar2020(
    signal: SignalLike | None = None, *, cevns: str = "free", systematics: bool = False
) -> CountModel:
    """The LAr 2020 analysis: 12 × 8 × 10 bins, four backgrounds, optionally a signal.

    Parameters: n_cevns (free), n_brn_prompt, n_brn_delayed, n_ss (events, constrained).

    Args:
        signal: events per bin at strength 1, (960,), from `dark_matter_signal`; adds the free
            parameter "signal" and the 8.5 % nuisance "lar_signal".
        cevns: "free", or "predicted": 128 ± 17, 10 % of it the shared pull "sns_flux".
        systematics: add the shape nuisances of the release, interpolated between its alternates.

    Returns:
        `CountModel`.

    Source: COHERENT arXiv:2006.12659; fit of arXiv:2003.10630.

    >>> lar2020().parameters[0].name
    'n_cevns'
    """
    check_cevns(cevns)
    spec = load_toml("datasets", NAME)
    known = _backgrounds(spec, cevns, systematics)
    error = Share("lar_signal", spec["signal_error"])
    added = signal_parts(signal, (error,), (pull("lar_signal"),))
    return CountModel(
        NAME,
        known.components + added.components,
        known.parameters + added.parameters,
        on=_shape("data"),
        axes=[(name, axis_edges(spec, name)) for name in spec["axes"]],
    )
