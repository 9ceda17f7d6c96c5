"""`dmjax limit`."""

from typing import Annotated

import typer

from dmjax.cli.common import (
    AlphaD,
    Channels,
    Choices,
    Dm,
    Json,
    MassRatio,
    Out,
    Profile,
    Spin,
    channel_names,
    chosen_conventions,
    flat_conventions,
    names,
    report,
    show,
    start,
)
from dmjax.errors import InputError


def limit(
    experiment: Annotated[str, typer.Argument(help="Experiment with data, e.g. coherent-csi.")],
    model: Annotated[
        str, typer.Option(help="Model; limits on Y exist for dark-photon.")
    ] = "dark-photon",
    dm: Dm = Spin.dirac,
    mv: Annotated[str | None, typer.Option(help="Mediator masses [MeV], comma-separated.")] = None,
    mv_min: Annotated[float, typer.Option(help="Lowest mass of the scan [MeV].")] = 1.0,
    mv_max: Annotated[float, typer.Option(help="Highest mass of the scan [MeV].")] = 138.0,
    points: Annotated[int, typer.Option(help="Masses in the scan, equal steps in ln m_V.")] = 50,
    mass_ratio: MassRatio = 3.0,
    alpha_d: AlphaD = 0.5,
    cuts: Annotated[bool, typer.Option(help="Energy and time cuts, or the full window.")] = True,
    cl: Annotated[float, typer.Option(help="Confidence level.")] = 0.90,
    alpha_treatment: Annotated[
        str, typer.Option(help="Shared scale: profile, marginal or per-bin.")
    ] = "profile",
    channels: Channels = "all",
    conventions: Profile = "dmjax",
    choose: Choices = None,
    json: Json = False,
    out: Out = None,
) -> None:
    """Upper limits on Y = eps^2 alpha_D (m_chi/m_V)^4 against m_V."""
    start()
    import dmjax
    from dmjax.io import check_writable

    if out is not None:
        check_writable(out)
    masses = _masses(mv, mv_min, mv_max, points)
    data = dmjax.load_dataset(
        _dataset_of(experiment, model),
        "cuts" if cuts else "no-cuts",
        chosen_conventions(conventions, choose),
    )
    family = dmjax.signal(
        data, dm=dm.value, alpha_d=alpha_d, mass_ratio=mass_ratio, channels=channel_names(channels)
    )
    result = dmjax.limit(data, family, masses, cl=cl, treatment=alpha_treatment)
    plain = flat_conventions(result._asdict())
    if not report(plain, out, json):
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


def _dataset_of(experiment: str, model: str) -> str:
    """The data set of an experiment; limits on Y are defined for the dark photon."""
    from dmjax.data import load_toml
    from dmjax.errors import unknown_name
    from dmjax.likelihood.datasets import DATASETS

    homes = {load_toml("datasets", d)["experiment"]: d for d in DATASETS}
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
        try:
            return [float(text) for text in names(mv)]
        except ValueError as problem:
            raise InputError(f"--mv takes numbers like 30,75,120, got '{mv}'") from problem
    if not (0 < low < high and math.isfinite(high) and points >= 2):
        raise InputError(
            "a scan needs 0 < --mv-min < --mv-max and --points >= 2, "
            f"got {low:g}, {high:g}, {points}"
        )
    step = math.log(high / low) / (points - 1)
    return [low * math.exp(step * i) for i in range(points)]
