"""`dmjax scan` and `dmjax merge`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dmjax.cli.common import JSON, emit, keep_nothing, show, start
from dmjax.cli.progress import Progress

if TYPE_CHECKING:
    from dmjax.scan.result import ScanResult

KEPT = "finished chunks are kept; the same command continues"
NO_CACHE = Annotated[
    bool, typer.Option("--no-cache", help="Compile anew, and keep no programs on disk.")
]
QUIET = Annotated[bool, typer.Option("--quiet", "-q", help="No progress and no table.")]


def scan(
    file: Annotated[Path, typer.Argument(help="Scan file (.toml): signal, grid, method, run.")],
    out: Annotated[
        Path | None,
        typer.Option(
            help="Folder NAME.zarr, which grows; or NAME.nc, NAME.json beside one. Default: the "
            "name of the file, here."
        ),
    ] = None,
    workers: Annotated[int | None, typer.Option(help="Processes on this machine (Dask).")] = None,
    scheduler: Annotated[
        str | None, typer.Option(help="Dask scheduler, e.g. tcp://host:8786.")
    ] = None,
    shard: Annotated[
        str | None, typer.Option(metavar="I/N", help="Part I of N of the chunks, for merge.")
    ] = None,
    json: JSON = False,
    quiet: QUIET = False,
    no_cache: NO_CACHE = False,
) -> None:
    """Limits or events on a grid of masses, couplings, models, experiments; see docs/scans.md.

    The same command continues where it was stopped, wherever that was.
    """
    if no_cache:
        keep_nothing()
    start()
    from dmjax.scanning import scan as run

    target = out or Path(f"{file.stem}.zarr")
    with Progress("preparing", KEPT, quiet) as say:
        found = run(file, out=target, say=say, workers=workers, scheduler=scheduler, shard=shard)
    _report(found, target, json, quiet)


def merge(
    parts: Annotated[list[Path], typer.Argument(help="Folders .zarr of the shards.")],
    out: Annotated[Path, typer.Option(help="Folder NAME.zarr of the whole.")],
    json: JSON = False,
    quiet: QUIET = False,
) -> None:
    """Put the shards of one scan together; every chunk is checked."""
    start()
    from dmjax.scanning import merge as run

    _report(run(*parts, out=out), out, json, quiet)


def _report(found: "ScanResult", target: Path, json: bool, quiet: bool) -> None:
    """What a scan holds, in a few lines; its numbers are where it was written."""
    from dmjax.scan.summary import summary
    from dmjax.store.plain import to_json

    told: dict[str, Any] = {"out": str(target)} | summary(found)
    if json:
        emit(to_json(told))
    elif not quiet:
        rows = [[key, _brief(value)] for key, value in told.items() if key != "status"]
        rows += [[f"points: {text}", str(count)] for text, count in told["status"].items()]
        show(f"scan: {found.meaning}", ["", ""], rows)


def _brief(value: object) -> str:
    if isinstance(value, dict):
        return "; ".join(f"{key}: {text}" for key, text in value.items())
    if isinstance(value, list | tuple):
        return " to ".join(map(_brief, value))
    return f"{value:.4g}" if isinstance(value, float) else str(value)
