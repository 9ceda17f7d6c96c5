"""COHERENT CsI 2021: photo-electrons × time, signal region and sideband."""

import math
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import ArrayLike

from dmjax.data import load_table, load_toml
from dmjax.data.releases import read_release
from dmjax.errors import unknown_name
from dmjax.experiments import Experiment
from dmjax.experiments.experiment import bin_edges
from dmjax.likelihood.count_model import CountModel
from dmjax.likelihood.ingredients import (
    FLUX,
    Parts,
    check_cevns,
    events,
    pull,
    signal_parts,
    unit_sum,
)
from dmjax.likelihood.parameters import Parameter
from dmjax.likelihood.search import Search, axis_edges, exposure, neutrino_counts, search
from dmjax.likelihood.templates import AbstractEffect, Component, Morph, Scale
from dmjax.response import time_acceptance

NAME = "csi2021"
REGIONS = ("signal", "sideband")
SIGNAL_TOP_PE = 60.0


class Events(NamedTuple):
    """Single events of the release.

    Attributes:
        on: coincidence, (events, 2): photo-electrons, time [µs].
        off: anticoincidence.
    """

    on: np.ndarray
    off: np.ndarray


class Binning(NamedTuple):
    """Edges of an analysis.

    Attributes:
        pe: photo-electrons.
        time: [µs].
    """

    pe: np.ndarray
    time: np.ndarray


def csi2021_binning(region: str = "signal") -> Binning:
    """The bins of a region: below 60 photo-electrons, or the 60–250 sideband."""
    if region not in REGIONS:
        raise unknown_name("region of csi2021", region, REGIONS)
    spec = load_toml("datasets", NAME)
    pe = axis_edges(spec, "pe") if region == "signal" else bin_edges(spec["sideband"]["pe"])
    return Binning(pe, axis_edges(spec, "time_us"))


UNBINNED = Binning(np.arange(6.0, 61.0), np.linspace(0.0, 6.0, 121))


def csi2021_search(region: str = "signal", binning: Binning | None = None) -> Search:
    """The detector of the data set in the bins of a region."""
    chosen = binning or csi2021_binning(region)
    return search(exposure(NAME), chosen.pe, chosen.time)


def counted(bins: Binning, single: Events | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Coincidence and anticoincidence counts in bins, from single events or the shipped table.

    The table has bins of 2 photo-electrons (10 above 60) and 0.125 µs, which edges must not cut.
    """
    if single is not None:
        on, off = (np.histogram2d(*rows.T, bins=(bins.pe, bins.time))[0] for rows in single)
        return on, off
    columns = load_table(load_toml("datasets", NAME)["counts"]).columns
    place = (columns["pe"], columns["time"])
    on, off = (
        np.histogram2d(*place, bins=(bins.pe, bins.time), weights=columns[key])[0]
        for key in ("on", "off")
    )
    return on, off


def csi2021_events() -> Events:
    """The events of the official release, from the folder named by `dmjax data add csi2021`."""
    return Events(**read_release(NAME))


def csi2021_unbinned(signal: ArrayLike | None = None, **options) -> CountModel:
    """`csi2021` on the single events of the release, in bins of 1 photo-electron × 0.05 µs.

    The shapes are histograms of 1 photo-electron, so finer bins in energy change nothing; in time
    0.05 µs is a third of the width of the pulse. Its name is "csi2021" too: one or the other.
    """
    return csi2021(signal, single=csi2021_events(), binning=UNBINNED, **options)


def _shares(name: str, axis: str, key: str, width: float, edges: np.ndarray) -> np.ndarray:
    """A tabulated shape in other bins, flat inside its own."""
    columns = load_table(load_toml("datasets", NAME)[name]).columns
    fine = np.concatenate([columns[axis] - 0.5 * width, [columns[axis][-1] + 0.5 * width]])
    return np.diff(np.interp(edges, fine, np.concatenate([[0.0], np.cumsum(columns[key])])))


def _neutrons(key: str, bins: Binning) -> np.ndarray:
    """Neutrons per bin for one below 60 photo-electrons and 6 µs."""
    energy = _shares("neutron_energies", "pe", key, 1.0, bins.pe)
    time = _shares("neutron_times", "time", key, 0.01, bins.time)
    return np.outer(energy, time)


def _steady(detector: Experiment, off: np.ndarray, bins: Binning) -> np.ndarray:
    """Energies of the anticoincidence counts × a flat time with the efficiency of late times."""
    kept = np.asarray(time_acceptance(detector.response, jnp.asarray(bins.time)))
    return np.outer(off.sum(1), kept * np.diff(bins.time))


@cache
def _cevns(region: str) -> np.ndarray:
    return np.asarray(neutrino_counts(csi2021_search(region)))


def _cevns_of(detector: Experiment, bins: Binning) -> np.ndarray:
    return np.asarray(neutrino_counts(search(detector, bins.pe, bins.time)))


def _alternates(bins: Binning) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """CEvNS with the response and the arrival of the pulse one standard deviation up and down."""
    spec, nominal = load_toml("datasets", NAME), exposure(NAME)

    def changed(where: Callable, numbers: dict[str, float]) -> np.ndarray:
        detector = nominal
        for key, value in numbers.items():
            leaf = jnp.asarray(value, float)
            detector = eqx.tree_at(lambda e, k=key: getattr(where(e), k), detector, leaf)
        return _cevns_of(detector, bins)

    places = {"a": lambda e: e.response.quenching, "amplitude": lambda e: e.response.efficiency}
    found = {}
    for name, sides in spec["alternates"].items():
        where = places[next(iter(sides["up"]))]
        found[name] = tuple(changed(where, sides[side]) for side in ("up", "down"))
    step = spec["pulse_step_us"]
    setting = search(nominal, bins.pe, bins.time)
    shifted = [
        np.asarray(neutrino_counts(eqx.tree_at(lambda s: s.time_edges, setting, edges)))
        for edges in (jnp.asarray(bins.time - step), jnp.asarray(bins.time + step))
    ]
    return found | {"csi_neutrino_time": (shifted[0], shifted[1])}


def _cevns_part(bins: Binning, region: str, cevns: str, systematics: bool) -> Parts:
    """CEvNS below 60 photo-electrons sets the unit of csi_n_cevns, also in the sideband."""
    spec = load_toml("datasets", NAME)
    counts = _cevns_of(exposure(NAME), bins)
    below = float((counts if region == "signal" else _cevns("signal")).sum())
    effects: list[AbstractEffect] = []
    parameters: list[Parameter] = []
    if cevns == "predicted":
        unit = 1.0
        effects.append(Scale(FLUX.name, 1.0, spec["flux_error"]))
        parameters.append(FLUX)
    else:
        unit = below
        effects.append(Scale("csi_n_cevns"))
        parameters.append(events("csi_n_cevns", below))
    for name, (up, down) in (_alternates(bins) if systematics else {}).items():
        effects.append(
            Morph(name, jnp.asarray(up.ravel() / unit), jnp.asarray(down.ravel() / unit))
        )
        parameters.append(pull(name))
    component = Component("cevns", counts.ravel() / unit, tuple(effects))
    return Parts((component,), tuple(parameters))


def csi2021(
    signal: ArrayLike | None = None,
    *,
    cevns: str = "free",
    systematics: bool = False,
    region: str = "signal",
    single: Events | None = None,
    binning: Binning | None = None,
) -> CountModel:
    """The CsI 2021 analysis: CEvNS, beam-related and neutrino-induced neutrons, steady state.

    Parameters: csi_n_cevns (free), csi_n_brn (18.4 ± 25 %), csi_n_nin (5.6 ± 36 %), all in events
    below 60 photo-electrons, so that the sideband shares them; csi_n_ss (csi_n_ss_sideband), the
    anticoincidence count ± its square root.

    Args:
        signal: events per bin at strength 1, from `dark_matter_counts`; adds the parameter
            "signal".
        cevns: "free", or "predicted" with the shared pull "sns_flux" (10 %).
        systematics: add nuisances of efficiency, quenching and arrival of the neutrinos.
        region: "signal" (below 60 photo-electrons) or "sideband" (60–250).
        single: events of the release, in place of the shipped counts.
        binning: other edges; with `single`, as narrow as one likes, which is the unbinned fit.

    Returns:
        `CountModel`, named "csi2021" or "csi2021-sideband".

    Source: COHERENT arXiv:2110.07730.

    >>> int(csi2021().observed.on.sum())
    1578
    """
    check_cevns(cevns)
    spec = load_toml("datasets", NAME)
    bins = binning or csi2021_binning(region)
    on, off = counted(bins, single)
    known = _cevns_part(bins, region, cevns, systematics)
    components, parameters = list(known.components), list(known.parameters)
    for key in ("brn", "nin"):
        held = spec["parameters"][f"csi_n_{key}"]
        sigma = held["relative_sigma"] * held["centre"]
        parameters.append(events(f"csi_n_{key}", held["centre"], sigma))
        components.append(Component(key, _neutrons(key, bins).ravel(), (Scale(f"csi_n_{key}"),)))
    name = "csi_n_ss" if region == "signal" else "csi_n_ss_sideband"
    parameters.append(events(name, float(off.sum()), math.sqrt(off.sum())))
    shape = _steady(exposure(NAME), off, bins)
    components.append(Component("steady", unit_sum(shape), (Scale(name),)))
    added = signal_parts(signal, (), ())
    return CountModel(
        NAME if region == "signal" else f"{NAME}-{region}",
        [*components, *added.components],
        [*parameters, *added.parameters],
        on=on,
        axes=[("pe", bins.pe), ("time_us", bins.time)],
    )
