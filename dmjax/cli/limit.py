"""`dmjax limit`."""

from pathlib import Path
from typing import TYPE_CHECKING

from dmjax.cli.common import begin, emit, report, show
from dmjax.cli.progress import Progress
from dmjax.studies.settings import LimitSettings

if TYPE_CHECKING:
    from dmjax.studies.limit_result import LimitResult

ABOUT = """Upper limits on a coupling against m_V, of data sets alone or together.

Methods: auto (chi2; at low counts exact, or toys where a background is only measured; default),
chi2 (-2 ln L rises by 2.71 above the best fit at 90 %), asymptotic (CLs by formulas), exact (CLs
by Poisson probabilities), toys (CLs), fc (Feldman-Cousins intervals), bayes (posterior, see
--prior). With --expected, what detectors without data are expected to exclude: auto (asymptotic,
exact at low counts; default), asymptotic, chi2-d20. A limit below the sensitivity has it beside it.
The coupling follows from the model: Y = eps^2 alpha_D (m_chi/m_V)^4 for the dark photon; see
--coupling.
"""
KEPT = "with --out, finished blocks of toys are used again"


def limit(settings: LimitSettings, json: bool, out: Path | None, quiet: bool) -> None:
    """Run it and print it."""
    begin(out)
    from dmjax.studies.limits import run_limit

    with Progress("predicting the signal", KEPT, quiet) as progress:
        found = run_limit(settings, out, progress)
    if report(found, out, json, quiet):
        show_limit(found)


def show_limit(found: "LimitResult") -> None:
    """A table of limits, and of a projection its backgrounds."""
    columns = {"m_V [MeV]": ["-"] if found.m_v is None else [f"{m:.4g}" for m in found.m_v]}
    columns |= _expected(found) if found.experiment is not None else _observed(found)
    if found.expected is not None and (found.experiment or found.configuration.get("bands")):
        shifts = zip(found.sigmas, found.expected.T, strict=True)
        columns |= {f"{shift:+.0f} sigma": _column(band) for shift, band in shifts}
    columns["status"] = found.status
    rows = [list(row) for row in zip(*columns.values(), strict=True)]
    show(_title(found), list(columns), rows)
    for line in _remarks(found):
        emit(line)
    for detector, events in (found.background or {}).items():
        parts = ", ".join(f"{name} {n:.4g}" for name, n in events.items())
        emit(f"background of {detector} [events]: {parts}")
    for line in found.caveats:
        emit(f"note: {line}")


def _remarks(found: "LimitResult") -> list[str]:
    """Notes, each once with the masses that it is about."""
    notes = found.notes or []
    masses = [""] * len(notes) if found.m_v is None else [f"{m:.4g}" for m in found.m_v]
    about: dict[str, list[str]] = {}
    for mass, note in zip(masses, notes, strict=False):
        about.setdefault(note, []).append(mass)
    about.pop("", None)
    return [
        note if found.m_v is None else f"at {', '.join(where)} MeV: {note}"
        for note, where in about.items()
    ]


def _observed(found: "LimitResult") -> dict[str, list[str]]:
    columns = {
        f"best {found.quantity}": _column(found.best_fit),
        "events": _column(found.best_fit_events),
    }
    if found.test_statistic_null is not None:
        columns[f"q of {found.quantity}=0"] = _column(found.test_statistic_null)
    if found.method == "fc":
        columns[f"{found.quantity} >"] = _column(found.lower)
    columns[f"{found.quantity} < ({100.0 * found.cl:.4g}% C.L.)"] = _column(found.limit)
    if found.sensitivity is not None and (found.limit < found.sensitivity).any():
        pairs = zip(found.limit, found.sensitivity, strict=True)
        columns["sensitivity"] = [f"{s:.3g}" if x < s else "" for x, s in pairs]
    if found.toys or found.method == "bayes":
        columns["error"] = _column(found.limit_error)
    if found.cls_at_limit is not None and found.method != "fc":
        columns["CLs there"] = _column(found.cls_at_limit)
    if found.methods and len(set(found.methods)) > 1:
        columns["method"] = found.methods
    return columns


def _expected(found: "LimitResult") -> dict[str, list[str]]:
    return {
        f"expected {found.quantity} < ({100.0 * found.cl:.4g}% C.L.)": _column(found.limit),
        "method": list(found.methods or []),
    }


def _title(found: "LimitResult") -> str:
    """What the numbers hold for."""
    signal = found.signal
    about = f"{found.experiment or ', '.join(found.datasets)}, {signal['model']}"
    if found.quantity != "events":
        masses = f"m_V/m_chi = {signal['mass_ratio']:g}" if "mass_ratio" in signal else ""
        masses = f"m_chi = {signal['m_chi']:g} MeV" if "m_chi" in signal else masses
        about += f" ({signal['dm']}), alpha_D = {signal['alpha_d']:g}, {masses}"
    about += f"; {found.method}, {100.0 * found.cl:.4g}% C.L."
    if found.method == "bayes":
        about += f", prior {found.configuration['prior']}"
    if found.off_term is not None:
        about += f", off counts: {found.off_term}"
    if found.asimov_off_term is not None and found.asimov_off_term != found.off_term:
        about += f" (Asimov data: {found.asimov_off_term})"
    if found.integrate is not None:
        about += f", {found.integrate} integrated"
    about += f", conventions {found.conventions['name']}"
    if found.toys:
        about += f", {found.toys} toys per point, {sum(found.failed)} failed in all"
    return about


def _column(values) -> list[str]:
    return [f"{value:.3g}" for value in values]
