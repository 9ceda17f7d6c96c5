"""`dmjax export`: pyhf workspaces and HEPData tables."""

from pathlib import Path
from typing import Annotated

import typer

from dmjax.cli.common import emit, show, signal_at, start
from dmjax.cli.options import (
    AlphaD,
    Channels,
    Choices,
    DataSets,
    Dm,
    Json,
    MassRatio,
    Profile,
    SignalMass,
    Spin,
    Systematics,
)

export = typer.Typer(help="Results for pyhf and HEPData.", no_args_is_help=True)


@export.command()
def pyhf(
    datasets: DataSets,
    out: Annotated[Path, typer.Option(help="File of the workspace (JSON).")],
    mv: SignalMass = None,
    y: Annotated[float, typer.Option(help="Y at which the written signal strength is 1.")] = 1e-10,
    poi: Annotated[
        str | None, typer.Option(help="Parameter of interest; default: signal, if there is one.")
    ] = None,
    systematics: Systematics = False,
    check: Annotated[
        bool, typer.Option("--check", help="Evaluate and fit it with pyhf, and compare.")
    ] = False,
    dm: Dm = Spin.dirac,
    alpha_d: AlphaD = 0.5,
    mass_ratio: MassRatio = 3.0,
    channels: Channels = "all",
    conventions: Profile = "dmjax",
    choose: Choices = None,
    json: Json = False,
) -> None:
    """Write the likelihood of data sets as a pyhf workspace, with a signal at one mass or without.

    Off measurements keep their background as one free factor per bin, shared with a channel of
    the off counts. The strength of the signal is (Y/y)^2 for the y given here.
    """
    start()
    from dmjax.export.check import round_trip
    from dmjax.export.pyhf import export_pyhf
    from dmjax.fits.goodness import profiled
    from dmjax.store.files import check_writable, to_json, write_json
    from dmjax.studies.best_fit import joint_model

    check_writable(out)
    units = {} if mv is None else {"signal": strength(y)}
    point = signal_at(mv, dm.value, mass_ratio, alpha_d, channels, conventions, choose)
    joint = profiled(joint_model(datasets, point, systematics))
    made = export_pyhf(joint, poi, units)
    write_json(out, made.workspace)
    compared = round_trip(joint, made) if check else None
    plain = {
        "file": str(out),
        "poi": made.poi,
        "clip_sample_data": 0.0,
        "parameters": {name: link._asdict() for name, link in made.links.items()},
        "check": None if compared is None else compared._asdict(),
    }
    if json:
        emit(to_json(plain))
        return
    rows = [
        [name, link.name, link.kind, f"{link.origin:.6g}", f"{link.step:.6g}"]
        for name, link in made.links.items()
    ]
    headers = ["parameter", "in the workspace", "modifier", "origin", "step"]
    show(f"{out}: value = origin + step x value in the workspace", headers, rows)
    if compared is not None:
        emit(
            f"pyhf: -2 ln L differs by {compared.two_nll_difference:.1e} at {compared.points} "
            f"random points (over {compared.two_nll_range:.3g}); its fit by "
            f"{compared.fit_two_nll:.1e} in -2 ln L and {compared.fit_sigmas:.1e} errors"
        )


def strength(y: float) -> float:
    """Signal strength of the joint model at Y = y."""
    from dmjax.analyses.signal import Y_REF
    from dmjax.errors import InputError

    if not 0.0 < y < float("inf"):
        raise InputError(f"--y must be a number above 0, got {y:g}")
    return (y / Y_REF) ** 2


@export.command()
def hepdata(
    limit: Annotated[Path, typer.Argument(help="Limit saved by dmjax limit --out.")],
    out: Annotated[Path, typer.Option(help="Folder of the submission.")],
    json: Json = False,
) -> None:
    """Write a saved limit as a HEPData submission: submission.yaml and its table."""
    from dmjax.export.hepdata import write_hepdata
    from dmjax.store.files import read_json, to_json

    files = [str(path) for path in write_hepdata(out, read_json(limit))]
    emit(to_json({"files": files}) if json else "\n".join(files))
