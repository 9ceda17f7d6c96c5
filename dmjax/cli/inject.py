"""`dmjax inject`."""

from pathlib import Path
from typing import TYPE_CHECKING

from dmjax.cli.common import begin, report, show
from dmjax.cli.limit import KEPT
from dmjax.cli.progress import Progress
from dmjax.studies.answer_settings import InjectSettings

if TYPE_CHECKING:
    from dmjax.studies.injecting import InjectionResult

ABOUT = """Inject signals into toys and fit them: bias, pulls, coverage of what was injected.

Signals are in units of the median limit expected at 90 % (CLs), or with --events in events. The
pull of a toy is the signed root of its likelihood ratio. dmjax plot draws the saved result.
"""


def inject(settings: InjectSettings, json: bool, out: Path | None, quiet: bool) -> None:
    """Run it and print it."""
    begin(out)
    from dmjax.studies.injecting import run_inject

    with Progress("predicting the signal", KEPT, quiet) as progress:
        found = run_inject(settings, out, progress)
    if report(found, out, json, quiet):
        show_injection(found)


def show_injection(found: "InjectionResult") -> None:
    """A row for each injected signal."""
    columns = {
        "events": [f"{n:.3g}" for n in found.events],
        found.quantity: [f"{c:.3g}" for c in found.values],
        "bias": _pairs(found.bias, found.fitted_error),
        "pull": _pairs(found.pull, found.pull_error),
        "width": _pairs(found.width, found.width_error),
        "at 0": [f"{share:.2f}" for share in found.at_zero],
    }
    for i, level in enumerate(found.levels):
        columns[f"in {level:.4g}"] = _pairs(found.coverage[:, i], found.coverage_error[:, i])
    columns["failed"] = [str(n) for n in found.failed]
    mass = "" if found.m_v is None else f" at {found.m_v:g} MeV"
    title = f"{', '.join(found.datasets)}, {found.signal['model']}{mass}: {found.toys} toys each"
    show(title, list(columns), [list(row) for row in zip(*columns.values(), strict=True)])


def _pairs(values, errors) -> list[str]:
    return [f"{value:.2f}±{error:.1g}" for value, error in zip(values, errors, strict=True)]
