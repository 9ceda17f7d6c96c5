"""Backgrounds from the sections `steady_state` and `neutrons` of a detector file."""

import math
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np

from dmjax.errors import InputError
from dmjax.experiments.backgrounds import NO_BACKGROUND, Background
from dmjax.experiments.files import Description, named_table
from dmjax.experiments.schema import check_weights
from dmjax.experiments.shapes import (
    AbstractShape,
    ExponentialShape,
    FlatShape,
    HistogramShape,
    PowerShape,
    PulseShape,
    shares,
)
from dmjax.schema import LARGE, SMALL, complaint
from dmjax.sources import StoppedPionNeutrinos
from dmjax.timing import AbstractPulse

HOURS_PER_YEAR = 5000.0
"""Hours of beam in one year of a detector file."""

SECTIONS = {"steady_state": "steady", "neutrons": "beam"}
_NEUTRINOS = ("prompt", "delayed", "kaon", "in-flight")


def make_backgrounds(
    detector: Description,
    beam: Description,
    edges: tuple[np.ndarray, np.ndarray],
    pulse: AbstractPulse,
    neutrinos: StoppedPionNeutrinos,
) -> tuple[Background, ...]:
    """Every background of a detector file, in order, steady ones first.

    Args:
        detector, beam: checked descriptions.
        edges: bins in the observable and in time [µs].
        pulse, neutrinos: give the time shapes "pulse", "prompt" and "delayed".

    Raises:
        InputError: one line, at the first thing wrong.
    """
    made, arrivals = [], _arrivals(pulse, neutrinos)
    for section, kind in SECTIONS.items():
        for i, spec in enumerate(detector.spec.get(section, [])):
            key = f"{section}[{i}]"
            _check_name(detector.label, key, spec, [b.name for b in made])
            made.append(_background(detector, beam, key, spec | {"kind": kind}, edges, arrivals))
    return tuple(made)


def _arrivals(pulse: AbstractPulse, neutrinos: StoppedPionNeutrinos) -> dict[str, AbstractPulse]:
    times = (pulse, neutrinos.prompt_time, neutrinos.delayed_time)
    return dict(zip(("pulse", "prompt", "delayed"), times, strict=True))


def _check_name(file: str, key: str, spec: dict[str, Any], taken: list[str]) -> None:
    if spec["name"] in (*taken, *_NEUTRINOS):
        raise complaint(file, f"{key}.name", spec["name"], "a name that nothing else has")
    if spec.get("scenario") == NO_BACKGROUND:
        raise complaint(file, f"{key}.scenario", NO_BACKGROUND, "another word: this means none")


def _background(
    detector: Description,
    beam: Description,
    key: str,
    spec: dict[str, Any],
    edges: tuple[np.ndarray, np.ndarray],
    arrivals: dict[str, AbstractPulse],
) -> Background:
    place = detector.spec["detector"]
    ends = tuple((float(one[0]), float(one[-1])) for one in edges)
    late = {"kind": "flat"} if spec["kind"] == "steady" else {"kind": "pulse"}
    energy = _shape(detector, f"{key}.energy", spec.get("energy", {"kind": "flat"}), ends[0])
    drawn = spec.get("time", late)
    if drawn["kind"] in arrivals:
        time = PulseShape(arrivals[drawn["kind"]])
    else:
        time = _shape(detector, f"{key}.time", drawn, ends[1])
    for name, shape, whole in (("energy", energy, ends[0]), ("time", time, ends[1])):
        found = float(jnp.sum(shares(shape, jnp.asarray(whole), whole)))
        if not np.isfinite(found):
            raise InputError(f"{detector.label}: {key}.{name}: nothing lies inside the bins")
    owner = Path(detector.label).stem
    return Background(
        events=jnp.asarray(_events(detector, beam, key, spec, edges), float),
        energy=energy,
        time=time,
        mass_kg=jnp.asarray(place["mass_kg"], float),
        pot=jnp.asarray(place["pot"], float),
        name=spec["name"],
        kind=spec["kind"],
        error=float(spec.get("error", 0.0)),
        pull=spec.get("pull", f"{owner}_{spec['name']}"),
        scenario=spec.get("scenario"),
        energy_range=ends[0],
        time_range=ends[1],
    )


def _events(
    detector: Description,
    beam: Description,
    key: str,
    spec: dict[str, Any],
    edges: tuple[np.ndarray, np.ndarray],
) -> float:
    """Events in all bins: a given number, or a rate times mass, energy and open time."""
    factors = math.prod(spec.get("factors", {}).values())
    if not SMALL <= factors <= LARGE:
        rule = f"of a product from {SMALL:g} to {LARGE:g}"
        raise complaint(detector.label, f"{key}.factors", spec["factors"], rule)
    if ("reference_events" in spec) == ("per_kev_kg_day" in spec):
        raise InputError(f"{detector.label}: {key}: give reference_events or per_kev_kg_day, once")
    if "reference_events" in spec:
        return spec["reference_events"] * factors
    if spec["kind"] != "steady":
        raise InputError(f"{detector.label}: {key}.per_kev_kg_day: is for steady_state")
    hertz = beam.spec.get("repetition_hz")
    if hertz is None:
        raise InputError(f"{beam.label}: missing key repetition_hz: {key}.per_kev_kg_day needs it")
    place, response = detector.spec["detector"], detector.spec["response"]
    kev = (edges[0][-1] - edges[0][0]) / response.get("light_yield", 1.0)
    days = place.get("years", 1.0) * HOURS_PER_YEAR / 24.0
    open_share = 1e-6 * (edges[1][-1] - edges[1][0]) * hertz
    return spec["per_kev_kg_day"] * kev * place["mass_kg"] * days * open_share * factors


def _shape(
    detector: Description, key: str, spec: dict[str, Any], whole: tuple[float, float]
) -> AbstractShape:
    kind = spec["kind"]
    if kind in ("histogram", "table"):
        return _histogram(detector, key, spec)
    low, high = spec.get("low", whole[0]), spec.get("high", whole[1])
    if not low < high:
        raise complaint(detector.label, f"{key}.high", high, f"above low = {low:g}")
    ends = (jnp.asarray(low, float), jnp.asarray(high, float))
    if kind == "exponential":
        return ExponentialShape(*ends, jnp.asarray(spec["scale"], float))
    if kind == "power":
        if low <= 0.0:
            raise complaint(detector.label, f"{key}.low", low, "above 0 for a power law")
        return PowerShape(*ends, jnp.asarray(spec["index"], float))
    return FlatShape(*ends)


def _histogram(detector: Description, key: str, spec: dict[str, Any]) -> HistogramShape:
    if spec["kind"] == "table":
        edges, values = _columns(detector, f"{key}.table", spec)
    else:
        edges, values = np.array(spec["edges"], float), np.array(spec["values"], float)
        if len(values) != len(edges) - 1:
            rule = f"one per bin ({len(edges) - 1} bins)"
            raise complaint(detector.label, f"{key}.values", spec["values"], rule)
    if not values.sum() > 0.0:
        raise InputError(f"{detector.label}: {key}: the values must have a sum above 0")
    sums = np.concatenate([[0.0], np.cumsum(values)]) / values.sum()
    return HistogramShape(jnp.asarray(edges, float), jnp.asarray(sums, float))


def _columns(
    detector: Description, key: str, spec: dict[str, Any]
) -> tuple[np.ndarray, np.ndarray]:
    """Edges halfway between the centres of a table; rows of one centre are added up."""
    axis, column = spec.get("axis", key.split(".")[-2]), spec.get("column", "events")
    table = named_table(detector, key, spec["table"])
    check_weights(detector.label, key, table, (axis, column), column)
    centres, rows = np.unique(table.columns[axis], return_inverse=True)
    if centres.size < 2:
        raise InputError(f"{detector.label}: {key}: column '{axis}' needs two centres or more")
    middle = 0.5 * (centres[1:] + centres[:-1])
    ends = (2.0 * centres[0] - middle[0], 2.0 * centres[-1] - middle[-1])
    values = np.bincount(rows, weights=table.columns[column])
    return np.concatenate([ends[:1], middle, ends[1:]]), values
