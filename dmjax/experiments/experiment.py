"""The description of one detector at one beam."""

from typing import NamedTuple

import equinox as eqx
import numpy as np
from jaxtyping import Array, Float

from dmjax.experiments.backgrounds import Background
from dmjax.flux import Beam
from dmjax.nuclei import Nucleus
from dmjax.response import Response
from dmjax.sources import StoppedPionNeutrinos
from dmjax.timing import AbstractPulse

Scalar = Float[Array, ""]


class Selection(NamedTuple):
    """The window of an analysis in true recoil energy [keV] and time [µs]; None: open.

    `more_us`: (start, stop) of later windows in time, which an analysis may add.
    """

    recoil_min_kev: float
    recoil_max_kev: float | None
    time_min_us: float
    time_max_us: float
    more_us: tuple[tuple[float, float], ...] = ()


class Experiment(eqx.Module):
    """A detector at a beam; every leaf can be varied, batched or differentiated.

    Attributes:
        beam: parents of V.
        neutrinos: stopped-pion neutrinos.
        pulse: arrival time of light.
        nuclei: target nuclei.
        nuclei_per_kg: of each nucleus, isotopic abundance applied [1/kg].
        electrons_per_kg: [1/kg].
        mass_kg, distance_m, pot: detector mass [kg], distance [m], protons on target.
        single_radius: rms radius for all nuclei in `d20` conventions [fm].
        response: quenching, light yield, resolution, efficiency.
        slices: (energy bins, slices) share of recoils in each slice of a pulse-shape variable
            at given energy, or None.
        name: preset name, or the path of a user's file.
        recoil: "nucleus" or "electron".
        edges, time_edges: native bins in the observable and in time [µs], as tuples.
        selection: cuts of the published analysis.
        backgrounds: all but neutrinos; see `in_scenario`.
        years: of operation that `pot` takes, of 5000 h each, as the file says.
        signal_error: relative systematic uncertainty of every signal-like yield.
    """

    beam: Beam
    neutrinos: StoppedPionNeutrinos
    pulse: AbstractPulse
    nuclei: tuple[Nucleus, ...]
    nuclei_per_kg: Float[Array, " nuclei"]
    electrons_per_kg: Scalar
    mass_kg: Scalar
    distance_m: Scalar
    pot: Scalar
    single_radius: Scalar
    response: Response
    slices: Float[Array, "bins slices"] | None
    backgrounds: tuple[Background, ...]
    years: Scalar
    name: str = eqx.field(static=True)
    recoil: str = eqx.field(static=True)
    edges: tuple[float, ...] = eqx.field(static=True)
    time_edges: tuple[float, ...] = eqx.field(static=True)
    selection: Selection = eqx.field(static=True)
    signal_error: float = eqx.field(static=True)


def bin_edges(spec: dict[str, float] | list[float]) -> np.ndarray:
    """Edges from a list or from {start, stop, width}.

    >>> bin_edges({"start": 0.0, "stop": 1.5, "width": 0.5}).tolist()
    [0.0, 0.5, 1.0, 1.5]
    """
    if isinstance(spec, list):
        return np.array(spec, float)
    count = round((spec["stop"] - spec["start"]) / spec["width"])
    return spec["start"] + spec["width"] * np.arange(count + 1.0)


def slice_counts(
    slices: Float[Array, "energy slices"], counts: Float[Array, "energy time"]
) -> Float[Array, "energy slices time"]:
    """Counts in (energy, slice, time) from counts in (energy, time): n_et P(slice | energy).

    Args:
        slices: conditional shares in the same energy bins, e.g. `Experiment.slices`.
        counts: events of nuclear recoils.
    """
    return counts[:, None, :] * slices[:, :, None]
