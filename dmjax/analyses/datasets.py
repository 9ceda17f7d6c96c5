"""Published data sets: counts, known backgrounds, and the window an analysis uses."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from dmjax.analyses.ingredients import exposure, table_counts
from dmjax.conventions import DMJAX, Conventions
from dmjax.data import available, load_table, load_toml
from dmjax.errors import InputError, unknown_name
from dmjax.experiments import Experiment
from dmjax.experiments.experiment import bin_edges
from dmjax.prediction.neutrinos import Spectra, neutrino_spectra
from dmjax.programs import kept, kept_value
from dmjax.response import accepted_recoils

DATASETS = tuple(name for name in available("datasets") if "windows" in load_toml("datasets", name))
"""Data sets that are analysed in named windows, with on and off counts alone."""


class Dataset(NamedTuple):
    """Counts and known backgrounds of one data set in one window, all (energy bins, time bins).

    Attributes:
        name, window: which.
        experiment: the detector with the exposure of this data set.
        pe_edges, time_edges: [PE], [µs].
        on, off: coincidence and anticoincidence counts.
        prompt, delayed: expected CEvNS events by neutrino component.
        neutrons: expected beam-related neutrons.
        sigma_alpha: shared uncertainty of every signal-like yield.
        conventions: profile of the prediction.
        radius_fm: radius in the CEvNS form factor [fm]; None: by the conventions.
    """

    name: str
    window: str
    experiment: Experiment
    pe_edges: np.ndarray
    time_edges: np.ndarray
    on: np.ndarray
    off: np.ndarray
    prompt: Float[Array, "energy time"]
    delayed: Float[Array, "energy time"]
    neutrons: Float[Array, "energy time"]
    sigma_alpha: float
    conventions: Conventions
    radius_fm: float | None


def rebin(centres: np.ndarray, values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Sum values given at bin centres into wider bins; the edges must not cut a narrow bin."""
    return np.histogram(centres, bins=edges, weights=values)[0]


def window_edges(name: str, window: str) -> tuple[np.ndarray, np.ndarray]:
    """Edges [PE], [µs] of a named window of a data set; InputError where there is none."""
    if name not in DATASETS:
        raise unknown_name("data set", name, DATASETS)
    windows = load_toml("datasets", name)["windows"]
    if window not in windows:
        raise unknown_name("window", window, windows)
    return bin_edges(windows[window]["pe"]), bin_edges(windows[window]["time_us"])


def _neutrons(spec: dict, detector: Experiment, pe_edges: np.ndarray) -> np.ndarray:
    """Neutrons per energy bin: rate × exposure × acceptance at the centres of 1-PE bins."""
    columns = load_table(spec["neutrons"]).columns
    accepted = jax.vmap(detector.response.efficiency.at)(jnp.asarray(columns["pe"]))
    return rebin(columns["pe"], columns["rate"] * spec["beam_gwh"] * np.asarray(accepted), pe_edges)


@kept
def _energy_spectra(
    detector: Experiment, pe_edges: tuple, conventions: Conventions, radius_fm: float | None
) -> Spectra:
    """Neutrinos per energy bin by component, compiled as one."""
    recoils = accepted_recoils(detector.response, np.array(pe_edges))
    return neutrino_spectra(detector, recoils, conventions, radius_fm)


@kept_value
def load_dataset(
    name: str,
    window: str = "no-cuts",
    conventions: Conventions = DMJAX,
    radius_fm: float | None = None,
) -> Dataset:
    """A published data set with its neutrino and neutron predictions in a named window.

    Args:
        name: "csi2017".
        window: "cuts" (16 ≤ PE < 30, t < 1.5 µs), "no-cuts" (6 ≤ PE < 32, t < 6 µs), "spectrum"
            (6 ≤ PE < 40, t < 1.5 µs) or "all-recoils" (6 ≤ PE < 50, t < 6 µs).
        conventions: profile for the neutrino prediction.
        radius_fm: one rms radius for CEvNS [fm] in place of the profile's.

    >>> data = load_dataset("csi2017", "cuts")
    >>> int(data.on.sum()), int(data.off.sum())
    (97, 49)
    """
    pe_edges, time_edges = window_edges(name, window)
    spec, detector = load_toml("datasets", name), exposure(name)
    if radius_fm is not None and not 2.7 < radius_fm < 20.0:
        raise InputError(f"the nuclear radius must lie in 2.7-20 fm, got {radius_fm}")
    on, off = table_counts(spec["counts"], pe_edges, time_edges)
    spectra = _energy_spectra(detector, tuple(pe_edges.tolist()), conventions, radius_fm)
    prompt, delayed = spectra["prompt"], spectra["delayed"]
    times = load_table(spec["times"]).columns
    prompt_t, delayed_t, neutron_t = (
        jnp.asarray(rebin(times["time"], times[key], time_edges), prompt.dtype)
        for key in ("prompt", "delayed", "neutron")
    )
    neutrons = jnp.asarray(_neutrons(spec, detector, pe_edges), prompt.dtype)
    return Dataset(
        name=name,
        window=window,
        experiment=detector,
        pe_edges=pe_edges,
        time_edges=time_edges,
        on=on,
        off=off,
        prompt=jnp.outer(prompt, prompt_t),
        delayed=jnp.outer(delayed, delayed_t),
        neutrons=jnp.outer(neutrons, neutron_t),
        sigma_alpha=spec["sigma_alpha"],
        conventions=conventions,
        radius_fm=radius_fm,
    )
