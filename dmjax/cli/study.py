"""`dmjax toys`, `dmjax coverage`, and the options they share with `dmjax limit`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dmjax.cli.common import (
    channel_names,
    chosen_conventions,
    emit,
    numbers,
    pairs,
    report,
    show,
    start,
)
from dmjax.cli.options import (
    AlphaD,
    Batch,
    Channels,
    Choices,
    Cuts,
    DataSets,
    Dm,
    Json,
    Level,
    Mass,
    MassRatio,
    Model,
    Out,
    Profile,
    Spin,
    Systematics,
    Toys,
    ToySeed,
)
from dmjax.cli.progress import Progress
from dmjax.errors import InputError

if TYPE_CHECKING:
    from dmjax.studies.family import Family

KEPT_TOYS = "with --out, finished blocks of toys are used again"


def store_of(out: Path | None) -> Path | None:
    """Folder of the toys beside a result file; checks that the result can be written."""
    from dmjax.store.files import check_writable

    if out is None:
        return None
    check_writable(out)
    return out.with_name(f"{out.stem}-toys")


def family_of(
    datasets: list[str],
    model: str,
    dm: Spin,
    mass_ratio: float,
    alpha_d: float,
    channels: str,
    cuts: bool,
    systematics: bool,
    conventions: str,
    choose: list[str] | None,
) -> "Family":
    """The signal that the common options describe; experiments stand for their data set."""
    from dmjax.studies.family import Family, dataset_of

    return Family(
        datasets=tuple(dataset_of(name) for name in datasets),
        model=model,
        mass_ratio=mass_ratio,
        alpha_d=alpha_d,
        dm=dm.value,
        channels=channel_names(channels),
        conventions=chosen_conventions(conventions, choose),
        window="cuts" if cuts else "no-cuts",
        systematics=systematics,
    )


def _mass(model: str, mv: float | None) -> float | None:
    if mv is None and model != "events":
        raise InputError("a signal needs its mass, e.g. --mv 30")
    return mv


def toys(
    datasets: DataSets,
    model: Model = "dark-photon",
    mv: Mass = None,
    test: Annotated[
        str, typer.Option(help="Test statistic: q0 (discovery), q, qtilde (limits), t (unified).")
    ] = "q0",
    events: Annotated[
        float, typer.Option(help="Signal events of the tested hypothesis; 0 for q0.")
    ] = 0.0,
    dm: Dm = Spin.dirac,
    mass_ratio: MassRatio = 3.0,
    alpha_d: AlphaD = 0.5,
    channels: Channels = "all",
    cuts: Cuts = True,
    systematics: Systematics = False,
    toys: Toys = 1000,
    seed: ToySeed = 2017,
    batch_size: Batch = 100,
    conventions: Profile = "dmjax",
    choose: Choices = None,
    json: Json = False,
    out: Out = None,
) -> None:
    """Throw toys at the conditional best fit: distribution of a test statistic and p-value."""
    start()
    from dmjax.studies.plan import Plan
    from dmjax.studies.toys import toy_study

    store = store_of(out)
    family = family_of(
        datasets, model, dm, mass_ratio, alpha_d, channels, cuts, systematics, conventions, choose
    )
    plan = Plan(method="toys", test=test, toys=toys, seed=seed, batch_size=batch_size)
    with Progress("predicting the signal", KEPT_TOYS) as progress:
        found = toy_study(family, _mass(model, mv), events, plan, store, progress)
    if not report(found, out, json):
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
    show(f"{', '.join(family.datasets)}, {model}: {test} at {events:g} events", ["", test], rows)


def coverage(
    datasets: DataSets,
    model: Model = "dark-photon",
    mv: Mass = None,
    method: Annotated[
        str, typer.Option(help="fc, asymptotic (p of q-tilde), cls, or chi2 (2.71 above best fit).")
    ] = "fc",
    events: Annotated[
        str | None,
        typer.Option(
            help="True signal events, comma-separated; default: 0, 1/4, 1/2, 1 and 2 times the "
            "median expected limit."
        ),
    ] = None,
    shift: Annotated[
        list[str] | None,
        typer.Option(help="Move the truth of a nuisance: name=standard deviations; repeat."),
    ] = None,
    dm: Dm = Spin.dirac,
    mass_ratio: MassRatio = 3.0,
    alpha_d: AlphaD = 0.5,
    channels: Channels = "all",
    cuts: Cuts = True,
    systematics: Systematics = False,
    cl: Level = 0.90,
    toys: Toys = 1000,
    seed: ToySeed = 2017,
    batch_size: Batch = 100,
    conventions: Profile = "dmjax",
    choose: Choices = None,
    json: Json = False,
    out: Out = None,
) -> None:
    """How often limits or intervals contain the truth, with Monte Carlo errors."""
    start()
    from dmjax.studies.coverage import coverage_study
    from dmjax.studies.plan import Plan

    store = store_of(out)
    family = family_of(
        datasets, model, dm, mass_ratio, alpha_d, channels, cuts, systematics, conventions, choose
    )
    plan = Plan(method=method, cl=cl, toys=toys, seed=seed, batch_size=batch_size)
    truths = None if events is None else numbers("--events", events)
    with Progress("predicting the signal", KEPT_TOYS) as progress:
        found = coverage_study(
            family, _mass(model, mv), truths, plan, _shifts(shift), store, progress
        )
    if not report(found, out, json):
        return
    columns = zip(
        found.events, found.values, found.coverage, found.error, found.failed, strict=True
    )
    rows = [
        [f"{n:.4g}", f"{value:.3g}", f"{share:.3f}", f"{error:.3f}", f"{int(failed)}"]
        for n, value, share, error, failed in columns
    ]
    headers = ["true events", found.configuration["quantity"], "coverage", "error", "failed"]
    show(f"{', '.join(family.datasets)}: {method}, {cl:.0%} C.L., {toys} toys", headers, rows)
    for name, amount in (found.configuration["shift"] or {}).items():
        emit(f"truth of {name} shifted by {amount:g} standard deviations")


def _shifts(texts: list[str] | None) -> dict[str, float]:
    return pairs(texts or (), "--shift takes name=number", float)
