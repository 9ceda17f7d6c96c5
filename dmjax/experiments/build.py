"""Modules from the sections of a description file."""

from typing import Any

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

import dmjax.timing as timing
from dmjax.constants import BR_PI0_TWO_PHOTONS, M_PI0
from dmjax.data import Table
from dmjax.errors import InputError
from dmjax.experiments.files import Description, named_table
from dmjax.experiments.rules import complaint
from dmjax.experiments.schema import check_weights
from dmjax.flux import Beam
from dmjax.nuclei import Nucleus, atomic_mass, nucleus
from dmjax.response import (
    AbstractEfficiency,
    Constant,
    ExponentialTime,
    Flat,
    Gamma,
    Gaussian,
    Linear,
    LogLog,
    Poisson,
    Polynomial,
    Response,
    ShiftedSigmoid,
    SteppedSigmoid,
    Tabulated,
    Unquenched,
)
from dmjax.sources import NeutralMesons, StoppedPions, doppler_table
from dmjax.sources.cascade import cascade_photons
from dmjax.units import AVOGADRO, MEV_PER_DALTON

QUENCHING = {"none": Unquenched, "constant": Constant, "linear": Linear, "polynomial": Polynomial}
RESOLUTION = {"poisson": Poisson, "gamma": Gamma, "gaussian": Gaussian}
EFFICIENCY = {
    "flat": Flat,
    "stepped-sigmoid": SteppedSigmoid,
    "shifted-sigmoid": ShiftedSigmoid,
    "log-log": LogLog,
}
PULSES = {
    "gaussian": "GaussianPulse",
    "box": "box_pulse",
    "triangular": "triangular_pulse",
    "double": "double_pulse",
    "tabulated": "tabulated_pulse",
}
GOLDEN = 0.5 * (5.0**0.5 - 1.0)


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


def make_target(detector: Description) -> tuple[tuple[Nucleus, ...], Array, Array]:
    """Nuclei, their number per kg and the electrons per kg, from atoms per formula unit."""
    formula = detector.spec["target"]
    try:
        nuclei = tuple(nucleus(name) for name in formula)
    except InputError as error:
        raise InputError(f"{detector.label}: target: {error}") from None
    masses = {name: atomic_mass(name) / MEV_PER_DALTON for name in formula}
    per_kg = 1e3 * AVOGADRO / sum(count * masses[name] for name, count in formula.items())
    electrons = sum(count * n.z for n, count in zip(nuclei, formula.values(), strict=True))
    return nuclei, leaf([per_kg * count for count in formula.values()]), leaf(per_kg * electrons)


def isotropic_tables(tables: dict[str, Table]) -> dict[str, Table]:
    """Meson tables with their directions spread evenly over the sphere (isotropic average).

    Each cell becomes four in equal steps of cosθ, shifted from cell to cell, in order of energy, by
    the golden ratio. Seen at 90° the flux is the average over the sphere within 0.1 %.
    """

    def spread(table: Table) -> Table:
        cells = {key: np.repeat(values, 4) for key, values in table.columns.items()}
        energy = table.columns["kinetic_energy"]
        shift = np.empty_like(energy)
        shift[np.argsort(energy)] = (np.arange(len(energy)) + 0.5) * GOLDEN % 1.0
        cosine = (0.5 * (np.arange(4.0) + shift[:, None]) - 1.0).ravel()
        return Table(table.meta, cells | {"cos_theta": cosine, "weight": 0.25 * cells["weight"]})

    return {key: spread(t) if "cos_theta" in t.columns else t for key, t in tables.items()}


def make_beam(spec: dict[str, Any], tables: dict[str, Table], angle: float) -> Beam:
    """Parents of a beam as seen at `angle` [rad]."""
    cells, spectrum = tables["pi0"].columns, tables["cascade"].columns
    mesons = NeutralMesons(
        leaf(M_PI0),
        leaf(BR_PI0_TWO_PHOTONS),
        leaf(spec["pi0"]["per_pot"]),
        *(leaf(cells[key]) for key in ("kinetic_energy", "cos_theta", "weight")),
    )
    captures = spec["piminus"]
    pions = StoppedPions(
        leaf(captures["captured_per_pot"] + captures["inelastic_per_pot"]),
        leaf(captures["radiative_fraction"]),
        leaf(captures["radiative_fraction_error"]),
    )
    photons = cascade_photons(spectrum["energy"], spectrum["photons"])
    doppler = doppler_table(mesons, angle)
    # E = E'/g with E' ≤ m_π/2 for any m_V, and E ≤ E_γ in the cascade.
    fastest = 0.5 * M_PI0 / float(np.exp(doppler.log_g_min + 2.0 * doppler.step_log_g))
    return Beam(mesons, doppler, pions, photons, leaf(max(fastest, float(photons.edges[-1]))))
