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
from dmjax.analyses.moves import Move, clock, recoil_effects
from dmjax.data import load_table, load_toml
from dmjax.likelihood.count_model import CountModel
from dmjax.likelihood.effects import AbstractFactor, Component, Scale
from dmjax.likelihood.signals import SignalLike
from dmjax.likelihood.smooth_effects import Exponential
from dmjax.prediction.nuisances import Sides, Slices
from dmjax.prediction.search import Search, in_slices, neutrino_counts, neutrino_knots, search
from dmjax.programs import kept_value

NAME = "lar2020"
FLUX_ERROR = 0.10


def _shape(column: str) -> np.ndarray:
    return load_table(load_toml("datasets", NAME)["counts"]).columns[column]


def lar2020_moves(systematics: bool = True) -> tuple[Move, ...]:
    """Nuisances of the detector: "lar_time" [µs] and "lar_f90"; none without `systematics`."""
    if not systematics:
        return ()
    spec = load_toml("datasets", NAME)
    held = spec["f90"]
    sides = jnp.stack([_f90_shares(held["down"]), _f90_shares(held["up"])])
    return clock(spec["clock"]), Move(Slices(slices=sides, name=held["name"]), pull(held["name"]))


def _f90_shares(column: str) -> np.ndarray:
    """(energy, F90) shares of the slices of CEvNS at given energy."""
    spec = load_toml("datasets", NAME)
    sizes = [axis_edges(spec, name).size - 1 for name in spec["axes"]]
    counts = _shape(column).reshape(sizes).sum(2)
    return counts / np.maximum(counts.sum(1, keepdims=True), 1e-300)


@kept_value
def lar2020_search() -> Search:
    """The detector of the data set in its bins; a signal takes F90 from recoils of its energy."""
    spec = load_toml("datasets", NAME)
    edges = (axis_edges(spec, "energy"), axis_edges(spec, "time_us"))
    moves = lar2020_moves()
    return search(
        exposure(NAME), *edges, sliced=True, nuisances=tuple(one.nuisance for one in moves)
    )


def _normalisations(spec: dict) -> tuple[AbstractFactor, ...]:
    """Flux and response, of everything that recoils."""
    response = Exponential("lar_response", 1.0 + spec["signal_error"])
    return Scale(FLUX.name, 1.0, FLUX_ERROR), response


@kept_value
def _cevns(spec: dict, cevns: str, systematics: bool) -> Parts:
    """The release's CEvNS, moved as our prediction of it moves; counted, its shape alone."""
    held, setting = spec["parameters"]["n_cevns"], lar2020_search()
    shape, moves = unit_sum(_shape("cevns")), lar2020_moves(systematics)
    nominal = in_slices(setting, neutrino_counts(setting))
    some = nominal > 0.0
    share = jnp.where(some, shape / jnp.where(some, nominal, 1.0), 0.0)
    moved = {name: rows * share[None] for name, rows in neutrino_knots(setting).items()}
    number, known, pulls = events("n_cevns", held["centre"]), (), ()
    if cevns == "free":
        moved = {name: rows / rows.sum(1, keepdims=True) for name, rows in moved.items()}
    else:
        parts = (held["predicted_sigma"], FLUX_ERROR * held["centre"])
        response = spec["signal_error"] * held["centre"]
        rest = math.sqrt(parts[0] ** 2 - parts[1] ** 2 - response**2)
        number = events("n_cevns", held["centre"], rest, "log-normal")
        known, pulls = _normalisations(spec), (FLUX, pull("lar_response"))
    moving = recoil_effects(shape, moved, moves)
    component = Component("cevns", shape, (Scale("n_cevns"), *known, *moving.effects))
    return Parts((component,), (number, *pulls, *moving.parameters))


@kept_value
def _background(spec: dict, name: str, systematics: bool) -> Parts:
    """A background of the release with its alternates."""
    held = spec["parameters"][name]
    column = held["component"]
    total, shape = _shape(column).sum(), unit_sum(_shape(column))
    moves, moved = [], {}
    for item in spec["systematics"] if systematics else []:
        if item["component"] != column:
            continue
        label, up = item["parameter"], _shape(item["up"]) / total
        mirrored = np.clip(2.0 * np.asarray(shape) - up, 0.0, None)
        down = _shape(item["down"]) / total if "down" in item else mirrored
        moves.append(Move(Sides(label), pull(label)))
        moved[label] = jnp.stack([jnp.asarray(down), shape, jnp.asarray(up)])
    moving = recoil_effects(shape, moved, moves)
    number = events(name, held["centre"], held["sigma"], held.get("constraint"))
    component = Component(column, shape, (Scale(name), *moving.effects))
    return Parts((component,), (number, *moving.parameters))


def lar2020(
    signal: SignalLike | None = None, *, cevns: str = "free", systematics: bool = True
) -> CountModel:
    """The LAr 2020 analysis: 12 × 8 × 10 bins, four backgrounds, optionally a signal.

    Parameters: n_cevns (free), n_brn_prompt, n_brn_delayed, n_ss (events, constrained); lar_time
    and lar_f90, which move everything that recoils; lar_brn_energy, _time and _width.

    Args:
        signal: events per bin at strength 1, (960,), from `dark_matter_signal`; adds the free
            parameter "signal" with the flux and the 8.5 % pull "lar_response".
        cevns: "free", or "predicted": 128 ± 17, of which 10 % is the shared flux and 8.5 % the
            response (log-normal, so that it multiplies what other pulls do).
        systematics: with changes of shape and the statistics behind the steady state.

    Returns:
        `CountModel`.

    Source: COHERENT arXiv:2006.12659; fit of arXiv:2003.10630.

    >>> lar2020().parameters[0].name
    'n_cevns'
    """
    check_cevns(cevns)
    spec, moves = load_toml("datasets", NAME), lar2020_moves(systematics)
    names = [name for name in spec["parameters"] if name != "n_cevns"]
    known = [
        _cevns(spec, cevns, systematics),
        *(_background(spec, one, systematics) for one in names),
    ]
    pulls = (FLUX, pull("lar_response"))
    known.append(signal_parts(signal, _normalisations(spec), pulls, moves))
    axes = [(name, axis_edges(spec, name)) for name in spec["axes"]]
    times = axes[-1][1].size - 1
    behind = spec["steady_windows"] * _shape("steady").reshape(-1, times).sum(1)
    return CountModel(
        NAME,
        [one for part in known for one in part.components],
        [one for part in known for one in part.parameters],
        on=_shape("data"),
        axes=axes,
        measured="steady" if systematics else None,
        behind=behind if systematics else None,
    )
