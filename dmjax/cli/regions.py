"""`dmjax regions`."""

from pathlib import Path
from typing import TYPE_CHECKING

from dmjax.cli.common import begin, emit, fail, report, show
from dmjax.cli.limit import KEPT
from dmjax.cli.progress import Progress
from dmjax.studies.answer_settings import RegionSettings

if TYPE_CHECKING:
    from dmjax.studies.regions import RegionResult

ABOUT = """Regions of (m_V, coupling): likelihood (Wilks, 2 degrees of freedom) or Feldman-Cousins.

With --method fc toys are thrown at every point of the grid and fitted over the whole plane. dmjax
plot draws the saved result.
"""


def regions(settings: RegionSettings, json: bool, out: Path | None, quiet: bool) -> None:
    """Run it and print it."""
    begin(out)
    from dmjax.studies.regions import run_regions

    with Progress("predicting the signal", KEPT, quiet) as progress:
        found = run_regions(settings, out, progress)
    if report(found, out, json, quiet):
        show_regions(found)
    if found.status != "converged":
        fail(found.status)


def show_regions(found: "RegionResult") -> None:
    """At each mass, the couplings inside each region."""
    headers = ["m_V [MeV]", *(f"{found.quantity} at {level:.4g} C.L." for level in found.levels)]
    rows = []
    for mass, p in zip(found.m_v, found.p_value, strict=True):
        cells = [_span(found, p > 1.0 - level) for level in found.levels]
        rows.append([f"{mass:.4g}", *cells])
    how = "-2 Delta ln L, Wilks, 2 degrees of freedom"
    if found.method == "fc":
        how = f"Feldman-Cousins, {found.toys} toys per point, {found.failed} failed in all"
    show(f"{', '.join(found.datasets)}, {found.signal['model']}: {how}", headers, rows)
    emit(
        f"best point: m_V = {found.best_m_v:.4g} MeV, {found.quantity} = {found.best_coupling:.3g}"
        f" ({found.best_events:.3g} events)"
    )
    error = f" +- {found.p_null_error:.2g}" if found.p_null_error > 0 else ""
    emit(f"no signal: -2 Delta ln L = {found.null:.3g}, p = {found.p_null:.3g}{error}")


def _span(found: "RegionResult", inside) -> str:
    """First and last coupling of the grid inside a region; an open end where it is the grid's."""
    if not inside.any():
        return "none"
    held = found.coupling[inside]
    low = "0" if inside[0] else f"{held[0]:.2g}"
    high = "..." if inside[-1] else f"{held[-1]:.2g}"
    return f"{low} to {high}"
