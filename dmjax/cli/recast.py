"""`dmjax recast`."""

from pathlib import Path
from typing import TYPE_CHECKING

from dmjax.cli.common import begin, emit, report, show
from dmjax.studies.curve_settings import RecastSettings

if TYPE_CHECKING:
    from dmjax.recast.curve import Curve

ABOUT = """A published limit for another model, spin, alpha_D, mass ratio, coupling or axis.

CURVE is a shipped one (dmjax info lists them), a description of your own (mine.toml, or
mine.toml:NAME), or a saved limit. Without options it is the curve as published. What the rules do
not cover is refused, or cut with a line that says so.
"""


def recast(settings: RecastSettings, json: bool, out: Path | None, quiet: bool) -> None:
    """Run it and print it."""
    begin(out)
    from dmjax.studies.recasting import run_recast

    found = run_recast(settings)
    if report(found, out, json, quiet):
        show_curve(found)


def show_curve(found: "Curve") -> None:
    """A row for each point, then what must be said."""
    from dmjax.recast.curve import terms_of

    rows = [[f"{x:.4g}", f"{y:.4g}"] for x, y in zip(found.x, found.y, strict=True)]
    level = "no C.L. stated" if found.cl is None else f"{100.0 * found.cl:.4g}% C.L."
    title = f"{found.label}: {terms_of(found).words()}, {level}"
    show(title, [f"{found.x_quantity} [MeV]", f"{found.y_quantity} <"], rows)
    emit(f"source: {found.source} ({found.provenance}); licence: {found.licence}")
    for note in found.notes:
        emit(f"note: {note}")
