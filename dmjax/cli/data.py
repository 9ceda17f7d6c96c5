"""`dmjax data`: official releases that stay where the user keeps them."""

from pathlib import Path
from typing import Annotated

import typer

from dmjax.cli.common import JSON, emit, show

data = typer.Typer(help="Official data releases in folders of yours.", no_args_is_help=True)


@data.command()
def add(
    name: Annotated[str, typer.Argument(help="Release, e.g. csi2021.")],
    folder: Annotated[Path, typer.Argument(help="Folder with its files.")],
    json: JSON = False,
) -> None:
    """Check the files of a release by checksum and remember the folder; nothing is copied."""
    from dmjax.data.releases import add_release
    from dmjax.store.plain import to_json

    found = add_release(name, folder)
    plain = {"name": found.name, "folder": str(found.folder), "origin": found.origin}
    emit(to_json(plain) if json else f"{found.name}: files checked, read from {found.folder}")


@data.command("list")
def listed(
    json: JSON = False,
) -> None:
    """The releases dmjax can read, where to get them and where they are."""
    from dmjax.data import available
    from dmjax.data.releases import release
    from dmjax.store.plain import to_json

    known = [release(name) for name in available("origins")]
    plain = {
        r.name: {"origin": r.origin, "folder": None if r.folder is None else str(r.folder)}
        for r in known
    }
    if json:
        emit(to_json(plain))
        return
    rows = [[r.name, r.origin, str(r.folder or "not added")] for r in known]
    show("Data releases", ["", "where to get it", "folder"], rows)
