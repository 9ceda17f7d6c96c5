"""`dmjax relic`."""

from pathlib import Path
from typing import TYPE_CHECKING

from dmjax.cli.common import begin, emit, report, show
from dmjax.studies.relic_settings import RelicSettings

if TYPE_CHECKING:
    from dmjax.studies.relic import RelicResult

ABOUT = """The thermal target: the coupling that gives dark matter its density, against m_chi.

Annihilation through V into leptons, neutrinos and hadrons, for m_V > 2 m_chi + splitting; below,
chi chi -> V V takes over, which is not computed. Dark matter from 1 MeV to 1 GeV.
"""


def relic(settings: RelicSettings, json: bool, out: Path | None, quiet: bool) -> None:
    """Run it and print it."""
    begin(out)
    from dmjax.studies.relic import run_relic

    found = run_relic(settings)
    if report(found, out, json, quiet):
        show_relic(found)


def show_relic(found: "RelicResult") -> None:
    """A row for each mass."""
    columns = {
        "m_chi [MeV]": [f"{m:.4g}" for m in found.m_chi],
        found.quantity: [f"{x:.4g}" for x in found.coupling],
        "y": [f"{x:.4g}" for x in found.y],
        "error": [f"{100.0 * x:.0f} %" for x in found.relative_error],
        "CMB: y <": [f"{x:.3g}" for x in found.cmb_y],
        "status": found.status,
    }
    signal = found.signal
    title = f"Omega h^2 = {found.omega_h2:g}: {signal['model']} ({signal['dm']}), alpha_D = "
    title += f"{signal['alpha_d']:g}, m_V/m_chi = {signal['mass_ratio']:g}"
    show(title, list(columns), [list(row) for row in zip(*columns.values(), strict=True)])
    for line in found.caveats:
        emit(f"note: {line}")
