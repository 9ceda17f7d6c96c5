"""COHERENT CsI 2021: CEvNS and its uncertainties: flux, radius, efficiency, quenching, arrival."""

from collections.abc import Callable
from functools import cache

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from dmjax.analyses.csi2021_shapes import NAME, Binning, csi2021_binning
from dmjax.analyses.ingredients import FLUX, Parts, events, exposure, pull
from dmjax.data import load_toml
from dmjax.experiments import Experiment
from dmjax.likelihood.effects import Component, Morph, Scale, Share
from dmjax.likelihood.parameters import Parameter
from dmjax.prediction.search import neutrino_counts, search

Sides = dict[str, tuple[np.ndarray, np.ndarray]]


def _counts(detector: Experiment, bins: Binning) -> np.ndarray:
    return np.asarray(neutrino_counts(search(detector, bins.pe, bins.time)))


@cache
def _events_below() -> float:
    return float(_counts(exposure(NAME), csi2021_binning()).sum())


def radius_sides(bins: Binning) -> Sides:
    """CEvNS with the neutron radii one standard deviation up and down."""
    detector, step = exposure(NAME), load_toml("datasets", NAME)["radius_step_fm"]

    def moved(shift: float) -> np.ndarray:
        radii = [nucleus.neutron_radius + shift for nucleus in detector.nuclei]
        return _counts(
            eqx.tree_at(lambda e: [n.neutron_radius for n in e.nuclei], detector, radii), bins
        )

    return {"csi_radius": (moved(step), moved(-step))}


def response_sides(bins: Binning) -> Sides:
    """CEvNS with efficiency and quenching one standard deviation up and down."""
    places: dict[str, Callable] = {
        "a": lambda e: e.response.quenching,
        "amplitude": lambda e: e.response.efficiency,
    }

    def changed(numbers: dict[str, float]) -> np.ndarray:
        where, detector = places[next(iter(numbers))], exposure(NAME)
        for key, value in numbers.items():
            leaf = jnp.asarray(value, float)
            detector = eqx.tree_at(lambda e, k=key: getattr(where(e), k), detector, leaf)
        return _counts(detector, bins)

    sides = load_toml("datasets", NAME)["alternates"]
    return {name: (changed(side["up"]), changed(side["down"])) for name, side in sides.items()}


def arrival_sides(bins: Binning) -> Sides:
    """CEvNS with the pulse one standard deviation later and earlier."""
    setting = search(exposure(NAME), bins.pe, bins.time)
    step = load_toml("datasets", NAME)["pulse_step_us"]

    def moved(shift: float) -> np.ndarray:
        edges = jnp.asarray(bins.time - shift)
        return np.asarray(neutrino_counts(eqx.tree_at(lambda s: s.time_edges, setting, edges)))

    return {"csi_neutrino_time": (moved(step), moved(-step))}


def _normalisations(
    flux: float, sizes: dict[str, float]
) -> tuple[tuple[Scale | Share, ...], tuple[Parameter, ...]]:
    """The flux as a factor, the rest as shares that add up; a pull each."""
    shares = tuple(Share(name, size) for name, size in sizes.items())
    return (Scale(FLUX.name, 1.0, flux), *shares), (FLUX, *map(pull, sizes))


def recoil_normalisations() -> tuple[tuple[Scale | Share, ...], tuple[Parameter, ...]]:
    """Normalisations of anything that recoils in the detector: flux, efficiency, quenching.

    Their sizes are those of CEvNS below 60 photo-electrons; dark matter from the same pions is
    taken to share the flux.
    """
    spec = load_toml("datasets", NAME)
    return _normalisations(spec["flux_error"], spec["response_errors"])


def cevns_part(bins: Binning, cevns: str, systematics: bool) -> Parts:
    """CEvNS, predicted or counted by "csi_n_cevns": events below 60 photo-electrons in any region.

    Predicted, it has the shared pulls of flux, radius, efficiency and quenching. `systematics`
    adds the arrival and lets efficiency and quenching change the shape too.

    Args:
        bins: of the analysis.
        cevns: "free" or "predicted".
        systematics: with changes of shape.
    """
    spec, counts = load_toml("datasets", NAME), _counts(exposure(NAME), bins)
    sizes = {"csi_radius": spec["radius_error"]}
    sizes |= {} if systematics else spec["response_errors"]
    known, pulls = _normalisations(spec["flux_error"], sizes)
    unit = 1.0
    if cevns == "free":
        unit = _events_below()
        known, pulls = (Scale("csi_n_cevns"),), (events("csi_n_cevns", unit),)
    sides = response_sides(bins) | arrival_sides(bins) if systematics else {}
    shapes = tuple(
        Morph(name, jnp.asarray(up.ravel() / unit), jnp.asarray(down.ravel() / unit))
        for name, (up, down) in sides.items()
    )
    component = Component("cevns", counts.ravel() / unit, (*known, *shapes))
    return Parts((component,), (*pulls, *map(pull, sides)))
