"""`dmjax toys` and `dmjax coverage`."""

from pathlib import Path

from dmjax.cli.common import begin, emit, report, show
from dmjax.cli.limit import KEPT
from dmjax.cli.progress import Progress
from dmjax.studies.settings import CoverageSettings, ToySettings

ABOUT_TOYS = "Throw toys at the conditional best fit: distribution of a test statistic, p-value."
ABOUT_COVERAGE = """How often limits or intervals contain the truth, with Monte Carlo errors.

Methods: fc (default), asymptotic (p of q-tilde), cls, chi2. Without --events the truths are 0, 1/4,
1/2, 1 and 2 times the median expected limit.
"""


def toys(settings: ToySettings, json: bool, out: Path | None, quiet: bool) -> None:
    """Run it and print it."""
    begin(out)
    from dmjax.studies.toys import run_toys

    with Progress("predicting the signal", KEPT, quiet) as progress:
        found = run_toys(settings, out, progress)
    if not report(found, out, json, quiet):
        return
    rows = [[f"quantile {level}", f"{value:.4g}"] for level, value in found.quantiles.items()]
    asymptotic = "-" if found.asymptotic_p is None else f"{found.asymptotic_p:.4g}"
    rows += [
        ["observed", f"{found.observed:.4g}"],
        ["p-value", f"{found.p_value:.4g} +- {found.p_error:.2g}"],
        ["asymptotic p-value", asymptotic],
        ["toys (failed)", f"{found.toys} ({found.failed})"],
        ["fit of the data", found.status],
    ]
    title = (
        f"{', '.join(found.datasets)}, {settings.model}: {found.test} at {found.events:g} events"
    )
    show(title, ["", found.test], rows)


_BELTS = {
    "data": "critical values at the nuisances of the data; --nested gives every toy its own",
    "toy": "every toy is judged by a belt of its own",
}


def coverage(settings: CoverageSettings, json: bool, out: Path | None, quiet: bool) -> None:
    """Run it and print it."""
    begin(out)
    from dmjax.studies.coverage import run_coverage

    with Progress("predicting the signal", KEPT, quiet) as progress:
        found = run_coverage(settings, out, progress)
    if not report(found, out, json, quiet):
        return
    columns = zip(
        found.events, found.values, found.coverage, found.error, found.failed, strict=True
    )
    rows = [
        [f"{n:.4g}", f"{value:.3g}", f"{share:.3f}", f"{error:.3f}", f"{int(failed)}"]
        for n, value, share, error, failed in columns
    ]
    headers = ["true events", found.quantity, "coverage", "error", "failed"]
    about = f"{', '.join(found.datasets)}: {found.method}, {100.0 * found.cl:.4g}% C.L., "
    about += f"{found.toys} toys"
    show(about, headers, rows)
    if found.belt is not None:
        emit(_BELTS[found.belt])
    for name, amount in found.shift.items():
        emit(f"truth of {name} shifted by {amount:g} standard deviations")
