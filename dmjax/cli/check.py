"""`dmjax check`."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dmjax.cli.common import begin, check_out, emit, report, show
from dmjax.studies.settings import CheckSettings

if TYPE_CHECKING:
    from dmjax.studies.check_result import CheckResult

ABOUT = "What a detector sees: neutrinos, steady state, neutrons, response; and what looks wrong."
SHOWN = 9
"""Recoil energies in the table."""


def check(settings: CheckSettings, json: bool, out: Path | None, quiet: bool) -> None:
    """Run it and print it."""
    begin(out)
    if settings.figure is not None:
        check_out(settings.figure)
    from dmjax.studies.checking import run_check

    found = run_check(settings)
    if report(found, out, json, quiet):
        show_check(found)


def show_check(found: "CheckResult") -> None:
    """Tables of backgrounds and response, then what is assumed and what looks wrong."""
    material = ", ".join(f"{name} {100.0 * share:.3g} %" for name, share in found.nuclei.items())
    emit(f"{found.experiment}: {found.title}; {found.beam}")
    emit(
        f"{found.mass_kg:g} kg of {material or 'electrons'}; {found.distance_m:g} m, "
        f"{found.angle_deg:g} degrees; {found.pot:.4g} protons in {found.years:.3g} years of "
        f"5000 h; {found.neutrinos_per_pot:g} neutrinos per flavour and proton"
    )
    rows = [
        [name, found.kinds[name], f"{events:.4g}", f"{100.0 * found.errors[name]:.3g} %"]
        for name, events in found.events.items()
    ]
    ends = (found.energy_edges[0], found.energy_edges[-1], *found.time_edges_us[[0, -1]])
    where = f"{ends[0]:g}-{ends[1]:g} {found.observable}, {ends[2]:g}-{ends[3]:g} us"
    show(f"Expected events in {where}", ["", "kind", "events", "error"], rows)
    first = 0.2 * (found.threshold_kev or 0.0)
    start = int(np.searchsorted(found.recoil_kev, first))
    picked = np.linspace(start, len(found.recoil_kev) - 1, SHOWN).astype(int)
    columns = {
        "recoil [keV]": found.recoil_kev,
        "light [keVee]": found.light_kevee,
        f"mean [{found.observable}]": found.mean,
        "accepted": found.accepted,
    }
    if found.observable == "keV":
        del columns["light [keVee]"]
    rows = [[f"{column[i]:.3g}" for column in columns.values()] for i in picked]
    kind = "nuclear" if found.recoil == "nucleus" else found.recoil
    show(f"Response to {kind} recoils", list(columns), rows)
    if found.threshold_kev is not None:
        emit(f"half of the largest share is accepted at {found.threshold_kev:.3g} keV of recoil")
    if found.assumed:
        emit("assumed: " + ", ".join(found.assumed))
    for line in found.warnings:
        emit(f"warning: {line}")
