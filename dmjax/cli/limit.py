"""`dmjax limit`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dmjax.cli.common import (
    channel_names,
    chosen_conventions,
    numbers,
    report,
    show,
    start,
)
from dmjax.cli.options import (
    AlphaD,
    Batch,
    Channels,
    Choices,
    Dm,
    Json,
    Level,
    MassRatio,
    Model,
    Out,
    Profile,
    Spin,
    Systematics,
    Toys,
    ToySeed,
)
from dmjax.cli.study import KEPT_TOYS, family_of, store_of
from dmjax.errors import InputError

if TYPE_CHECKING:
    from dmjax.limits.curve import LimitCurve
    from dmjax.studies.family import Family
    from dmjax.studies.limit_result import LimitResult


NO_BANDS = "chi2 and fc have no expected bands: use asymptotic or toys"


def limit(
    experiments: Annotated[
        list[str],
        typer.Argument(
            help="Experiment with data, e.g. coherent-csi, or data set; several: joint."
        ),
    ],
    model: Model = "dark-photon",
    method: Annotated[
        str, typer.Option(help="chi2 (rise of 2.71 above the best fit), asymptotic, toys or fc.")
    ] = "chi2",
    bands: Annotated[
        bool, typer.Option("--bands", help="Show the 1 and 2 sigma bands expected without signal.")
    ] = False,
    cls: Annotated[
        bool, typer.Option("--cls/--no-cls", help="asymptotic, toys: CLs, or plain p-value.")
    ] = True,
    dm: Dm = Spin.dirac,
    mv: Annotated[str | None, typer.Option(help="Mediator masses [MeV], comma-separated.")] = None,
    mv_min: Annotated[float, typer.Option(help="Lowest mass of the scan [MeV].")] = 1.0,
    mv_max: Annotated[float, typer.Option(help="Highest mass of the scan [MeV].")] = 138.0,
    points: Annotated[int, typer.Option(help="Masses in the scan, equal steps in ln m_V.")] = 50,
    mass_ratio: MassRatio = 3.0,
    alpha_d: AlphaD = 0.5,
    cuts: Annotated[bool, typer.Option(help="Energy and time cuts, or the full window.")] = True,
    systematics: Systematics = False,
    cl: Level = 0.90,
    alpha_treatment: Annotated[
        str, typer.Option(help="Shared scale: profile, marginal or per-bin.")
    ] = "profile",
    toys: Toys = 1000,
    strengths: Annotated[int, typer.Option(help="toys, fc: strengths tested per mass.")] = 10,
    seed: ToySeed = 2017,
    batch_size: Batch = 100,
    channels: Channels = "all",
    conventions: Profile = "dmjax",
    choose: Choices = None,
    json: Json = False,
    out: Out = None,
) -> None:
    """Upper limits on Y = eps^2 alpha_D (m_chi/m_V)^4 against m_V, or on another coupling."""
    start()
    import dmjax
    from dmjax.store.files import check_writable

    if out is not None:
        check_writable(out)
    masses = [] if model == "events" else _masses(mv, mv_min, mv_max, points)
    if method != "chi2" or _joint(experiments):
        family = family_of(
            experiments,
            *(model, dm, mass_ratio, alpha_d, channels, cuts, systematics, conventions, choose),
        )
        plan = {"method": method, "cl": cl, "cls": cls, "toys": toys, "seed": seed}
        plan |= {"batch_size": batch_size, "points": strengths, "bands": bands}
        _scan(family, masses, plan, bands, json, out)
        return
    if bands:
        raise InputError(NO_BANDS)
    experiment = experiments[0]
    data = dmjax.load_dataset(
        _dataset_of(experiment, model),
        "cuts" if cuts else "no-cuts",
        chosen_conventions(conventions, choose),
    )
    family = dmjax.signal(
        data, dm=dm.value, alpha_d=alpha_d, mass_ratio=mass_ratio, channels=channel_names(channels)
    )
    result = dmjax.limit(data, family, masses, cl=cl, treatment=alpha_treatment)
    if not report(_as_result(result), out, json):
        return
    rows = [
        [f"{m:.4g}", f"{best:.3g}", f"{events:.3g}", f"{q:.3g}", f"{upper:.3g}", status]
        for m, best, events, q, upper, status in zip(
            result.m_v,
            result.best_fit,
            result.best_fit_events,
            result.test_statistic_null,
            result.limit,
            result.status,
            strict=True,
        )
    ]
    show(
        f"{experiment} {data.name} ({data.window}), dark-photon ({dm.value}), "
        f"alpha_D = {alpha_d:g}, m_V/m_chi = {mass_ratio:g}, conventions {conventions}",
        ["m_V [MeV]", "best Y", "events", "q of Y=0", f"Y < ({cl:.0%} C.L.)", "status"],
        rows,
    )


def _as_result(curve: "LimitCurve") -> "LimitResult":
    """A limit of the profiled likelihood of CsI 2017 alone, as every limit is saved."""
    import numpy as np

    from dmjax.studies.limit_result import LimitResult

    named = ("model", "dm", "mass_ratio", "alpha_d", "channels")
    signal = {name: getattr(curve, name) for name in named}
    settings = {n: getattr(curve, n) for n in ("window", "alpha_treatment", "sigma_alpha", "cl")}
    chosen, zero = curve.conventions, np.zeros(len(curve.m_v))
    return LimitResult(
        quantity=curve.quantity,
        method="chi2",
        off_term="integral",
        cl=curve.cl,
        datasets=[curve.dataset],
        experiment=curve.experiment,
        signal=signal,
        m_v=curve.m_v,
        limit=curve.limit,
        lower=zero,
        limit_error=zero,
        lower_error=zero,
        sigmas=(),
        expected=None,
        expected_error=None,
        best_fit=curve.best_fit,
        best_fit_events=curve.best_fit_events,
        test_statistic_null=curve.test_statistic_null,
        status=curve.status,
        expected_status=None,
        toys=0,
        failed=[0] * len(curve.m_v),
        conventions={"profile": chosen["conventions"], "changed": chosen["changed"]},
        configuration=settings | signal,
    )


def _scan(family: "Family", masses, settings: dict, bands: bool, json: bool, out: Path | None):
    """Limits by the statistics engine."""
    from dmjax.cli.progress import Progress
    from dmjax.studies.limits import limit_scan
    from dmjax.studies.plan import Plan

    if bands and settings["method"] in ("fc", "chi2"):
        raise InputError(NO_BANDS)
    plan = Plan(**settings)
    with Progress("predicting the signal", KEPT_TOYS) as progress:
        found = limit_scan(family, masses, plan, store_of(out), progress)
    if not report(found, out, json):
        return
    columns = {
        "m_V [MeV]": ["-"] if found.m_v is None else [f"{m:.4g}" for m in found.m_v],
        "best": _column(found.best_fit),
        "events": _column(found.best_fit_events),
        f"{found.quantity} >": _column(found.lower),
        f"{found.quantity} <": _column(found.limit),
        "error": _column(found.limit_error),
    }
    hidden = set() if plan.method == "fc" else {f"{found.quantity} >"}
    if not found.toys:
        hidden |= {"error"}
    if bands and found.expected is not None:
        hidden |= {"best"}
        shifts = zip(found.sigmas, found.expected.T, strict=True)
        columns |= {f"{shift:+.0f} sigma": _column(band) for shift, band in shifts}
    columns["status"] = found.status
    columns = {header: cells for header, cells in columns.items() if header not in hidden}
    title = f"{', '.join(family.datasets)}, {family.model}: {plan.method}, {plan.cl:.0%} C.L."
    if found.toys:
        title += f", {found.toys} toys per point, {sum(found.failed)} failed in all"
    rows = [list(row) for row in zip(*columns.values(), strict=True)]
    show(title, list(columns), rows)


def _joint(experiments: list[str]) -> bool:
    """Whether the statistics engine is needed: several data sets, or another than CsI 2017."""
    from dmjax.analyses.catalogue import ANALYSES
    from dmjax.analyses.datasets import DATASETS
    from dmjax.studies.family import dataset_of

    known = [dataset_of(name) for name in experiments]
    return len(known) > 1 or (known[0] in ANALYSES and known[0] not in DATASETS)


def _column(values) -> list[str]:
    return [f"{value:.3g}" for value in values]


def _dataset_of(experiment: str, model: str) -> str:
    """The data set of an experiment; limits on Y are defined for the dark photon."""
    from dmjax.analyses.datasets import DATASETS
    from dmjax.data import load_toml
    from dmjax.errors import unknown_name

    homes = {load_toml("datasets", d)["experiment"]: d for d in DATASETS}
    homes |= {name: name for name in DATASETS}
    if experiment not in homes:
        raise unknown_name("experiment with data", experiment, homes)
    known = load_toml("models", "vector")
    if model not in known:
        raise unknown_name("model", model, known)
    if model != "dark-photon":
        raise InputError(f"limits on Y are defined for dark-photon, not for '{model}'")
    return homes[experiment]


def _masses(mv: str | None, low: float, high: float, points: int) -> list[float]:
    """Masses from a list, or equal steps in ln m_V."""
    import math

    if mv is not None:
        return numbers("--mv", mv)
    if not (0 < low < high and math.isfinite(high) and points >= 2):
        raise InputError(
            "a scan needs 0 < --mv-min < --mv-max and --points >= 2, "
            f"got {low:g}, {high:g}, {points}"
        )
    step = math.log(high / low) / (points - 1)
    return [low * math.exp(step * i) for i in range(points)]
