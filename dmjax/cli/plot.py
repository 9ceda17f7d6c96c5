"""`dmjax plot`."""

from pathlib import Path
from typing import Annotated

import typer

from dmjax.cli.common import emit


def plot(
    results: Annotated[
        list[Path],
        typer.Argument(help="Folder of a fit, or one or more limits saved by dmjax limit --out."),
    ],
    out: Annotated[
        Path | None, typer.Option(help="Limits: name of the figure; default: beside the first.")
    ] = None,
    json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object instead of a table.")
    ] = False,
) -> None:
    """Draw the figures of a saved fit again, or saved limits: one with its bands, or several."""
    from dmjax.errors import InputError
    from dmjax.plots.fits import draw_fit
    from dmjax.plots.limits import draw_limits
    from dmjax.store.files import to_json

    if all(path.suffix == ".json" for path in results):
        files = draw_limits(results, out or results[0])
    elif len(results) > 1 or out is not None:
        raise InputError("one folder of a fit, or files of limits (.json) with --out")
    else:
        files = draw_fit(results[0])
    names = [str(path) for path in files]
    emit(to_json({"figures": names}) if json else "\n".join(names))
