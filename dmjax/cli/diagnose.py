"""`dmjax diagnose`."""

import sys
from pathlib import Path
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
    emit,
    report,
    show,
    start,
)


def diagnose(
    datasets: Annotated[
        list[str],
        typer.Argument(help="Data sets: csi2017, csi2021, lar2020, ccm120; several: joint."),
    ],
    mv: Annotated[
        float | None, typer.Option(help="Add a dark-photon signal of this mediator mass [MeV].")
    ] = None,
    poi: Annotated[
        str | None, typer.Option(help="Parameter of interest; default: signal, or the first free.")
    ] = None,
    systematics: Annotated[
        bool, typer.Option("--systematics", help="Shape and response nuisances too.")
    ] = False,
    toys: Annotated[int, typer.Option(help="Toys for the goodness of fit; 0: none.")] = 0,
    batch_size: Annotated[int, typer.Option(help="Toys in memory at once.")] = 100,
    seed: Annotated[int, typer.Option(help="Seed of the toys.")] = 0,
    figures: Annotated[
        Path | None, typer.Option(help="Draw pulls, correlations and tornado into this folder.")
    ] = None,
    dm: Dm = Spin.dirac,
    alpha_d: AlphaD = 0.5,
    mass_ratio: MassRatio = 3.0,
    channels: Channels = "all",
    conventions: Profile = "dmjax",
    choose: Choices = None,
    json: Json = False,
    out: Out = None,
) -> None:
    """Judge the best fit of data sets: goodness of fit, pulls, impacts, correlations."""
    start()
    from dmjax.combined import joint_model, signal_point
    from dmjax.inference.diagnostics import diagnose as judged
    from dmjax.io import check_writable, to_plain
    from dmjax.plots_stats import draw_diagnosis

    for path in (out, None if figures is None else figures / "pulls.png"):
        if path is not None:
            check_writable(path)
    point = signal_point(
        "none" if mv is None else "dark-photon",
        mv,
        mass_ratio=mass_ratio,
        alpha_d=alpha_d,
        dm=dm.value,
        channels=channel_names(channels),
        conventions=chosen_conventions(conventions, choose),
    )
    found = judged(joint_model(datasets, point, systematics), poi, toys, seed, batch_size)
    plain = to_plain(found)
    files = [] if figures is None else draw_diagnosis(plain, figures)
    if report(plain | {"figures": [str(path) for path in files]}, out, json):
        _print(plain)
        emit("\n".join(str(path) for path in files))
    if found.status != "converged":
        sys.exit(1)


def _print(plain: dict) -> None:
    fit, impact = plain["goodness"], plain["impacts"]
    pulls = dict(zip(plain["pulls"]["names"], plain["pulls"]["pulls"], strict=True))
    errors = dict(zip(plain["pulls"]["names"], plain["pulls"]["errors"], strict=True))
    shifts = {}
    if impact is not None:
        shifts = {
            name: (down, up)
            for name, down, up in zip(impact["names"], impact["down"], impact["up"], strict=True)
        }
    rows = []
    for name in dict.fromkeys([*shifts, *pulls]):
        pull = f"{pulls[name]:.3f} ± {errors[name]:.3f}" if name in pulls else "-"
        down, up = (f"{x:.3g}" for x in shifts[name]) if name in shifts else ("-", "-")
        rows.append([name, pull, down, up])
    about = "" if impact is None else f"; impacts on {impact['poi']} = {impact['value']:.4g}"
    title = f"{', '.join(plain['datasets'])}; {plain['status']}{about}"
    show(title, ["parameter", "pull", "impact of -1 sigma", "of +1 sigma"], rows)
    emit(
        f"goodness of fit: {fit['statistic']:.1f} for {fit['dof']} degrees of freedom, "
        f"p = {fit['p_asymptotic']:.3g} by chi2"
    )
    if fit["p_toys"] is not None:
        emit(
            f"p = {fit['p_toys']:.3g} ± {fit['p_error']:.2g} from {fit['toys']} toys "
            f"({fit['failed']} fits did not converge)"
        )
