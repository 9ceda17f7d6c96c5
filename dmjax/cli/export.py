"""`dmjax export`: pyhf workspaces, HEPData tables and curves."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dmjax.cli.common import JSON, begin, emit, emit_lines, fail, show
from dmjax.cli.generate import command
from dmjax.errors import InputError
from dmjax.studies.settings import PyhfSettings

if TYPE_CHECKING:
    from dmjax.export.check import RoundTrip
    from dmjax.export.pyhf import Exported

export = typer.Typer(help="Results for pyhf, HEPData and plots of limits.", no_args_is_help=True)

ABOUT = """Write the likelihood of data sets as a pyhf workspace, with a signal at --mv or without.

Off measurements keep their background as one free factor per bin, shared with a channel of the off
counts. The strength of the signal is 1 at the coupling given by --y (of the signal's own quantity),
times a power of ten that brings its error near 1; the step of "signal" says which. --check compares
likelihood and fit with pyhf, and writes nothing where they differ.
"""


def pyhf(settings: PyhfSettings, json: bool, out: Path | None, quiet: bool) -> None:
    """Write it, and say how to read it."""
    if out is None:
        raise InputError("--out is missing: the file of the workspace (JSON)")
    begin(out)
    from dmjax.export.check import round_trip
    from dmjax.export.pyhf import export_pyhf
    from dmjax.store.plain import to_json, write_json
    from dmjax.studies.exporting import to_export

    chosen = to_export(settings)
    made = export_pyhf(chosen.joint, settings.poi, chosen.units)
    compared = round_trip(chosen.joint, made, best=chosen.best) if settings.check else None
    passed = compared is None or compared.passed
    if passed:
        write_json(out, made.workspace)
    plain = {
        "file": str(out) if passed else None,
        "poi": made.poi,
        "clip_sample_data": 0.0,
        "parameters": {name: link._asdict() for name, link in made.links.items()},
        "check": None if compared is None else compared._asdict(),
    }
    if json:
        emit(to_json(plain))
    elif passed and not quiet:
        _tell(out, made, compared)
    if compared is not None and not passed:
        fail(f"{out} is not written: {_difference(compared)}")


def _difference(found: "RoundTrip") -> str:
    return (
        f"pyhf: -2 ln L differs by {found.two_nll_difference:.1e} at {found.points} random points "
        f"(over {found.two_nll_range:.3g}); its fit by {found.fit_two_nll:.1e} in -2 ln L and "
        f"{found.fit_sigmas:.1e} errors"
    )


def _tell(out: Path, made: "Exported", compared: "RoundTrip | None") -> None:
    rows = [
        [name, link.name, link.kind, f"{link.origin:.6g}", f"{link.step:.6g}"]
        for name, link in made.links.items()
    ]
    headers = ["parameter", "in the workspace", "modifier", "origin", "step"]
    show(f"{out}: value = origin + step x value in the workspace", headers, rows)
    if compared is not None:
        emit(_difference(compared))


export.command("pyhf")(command(PyhfSettings, pyhf, ABOUT, "File of the workspace (JSON)."))


@export.command()
def hepdata(
    limit: Annotated[Path, typer.Argument(help="Limit saved by dmjax limit --out.")],
    out: Annotated[Path, typer.Option(help="Folder of the submission.")],
    json: JSON = False,
) -> None:
    """Write a saved limit as a HEPData submission: submission.yaml and its table."""
    from dmjax.export.hepdata import write_hepdata
    from dmjax.store.plain import to_json
    from dmjax.studies.load import made_from

    written = made_from([limit], lambda held: write_hepdata(out, held[0]))
    files = [str(path) for path in written]
    emit_lines([to_json({"files": files})] if json else files)


@export.command()
def curve(
    result: Annotated[Path, typer.Argument(help="Limit or curve saved with --out.")],
    out: Annotated[Path, typer.Option(help="Folder of NAME.csv and NAME.toml.")],
    json: JSON = False,
) -> None:
    """Write a saved limit or curve as CSV and TOML (keys of dd_limit_plot); recast reads them."""
    from dmjax.comparing import export_curve
    from dmjax.store.plain import to_json

    files = [str(path) for path in export_curve(result, out)]
    emit_lines([to_json({"files": files})] if json else files)
