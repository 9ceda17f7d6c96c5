"""`dmjax diagnose`."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from dmjax.cli.common import emit, report, show, signal_at, start
from dmjax.cli.options import (
    AlphaD,
    Batch,
    Channels,
    Choices,
    DataSets,
    Dm,
    Json,
    MassRatio,
    Out,
    Profile,
    SignalMass,
    Spin,
    Systematics,
    ToySeed,
)


def diagnose(
    datasets: DataSets,
    mv: SignalMass = None,
    poi: Annotated[
        str | None, typer.Option(help="Parameter of interest; default: signal, or the first free.")
    ] = None,
    systematics: Systematics = False,
    toys: Annotated[int, typer.Option(help="Toys for the goodness of fit; 0: none.")] = 0,
    batch_size: Batch = 100,
    seed: ToySeed = 0,
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
    from dmjax.fits.diagnostics import diagnose as judged
    from dmjax.plots.diagnosis import draw_diagnosis
    from dmjax.store.files import check_writable, to_plain
    from dmjax.studies.best_fit import joint_model

    for path in (out, None if figures is None else figures / "pulls.png"):
        if path is not None:
            check_writable(path)
    point = signal_at(mv, dm.value, mass_ratio, alpha_d, channels, conventions, choose)
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
