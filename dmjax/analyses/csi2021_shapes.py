"""COHERENT CsI 2021: bins, counts, and the shapes of neutrons and steady state in them."""

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np

from dmjax.analyses.ingredients import axis_edges, table_counts
from dmjax.data import load_table, load_toml
from dmjax.data.releases import read_release
from dmjax.errors import unknown_name
from dmjax.experiments import Experiment
from dmjax.experiments.experiment import bin_edges
from dmjax.response import time_acceptance

NAME = "csi2021"
REGIONS = ("signal", "sideband")


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


def counted(bins: Binning, single: Events | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Coincidence and anticoincidence counts in bins, from single events or the shipped table.

    The table has bins of 2 photo-electrons (10 above 60) and 0.125 µs, which edges must not cut.
    """
    if single is not None:
        on, off = (np.histogram2d(*rows.T, bins=(bins.pe, bins.time))[0] for rows in single)
        return on, off
    return table_counts(load_toml("datasets", NAME)["counts"], bins.pe, bins.time)


def csi2021_events() -> Events:
    """The events of the official release, from the folder named by `dmjax data add csi2021`."""
    return Events(**read_release(NAME))


def shares(name: str, axis: str, key: str, width: float, edges: np.ndarray) -> np.ndarray:
    """A tabulated shape in other bins, flat inside its own."""
    columns = load_table(load_toml("datasets", NAME)[name]).columns
    fine = np.concatenate([columns[axis] - 0.5 * width, [columns[axis][-1] + 0.5 * width]])
    return np.diff(np.interp(edges, fine, np.concatenate([[0.0], np.cumsum(columns[key])])))


def neutron_shape(key: str, bins: Binning, late_us: float = 0.0) -> np.ndarray:
    """Neutrons per bin for one below 60 photo-electrons and 6 µs; all come later by `late_us`."""
    energy = shares("neutron_energies", "pe", key, 1.0, bins.pe)
    time = shares("neutron_times", "time", key, 0.01, bins.time - late_us)
    return np.outer(energy, time)


def steady_shape(detector: Experiment, off: np.ndarray, bins: Binning) -> np.ndarray:
    """Energies of the anticoincidence counts × a flat time with the efficiency of late times."""
    kept = np.asarray(time_acceptance(detector.response, jnp.asarray(bins.time)))
    return np.outer(off.sum(1), kept * np.diff(bins.time))
