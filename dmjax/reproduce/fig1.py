"""Fig. 1 of arXiv:2006.09386: kinetic energy and angle of π⁰ at the three beams."""

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from dmjax.conventions import D20, Conventions
from dmjax.data import load_table
from dmjax.reproduce.made import Check, Made, said
from dmjax.reproduce.panels import blank

BEAMS = {"sns": ("COHERENT", "#b2182b"), "mlf": ("JSNS2", "#1b7837"), "lujan": ("CCM", "#2166ac")}
ENERGY, ANGLE = np.linspace(0.0, 1200.0, 49), np.linspace(0.0, 180.0, 19)
"""Edges of the bins [MeV, degrees]."""

NOTE = (
    "From the tables of pi0 that dmjax carries: those of the paper's own simulation as means of "
    "2048 or 4096 cells, which is coarser than the printed histograms at high energy. Peaks near "
    "50 MeV, the harder and more forward spectrum of JSNS2, and the flat angles of the other two "
    "between 25 and 100 degrees are as printed. The maximum of JSNS2 is broad, from 20 to 45 "
    "degrees."
)


def make(conventions: Conventions = D20) -> Made:
    """Both spectra of every beam, and what the paper says of them.

    Args:
        conventions: not used: a table of inputs.
    """
    found = {beam: _spectra(beam) for beam in BEAMS}
    rows: list[dict[str, Any]] = [
        {"beam": beam, "quantity": name, "low": edges[i], "high": edges[i + 1], "share": share}
        for beam, spectra in found.items()
        for name, edges in (("kinetic_energy_mev", ENERGY), ("angle_deg", ANGLE))
        for i, share in enumerate(spectra[name])
    ]
    return Made(found, rows, _draw(found), _checks(found), NOTE)


def _spectra(beam: str) -> dict[str, np.ndarray]:
    columns = load_table(f"pi0_{beam}").columns
    angle = np.degrees(np.arccos(columns["cos_theta"]))
    pairs = {"kinetic_energy_mev": (columns["kinetic_energy"], ENERGY), "angle_deg": (angle, ANGLE)}
    return {
        name: np.histogram(values, edges, weights=columns["weight"])[0]
        for name, (values, edges) in pairs.items()
    }


def _checks(found: dict[str, dict[str, np.ndarray]]) -> tuple[Check, ...]:
    checks = []
    for beam, (name, _) in BEAMS.items():
        peak = ENERGY[np.argmax(found[beam]["kinetic_energy_mev"])] + 0.5 * (ENERGY[1] - ENERGY[0])
        about = 20.0 <= peak <= 90.0
        checks.append(said(f"{name}: peak of the kinetic energy [MeV]", "around 50", peak, about))
    forward = {beam: float(found[beam]["angle_deg"][ANGLE[:-1] < 60.0].sum()) for beam in BEAMS}
    peak = ANGLE[np.argmax(found["mlf"]["angle_deg"])] + 0.5 * (ANGLE[1] - ANGLE[0])
    most = max(forward, key=lambda beam: forward[beam]) == "mlf"
    checks.append(said("JSNS2: share below 60 degrees", "most forward", forward["mlf"], most))
    checks.append(said("JSNS2: peak of the angle [degrees]", "around 25", peak, 17 < peak < 33))
    inside = (ANGLE[:-1] >= 20.0) & (ANGLE[1:] <= 100.0)
    for beam in ("sns", "lujan"):
        flat = found[beam]["angle_deg"][inside]
        spread = float(flat.max() / flat.min())
        what = f"{BEAMS[beam][0]}: largest over smallest bin, 20 to 100 degrees"
        checks.append(said(what, "more or less flat", spread, spread < 2.0))
    return tuple(checks)


def _draw(found: dict[str, dict[str, np.ndarray]]) -> Figure:
    figure, ((left, right),) = blank(1, 2, 3.0)
    for beam, (name, colour) in BEAMS.items():
        left.stairs(found[beam]["kinetic_energy_mev"], ENERGY, color=colour, label=name, lw=1.3)
        right.stairs(found[beam]["angle_deg"], ANGLE, color=colour, label=name, lw=1.3)
    left.set_yscale("log")
    left.set_xlabel(r"$\pi^0$ kinetic energy [MeV]", fontsize=8.5)
    right.set_xlabel(r"$\theta_{\pi^0}$ to the beam [degrees]", fontsize=8.5)
    left.set_ylabel("share / 25 MeV", fontsize=8.5)
    right.set_ylabel("share / 10 degrees", fontsize=8.5)
    left.legend(fontsize=7.5, frameon=False)
    figure.suptitle(r"arXiv:2006.09386 Fig. 1 by dmjax: primary $\pi^0$", fontsize=8.5)
    return figure
