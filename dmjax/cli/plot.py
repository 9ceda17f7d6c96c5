"""`dmjax plot`."""

from pathlib import Path
from typing import Annotated

import typer

from dmjax.cli.common import JSON, emit_lines


def plot(
    results: Annotated[
        list[Path],
        typer.Argument(help="Folder of a fit, or saved results: limits or targets in one figure."),
    ],
    out: Annotated[
        Path | None, typer.Option(help="Results: name of the figure; default: beside the first.")
    ] = None,
    json: JSON = False,
) -> None:
    """Draw the figures of a saved fit or result again; limits alone with bands, or several."""
    from dmjax.store.plain import to_json
    from dmjax.verbs import plot as draw

    names = [str(path) for path in draw(*results, out=out)]
    emit_lines([to_json({"figures": names})] if json else names)
