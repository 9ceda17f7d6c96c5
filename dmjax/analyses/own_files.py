"""A data set of one's own, read from its file and the tables beside it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import ArrayLike

from dmjax.analyses.ingredients import with_exposure
from dmjax.analyses.own_layout import check_dataset
from dmjax.analyses.own_tables import Axis, binned, whole
from dmjax.data import available
from dmjax.errors import InputError
from dmjax.experiments import Experiment, experiment
from dmjax.experiments.experiment import bin_edges
from dmjax.experiments.files import Description, described
from dmjax.experiments.schema import check_distance, check_reach
from dmjax.prediction.search import Search, search


class Rate(NamedTuple):
    """A background as it is described.

    Attributes:
        name: of the component.
        shape: counts per bin, of any sum.
        events: in all bins; where a free rate starts.
        error: relative; None: known exactly.
        free: not constrained at all.
        alternates: nuisances known at their two sides.
        constraint: of its number; None: by the size of the error.
        moved: nuisance → counts at its knots, (knots, bins), in the units of `shape`.
    """

    name: str
    shape: np.ndarray
    events: float
    error: float | None = None
    free: bool = False
    alternates: tuple[str, ...] = ()
    moved: Mapping[str, ArrayLike] = MappingProxyType({})
    constraint: str | None = None


class OwnData(NamedTuple):
    """A data set read from its file.

    Attributes:
        name: of the data set.
        search: the detector in its bins and exposure.
        axes: of the bins, time last.
        on, off: counts, (bins,); off is None without an off measurement.
        backgrounds: all but predicted neutrinos.
        nuisances: as the file has them.
        neutrinos, neutrino_error, clock_us: see docs/datasets.md.
    """

    name: str
    search: Search
    axes: tuple[Axis, ...]
    on: np.ndarray
    off: np.ndarray | None
    backgrounds: tuple[Rate, ...]
    nuisances: tuple[dict[str, Any], ...]
    neutrinos: str
    neutrino_error: float | None
    clock_us: float | None


def read_own(path: str) -> OwnData:
    """The checked content of a data-set file and its tables."""
    origin = described(path)
    spec = origin.spec
    if "dataset" not in spec and "target" in spec:
        raise InputError(
            f"{path} describes a detector, which has no counts: ask for its expected limit, or "
            "name it as detector = ... in the file of a data set"
        )
    check_dataset(path, spec)
    if spec["dataset"] in available("datasets"):
        raise InputError(
            f"{path}: dataset = '{spec['dataset']}' is a shipped data set: give another name"
        )
    detector = _detector(origin)
    axes = _axes(path, spec.get("axes", {}), detector)
    setting = search(detector, axes[0].edges, axes[-1].edges, sliced=len(axes) == 3)
    on = whole(origin, "counts", spec["counts"], axes)
    off = spec.get("off_counts")
    return OwnData(
        name=spec["dataset"],
        search=setting,
        axes=axes,
        on=on,
        off=None if off is None else whole(origin, "off_counts", off, axes),
        backgrounds=tuple(_rate(origin, one, axes, on) for one in spec.get("background", [])),
        nuisances=tuple(spec.get("nuisance", [])),
        neutrinos=spec.get("neutrinos", "predicted"),
        neutrino_error=spec.get("neutrino_error"),
        clock_us=spec.get("clock_us"),
    )


def _detector(origin: Description) -> Experiment:
    """The detector with the exposure of the data set."""
    named = origin.spec["detector"]
    if named.endswith(".toml") and origin.folder is not None:
        named = str(origin.folder / named)
    try:
        found = experiment(named)
    except InputError as problem:
        raise InputError(f"{origin.label}: detector: {problem}") from None
    exposed = with_exposure(found, origin.spec)
    if "distance_m" in origin.spec or "mass_kg" in origin.spec:
        place = float(exposed.mass_kg), float(exposed.distance_m)
        check_distance(origin.label, "distance_m", *place)
    return exposed


def _axes(file: str, spec: dict[str, Any], detector: Experiment) -> tuple[Axis, ...]:
    if "energy" in spec:
        check_reach(file, "axes.energy", spec["energy"])
    native = {"energy": detector.edges, "time_us": detector.time_edges}
    chosen = {
        name: bin_edges(spec[name]) if name in spec else np.asarray(native[name], float)
        for name in native
    }
    axes = [Axis("energy", chosen["energy"]), Axis("time_us", chosen["time_us"])]
    if "slices" in spec:
        edges = bin_edges(spec["slices"])
        bins = (len(chosen["energy"]) - 1, len(edges) - 1)
        held = None if detector.slices is None else tuple(detector.slices.shape)
        if bins != held:
            has = "no slices" if held is None else f"{held[0]} energy bins of {held[1]} slices"
            raise InputError(
                f"{file}: axes.slices: {bins[0]} energy bins of {bins[1]} slices do not fit the "
                f"detector, which has {has}"
            )
        axes.insert(1, Axis("slices", edges))
    return tuple(axes)


def _rate(origin: Description, spec: dict, axes: tuple[Axis, ...], on: np.ndarray) -> Rate:
    key = f"background '{spec['name']}'"

    def table(kind: str, named: str) -> np.ndarray:
        return binned(origin, f"{key}: {kind}", named, axes)

    shape = table("shape", spec["shape"])
    if not shape.sum() > 0:
        raise InputError(f"{origin.label}: {key}: shape: {spec['shape']} has no events in any bin")
    moved = {}
    for one in spec.get("alternates", []):
        up = table("up", one["up"])
        mirrored = np.clip(2.0 * shape - up, 0.0, None)
        down = table("down", one["down"]) if "down" in one else mirrored
        moved[one["nuisance"]] = np.stack([down, shape, up])
    free = spec.get("free", False)
    start = spec.get("events", max(float(on.sum()), 1.0))
    return Rate(
        spec["name"],
        shape,
        start,
        spec.get("error"),
        free,
        tuple(moved),
        moved,
        spec.get("constraint"),
    )
