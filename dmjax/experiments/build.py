"""Modules from the sections of a description file."""

from typing import Any

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

import dmjax.timing as timing
from dmjax.constants import BR_ETA_TWO_PHOTONS, BR_PI0_TWO_PHOTONS, M_ETA, M_PI0
from dmjax.data import Table, available, load_table
from dmjax.errors import InputError
from dmjax.experiments.files import Description, named_table
from dmjax.experiments.schema import check_weights
from dmjax.flux import (
    AbstractChannel,
    Beam,
    Cascade,
    ChargeExchange,
    PionCapture,
    make_beam,
    mesons_in_flight,
)
from dmjax.flux.mesons import ETA
from dmjax.nuclei import Target, target_nuclei
from dmjax.nuclei.isotopes import electrons_per_kg
from dmjax.response import (
    AbstractEfficiency,
    Constant,
    ErrorFunction,
    ExponentialTime,
    Flat,
    Gamma,
    Gaussian,
    Lindhard,
    Linear,
    LogLog,
    Measured,
    Noise,
    Poisson,
    Polynomial,
    Response,
    ShiftedSigmoid,
    SteppedSigmoid,
    Tabulated,
    Threshold,
    Unquenched,
)
from dmjax.schema import complaint, unknown
from dmjax.sources import NeutralMesons, StoppedPionNeutrinos, StoppedPions
from dmjax.sources.cascade import cascade_photons
from dmjax.sources.neutrinos import inflight_spectrum, stopped_pion_neutrinos, tabulated_times

QUENCHING = {
    "none": Unquenched,
    "constant": Constant,
    "linear": Linear,
    "polynomial": Polynomial,
    "points": Measured,
    "lindhard": Lindhard,
}
RESOLUTION = {"poisson": Poisson, "gamma": Gamma, "gaussian": Gaussian, "noise": Noise}
EFFICIENCY = {
    "flat": Flat,
    "threshold": Threshold,
    "stepped-sigmoid": SteppedSigmoid,
    "shifted-sigmoid": ShiftedSigmoid,
    "error-function": ErrorFunction,
    "points": Tabulated,
    "log-log": LogLog,
}
PULSES = {
    "gaussian": "GaussianPulse",
    "box": "box_pulse",
    "triangular": "triangular_pulse",
    "double": "double_pulse",
    "tabulated": "tabulated_pulse",
}


def leaf(value: float | list[float] | np.ndarray) -> Array:
    """A number or a list as an array leaf in JAX's current precision."""
    return jnp.asarray(value, float)


def _leaves(spec: dict[str, Any], *without: str) -> dict[str, Array]:
    return {key: leaf(value) for key, value in spec.items() if key not in ("kind", *without)}


def make_pulse(spec: dict[str, Any]) -> timing.AbstractPulse:
    """A pulse from its kind and its numbers [µs]."""
    numbers = {key.removesuffix("_us"): value for key, value in _leaves(spec).items()}
    return getattr(timing, PULSES[spec["kind"]])(**numbers)


def make_response(detector: Description) -> Response:
    """The response section; a tabulated efficiency reads its table."""
    spec = detector.spec["response"]
    spread, late = spec.get("resolution"), spec.get("time_efficiency")
    quenching = spec["quenching"]
    return Response(
        quenching=QUENCHING[quenching["kind"]](**_leaves(quenching)),
        light_yield=leaf(spec.get("light_yield", 1.0)),
        resolution=RESOLUTION[spread["kind"]](**_leaves(spread)) if spread else None,
        efficiency=_efficiency(detector),
        time_efficiency=ExponentialTime(leaf(late["start_us"]), leaf(late["rate_per_us"]))
        if late
        else None,
        observable=spec["observable"],
        efficiency_on=spec.get("efficiency_on", "observable"),
    )


def _efficiency(detector: Description) -> AbstractEfficiency:
    spec, key = detector.spec["response"]["efficiency"], "response.efficiency.table"
    if spec["kind"] != "tabulated":
        return EFFICIENCY[spec["kind"]](**_leaves(spec))
    table = named_table(detector, key, spec["table"])
    check_weights(detector.label, key, table, ("energy", "efficiency"), "efficiency")
    x, values = table.columns["energy"], table.columns["efficiency"]
    if np.any(np.diff(x) <= 0.0):
        raise InputError(f"{detector.label}: {key}: column 'energy' must be strictly increasing")
    if values.max() > 1.0:
        raise InputError(
            f"{detector.label}: {key}: column 'efficiency' reaches {values.max():g}: must be at "
            "most 1"
        )
    return Tabulated(leaf(x), leaf(values))


def make_slices(detector: Description, bins: int) -> Array | None:
    """Conditional shares (energy bins, slices) from a table (energy, f90, fraction), or None."""
    if "slices" not in detector.spec:
        return None
    key = "slices.table"
    table = named_table(detector, key, detector.spec["slices"]["table"])
    check_weights(detector.label, key, table, ("energy", "f90", "fraction"), "fraction")
    fraction = table.columns["fraction"]
    rows = len(np.unique(table.columns["energy"]))
    if rows != bins or fraction.size % rows:
        raise complaint(
            detector.label, key, detector.spec["slices"]["table"], f"a table of {bins} energy bins"
        )
    shares = fraction.reshape(rows, -1)
    total = shares.sum(1, keepdims=True)
    if not np.all(total > 0.0):
        raise InputError(f"{detector.label}: {key}: each energy bin needs a fraction above 0")
    return leaf(shares / total)


def make_target(detector: Description) -> Target:
    """Nuclei and electrons of the target; nuclei only where they recoil, as they need radii."""
    formula = detector.spec["target"]
    try:
        if detector.spec["detector"].get("recoil", "nucleus") == "electron":
            return Target((), np.zeros(0), electrons_per_kg(formula))
        return target_nuclei(formula)
    except InputError as error:
        raise InputError(f"{detector.label}: target: {error}") from None


INFLIGHT_COLUMNS = ("low", "high", "per_pot")
TIME_COLUMNS = ("time", "prompt", "delayed")


def _shipped_table(
    origin: Description, section: dict[str, Any], key: str, columns: tuple[str, ...]
) -> str | None:
    """The name of a shipped table that a section has under a key, with the columns; or None."""
    name = section.get(key)
    if name is None:
        return None
    fitting = [one for one in available("tables") if set(columns) <= set(load_table(one).columns)]
    if name not in fitting:
        raise unknown(origin.label, f"table in {key}:", name, fitting)
    return name


def make_neutrinos(
    detector: Description, beam: Description, pulse: timing.AbstractPulse
) -> StoppedPionNeutrinos:
    """Neutrinos of the beam; a detector may replace their number and their measured times."""
    spec = beam.spec["neutrinos"]
    flight = _shipped_table(beam, spec, "inflight_table", INFLIGHT_COLUMNS)
    measured = _shipped_table(detector, detector.spec, "neutrino_times", TIME_COLUMNS)
    return stopped_pion_neutrinos(
        detector.spec.get("neutrinos", spec)["per_pot"],
        pulse,
        kaons_per_pot=spec.get("kaon_per_pot", 0.0),
        inflight=inflight_spectrum(flight) if flight else None,
        times=tabulated_times(measured) if measured else None,
    )


def _mesons(
    spec: dict[str, Any], table: Table, mass: float, branching: float, kind: str = "pi0"
) -> NeutralMesons:
    cells = (table.columns[key] for key in ("kinetic_energy", "cos_theta", "weight"))
    numbers = (mass, branching, spec["per_pot"], spec.get("per_pot_error", 0.0))
    return NeutralMesons(*map(leaf, numbers), *map(leaf, cells), kind=kind)


def _at_rest(per_pot: float) -> NeutralMesons:
    zero, one = leaf(np.zeros(1)), leaf(np.ones(1))
    numbers = (M_PI0, BR_PI0_TWO_PHOTONS, per_pot, 0.0)
    return NeutralMesons(*map(leaf, numbers), kinetic_energy=zero, cos_theta=one, weight=one)


def read_parents(spec: dict[str, Any], tables: dict[str, Table], angle: float | None) -> Beam:
    """Channels of a beam as seen at `angle` [rad]; None: averaged over all directions."""
    captures, spectrum = spec["piminus"], tables["cascade"].columns
    pions = StoppedPions(
        leaf(captures["captured_per_pot"] + captures["inelastic_per_pot"]),
        leaf(captures["radiative_fraction"]),
        leaf(captures["radiative_fraction_error"]),
    )
    photons = spectrum["photons"] * spec["cascade"].get("factor", 1.0)
    pi0 = _mesons(spec["pi0"], tables["pi0"], M_PI0, BR_PI0_TWO_PHOTONS)
    channels: dict[str, AbstractChannel] = {
        "pi0": mesons_in_flight(pi0, angle),
        "piminus": PionCapture(pions),
        "cascade": Cascade(cascade_photons(spectrum["energy"], photons)),
    }
    if "exchange" in spec:
        channels["exchange"] = ChargeExchange(_at_rest(spec["exchange"]["per_pot"]))
    if "eta" in spec:
        eta = _mesons(spec["eta"], tables["eta"], M_ETA, BR_ETA_TWO_PHOTONS, "eta")
        channels["eta"] = mesons_in_flight(eta, angle, nuisance=ETA)
    return make_beam(channels, angle)
