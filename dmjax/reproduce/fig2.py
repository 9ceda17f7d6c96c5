"""Fig. 2 of arXiv:2006.09386, left: energies of photons by source at the three beams."""

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from dmjax.constants import M_NEUTRON, M_PI0, M_PION, M_PROTON
from dmjax.conventions import D20, Conventions
from dmjax.data import load_table, load_toml
from dmjax.reproduce.fig1 import BEAMS
from dmjax.reproduce.made import Check, Made, near
from dmjax.reproduce.panels import blank

EDGES = np.linspace(0.0, 600.0, 61)
"""Of the bins [MeV]."""

GAMMAS = {"pi0": ("#2166ac", r"$\pi^0\to\gamma\gamma$"), "cascade": ("#1b7837", r"$e^\pm$ cascade")}
CAPTURE = ((M_PROTON + M_PION) ** 2 - M_NEUTRON**2) / (2.0 * (M_PROTON + M_PION))
"""Energy [MeV] of the photon of π⁻ p → n γ at rest."""

NOTE = (
    "Photons of pi0 follow from the tables of pi0 (each isotropic in the pi0's frame, so uniform "
    "in energy between E(1 - beta)/2 and E(1 + beta)/2), the line of pi- capture from masses and "
    "Table 3, cascade photons are the paper's table. Photons below some MeV, which come from "
    "neutron capture and nuclei and make no dark matter that could be seen, and photons of the "
    "eta are not shown. The paper's text prints no number of this figure: the energy checked is "
    "the known one of the line, and the spectra stand as ours, with no verdict."
)
MISSING = (
    "a comparison of the spectra: no number of them is public",
    "angles of photons: the public tables hold none, so V of the cascade is taken isotropic",
    "photons of neutron capture and nuclei",
)


def make(conventions: Conventions = D20) -> Made:
    """Photons per proton and 10 MeV at every beam.

    Args:
        conventions: not used: a table of inputs.
    """
    found = {beam: {"pi0": _pi0(beam), "cascade": _cascade(beam)} for beam in BEAMS}
    rows: list[dict[str, Any]] = [
        {
            "beam": beam,
            "source": source,
            "low_mev": EDGES[i],
            "high_mev": EDGES[i + 1],
            "photons": n,
        }
        for beam, spectra in found.items()
        for source, spectrum in spectra.items()
        for i, n in enumerate(spectrum)
    ]
    return Made(found, rows, _draw(found), _checks(), NOTE, MISSING)


def _pi0(beam: str) -> np.ndarray:
    """Photons per proton of π⁰ → γγ in flight."""
    columns, per_pot = load_table(f"pi0_{beam}").columns, load_toml("beams", beam)["pi0"]["per_pot"]
    energy = columns["kinetic_energy"] + M_PI0
    momentum = np.sqrt(energy**2 - M_PI0**2)
    low, high = 0.5 * (energy - momentum), 0.5 * (energy + momentum)
    below = np.clip((EDGES[:, None] - low) / (high - low), 0.0, 1.0)
    return 2.0 * per_pot * np.diff(below @ columns["weight"])


def _cascade(beam: str) -> np.ndarray:
    """Photons per proton of e± cascades, spread evenly over the bins of the table."""
    columns = load_table(f"photons_{beam}").columns
    centres, step = columns["energy"], columns["energy"][1] - columns["energy"][0]
    below = np.clip((EDGES[:, None] - centres + 0.5 * step) / step, 0.0, 1.0)
    return np.diff(below @ columns["photons"])


def _checks() -> tuple[Check, ...]:
    """The one number that is known of the figure; the paper's text prints none."""
    return (near("energy of the photon of pi- p -> n gamma at rest [MeV]", 129.4, CAPTURE, 0.001),)


def _draw(found: dict[str, dict[str, np.ndarray]]) -> Figure:
    figure, (axes,) = blank(1, 3, 3.0)
    for one, (beam, (name, _)) in zip(axes, BEAMS.items(), strict=True):
        for source, (colour, text) in GAMMAS.items():
            one.stairs(found[beam][source], EDGES, color=colour, label=text, lw=1.3)
        spec = load_toml("beams", beam)["piminus"]
        captured = spec["captured_per_pot"] + spec["inelastic_per_pot"]
        one.plot([CAPTURE] * 2, [1e-6, captured], color="#e08214", label=r"$\pi^- p\to n\gamma$")
        one.set_yscale("log")
        one.set_ylim(1e-6, 100.0)
        one.set_xlim(EDGES[0], EDGES[-1])
        one.set_title(name, fontsize=8.5)
        one.set_xlabel("photon energy [MeV]", fontsize=8.5)
    axes[0].set_ylabel("photons / proton / 10 MeV", fontsize=8.5)
    axes[2].legend(fontsize=7, frameon=False)
    figure.suptitle("arXiv:2006.09386 Fig. 2 (left) by dmjax: photons by source", fontsize=8.5)
    return figure
