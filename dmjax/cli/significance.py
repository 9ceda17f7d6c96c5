"""`dmjax significance`."""

from pathlib import Path
from typing import TYPE_CHECKING

from dmjax.cli.common import begin, emit, report, show
from dmjax.cli.limit import KEPT
from dmjax.cli.progress import Progress
from dmjax.studies.answer_settings import SignificanceSettings

if TYPE_CHECKING:
    from dmjax.studies.significance import SignificanceResult

ABOUT = """p-values of no signal against m_V, and the global p-value of the whole scan.

Local: sqrt(q0) standard deviations (arXiv:1007.1727), and from toys. Global: share of toys whose
largest q0 over all masses is as large, and from the upcrossings of Gross and Vitells. --toys 0
leaves the global ones out. dmjax plot draws the saved result.
"""


def significance(settings: SignificanceSettings, json: bool, out: Path | None, quiet: bool) -> None:
    """Run it and print it."""
    begin(out)
    from dmjax.studies.significance import run_significance

    with Progress("predicting the signal", KEPT, quiet) as progress:
        found = run_significance(settings, out, progress)
    if report(found, out, json, quiet):
        show_significance(found)


def show_significance(found: "SignificanceResult") -> None:
    """A table of masses, and the global p-values."""
    columns = {
        "m_V [MeV]": [f"{m:.4g}" for m in found.m_v],
        f"best {found.quantity}": [f"{c:.3g}" for c in found.best_fit],
        "events": [f"{n:.3g}" for n in found.best_fit_events],
        "Z": [f"{z:.2f}" for z in found.z],
        "p": [f"{p:.3g}" for p in found.p_local],
    }
    if found.p_toys is not None and found.p_toys_error is not None:
        pairs = zip(found.p_toys, found.p_toys_error, strict=True)
        columns["p (toys)"] = [f"{p:.3g} +- {error:.1g}" for p, error in pairs]
    if found.expected is not None:
        median = found.expected[:, found.sigmas.index(0.0)]
        columns["expected p"] = [f"{p:.3g}" for p in median]
    columns["status"] = found.status
    title = f"{', '.join(found.datasets)}, {found.signal['model']}: p-values of no signal"
    if found.expected_at is not None:
        title += f"; expected for {found.quantity} = {found.expected_at:g}"
    show(title, list(columns), [list(row) for row in zip(*columns.values(), strict=True)])
    emit(f"largest: Z = {found.largest**0.5:.2f} at m_V = {found.best_m_v:.4g} MeV")
    if found.p_global is not None:
        emit(
            f"global p = {found.p_global:.3g} +- {found.p_global_error:.1g} from {found.toys} toys "
            f"({found.failed} failed); {found.p_upcrossings:.3g} +- "
            f"{found.p_upcrossings_error:.1g} from {found.upcrossings:.3g} +- "
            f"{found.upcrossings_error:.1g} upcrossings of q0 = {found.level:g}"
        )
