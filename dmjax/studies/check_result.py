"""What `check` gives: everything that a detector sees of known things, and what looks wrong."""

import math
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from dmjax._version import __version__
from dmjax.store.fields import arrays, column, number
from dmjax.store.result import AbstractResult, container

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@container
class CheckResult(AbstractResult):
    """A detector before any search: response, backgrounds, warnings.

    Attributes:
        experiment, title, beam: name, title of its file, title of its beam.
        recoil: "nucleus" or "electron"; observable: "pe", "keVee" or "keV".
        nuclei: isotope → share of all nuclei.
        mass_kg, distance_m, angle_deg, pot, years: geometry and exposure.
        neutrinos_per_pot: per flavour.
        events: neutrino component, steady state, neutrons, … → events in all bins.
        kinds: the same names → "neutrino", "steady" or "beam".
        errors: the same names → relative error of the file.
        recoil_kev: recoil energies at which the response is given [keV].
        mean: mean observable there.
        light_kevee: electron-equivalent energy there [keVee].
        accepted: share that is recorded in the bins and selected there.
        threshold_kev: lowest recoil of which half as many are accepted as at most; None: none.
        energy_edges, time_edges_us: bins, in the observable and in µs.
        background_counts: name → (energy, time) events.
        assumed: dotted keys of detector and beam file ("beam: …") that are not published.
        warnings: what looks unphysical or forgotten, a line each.
        configuration, version: as of every result.
    """

    kind: ClassVar[str] = "check"
    axis: ClassVar[str] = "recoil_kev"

    experiment: str
    title: str
    beam: str
    recoil: str
    observable: str
    nuclei: dict[str, float] = number("1")
    mass_kg: float = number("kg")
    distance_m: float = number("m")
    angle_deg: float = number("deg")
    pot: float = number("1")
    years: float = number("1")
    neutrinos_per_pot: float = number("1")
    events: dict[str, float] = number("1")
    kinds: dict[str, str]
    errors: dict[str, float] = number("1")
    recoil_kev: np.ndarray = column("recoil_kev", unit="keV")
    mean: np.ndarray = column("recoil_kev", unit="1")
    light_kevee: np.ndarray = column("recoil_kev", unit="keV")
    accepted: np.ndarray = column("recoil_kev", unit="1")
    threshold_kev: float | None = number("keV", empty=math.nan)
    energy_edges: np.ndarray = column("energy_edges", unit="1", edges_of="energy")
    time_edges_us: np.ndarray = column("time_edges_us", unit="us", edges_of="time")
    background_counts: dict[str, np.ndarray] = arrays(
        "energy", "time", group="background_counts", unit="1"
    )
    assumed: list[str]
    warnings: list[str]
    configuration: dict
    version: str = __version__

    def plot(self) -> "Figure":
        """Response and efficiency against recoil; backgrounds in the observable and in time."""
        from dmjax.plots.check import plot_check

        return plot_check(self)
