"""The description of one detector at one beam."""

import equinox as eqx
import numpy as np
from jaxtyping import Array, Float

from dmjax.flux import Beam
from dmjax.nuclei import Nucleus
from dmjax.response import LightResponse
from dmjax.sources import StoppedPionNeutrinos
from dmjax.timing import AbstractPulse

Scalar = Float[Array, ""]


class Experiment(eqx.Module):
    """A detector at a beam; every leaf can be varied, batched or differentiated.

    Attributes:
        beam: parents of V.
        neutrinos: stopped-pion neutrinos.
        pulse: arrival time of light.
        nuclei: target nuclei, each present once per formula unit.
        formula_units_per_kg: [1/kg].
        nuclei_per_kg: of each of `nuclei` [1/kg].
        electrons_per_kg: [1/kg].
        mass_kg, distance_m, pot: detector mass [kg], distance [m], protons on target.
        single_radius: rms radius for all nuclei in `d20` conventions [fm].
        response: light yield, quenching, acceptance.
        name: preset name.
        recoil: what the detector records: "nucleus" or "electron".
        pe_edges, time_edges: native bins [PE], [µs], as tuples.
    """

    beam: Beam
    neutrinos: StoppedPionNeutrinos
    pulse: AbstractPulse
    nuclei: tuple[Nucleus, ...]
    formula_units_per_kg: Scalar
    nuclei_per_kg: Float[Array, " nuclei"]
    electrons_per_kg: Scalar
    mass_kg: Scalar
    distance_m: Scalar
    pot: Scalar
    single_radius: Scalar
    response: LightResponse
    name: str = eqx.field(static=True)
    recoil: str = eqx.field(static=True)
    pe_edges: tuple[float, ...] = eqx.field(static=True)
    time_edges: tuple[float, ...] = eqx.field(static=True)


def bin_edges(spec: dict[str, float]) -> np.ndarray:
    """Edges from {start, stop, width}."""
    count = round((spec["stop"] - spec["start"]) / spec["width"])
    return spec["start"] + spec["width"] * np.arange(count + 1.0)
