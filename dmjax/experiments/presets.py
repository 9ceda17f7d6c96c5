"""`experiment`: a shipped detector by name, or a user's by the path of its file."""

from functools import cache, lru_cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from dmjax.data import available
from dmjax.experiments.background_files import make_backgrounds
from dmjax.experiments.build import (
    leaf,
    make_neutrinos,
    make_pulse,
    make_response,
    make_slices,
    make_target,
    read_parents,
)
from dmjax.experiments.experiment import Experiment, Selection, bin_edges
from dmjax.experiments.files import Description, beam_tables, read_beam, read_detector
from dmjax.flux import Beam
from dmjax.nuclei import mean_charge_radius
from dmjax.programs import kept_value

EXPERIMENTS = tuple(available("experiments"))


def experiment(name_or_path: str, *, isotropic: bool = False) -> Experiment:
    """A shipped detector by name, or one described in a file of your own.

    Args:
        name_or_path: one of `EXPERIMENTS`, or a path that ends in .toml. Shipped ones are built
            once per float precision; a file is read again each time.
        isotropic: parents flown in all directions alike, as if averaged over detector positions.

    Returns:
        Experiment. Anything wrong in a file raises InputError: one line with file, key, value and
        rule.

    >>> experiment("coherent-csi").name
    'coherent-csi'
    """
    with jax.ensure_compile_time_eval():
        if name_or_path.endswith(".toml"):
            return _build(read_detector(name_or_path), name_or_path, isotropic)
        return _preset(name_or_path, isotropic, _precision())


def _precision() -> str:
    return str(jnp.result_type(float))


@cache
@kept_value
def _preset(name: str, isotropic: bool, precision: str) -> Experiment:
    return _build(read_detector(name), name, isotropic)


@lru_cache(maxsize=32)
def _shipped_beam(name: str, angle_deg: float, isotropic: bool, precision: str) -> Beam:
    beam = read_beam(Description(name, None, {"beam": name}))
    return _tabulate(beam, angle_deg, isotropic)


def _tabulate(beam: Description, angle_deg: float, isotropic: bool) -> Beam:
    angle = None if isotropic else float(np.radians(angle_deg))
    return read_parents(beam.spec, beam_tables(beam), angle)


def _beam(detector: Description, beam: Description, isotropic: bool) -> Beam:
    """The parents of a beam at the detector's angle; shipped ones are tabulated once."""
    angle_deg = 90.0 if isotropic else detector.spec["detector"]["angle_deg"]
    if beam.folder is None:
        return _shipped_beam(detector.spec["beam"], angle_deg, isotropic, _precision())
    return _tabulate(beam, angle_deg, isotropic)


def _build(detector: Description, name: str, isotropic: bool) -> Experiment:
    spec, beam = detector.spec, read_beam(detector)
    place, edges = spec["detector"], bin_edges(spec["bins"]["energy"])
    target = make_target(detector)
    time_edges = bin_edges(spec["bins"]["time_us"])
    pulse = make_pulse(spec.get("pulse", beam.spec["pulse"]))
    neutrinos = make_neutrinos(detector, beam, pulse)
    return Experiment(
        beam=_beam(detector, beam, isotropic),
        neutrinos=neutrinos,
        pulse=pulse,
        nuclei=target.nuclei,
        nuclei_per_kg=leaf(target.nuclei_per_kg),
        electrons_per_kg=leaf(target.electrons_per_kg),
        mass_kg=leaf(place["mass_kg"]),
        distance_m=leaf(place["distance_m"]),
        pot=leaf(place["pot"]),
        single_radius=leaf(place.get("single_radius_fm", mean_charge_radius(target))),
        response=make_response(detector),
        slices=make_slices(detector, len(edges) - 1),
        name=name,
        recoil=place.get("recoil", "nucleus"),
        edges=tuple(edges.tolist()),
        time_edges=tuple(time_edges.tolist()),
        selection=selection(spec["selection"]),
        backgrounds=make_backgrounds(detector, beam, (edges, time_edges), pulse, neutrinos),
        years=leaf(place.get("years", 1.0)),
        signal_error=place.get("signal_error", 0.0),
    )


def selection(spec: dict[str, Any]) -> Selection:
    """The cuts of a detector file; recoil and time are open below unless given."""
    return Selection(
        float(spec["recoil_min_kev"]),
        spec.get("recoil_max_kev"),
        float(spec.get("time_min_us", 0.0)),
        float(spec["time_max_us"]),
        tuple((float(one["start_us"]), float(one["stop_us"])) for one in spec.get("more", ())),
    )
