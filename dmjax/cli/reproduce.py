"""`dmjax reproduce`."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from dmjax.cli.common import JSON, emit, show, start
from dmjax.studies.options import OPTIONS


def reproduce(
    names: Annotated[
        list[str],
        typer.Argument(
            help="Published results, e.g. fig7 table6 ccm-fig3, or all of them; fig7-data and "
            "facilities, which compare data and detectors."
        ),
    ],
    out: Annotated[Path | None, typer.Option(help="Folder of the files.")] = None,
    conventions: Annotated[str, typer.Option(help=OPTIONS["conventions"].help)] = "d20",
    choose: Annotated[list[str] | None, typer.Option(help=OPTIONS["choose"].help)] = None,
    json: JSON = False,
) -> None:
    """Published figures and tables beside ours: NAME.pdf, .png, .csv, .json, and a note, .md."""
    start()
    from dmjax.conventions import conventions as named_conventions
    from dmjax.conventions import describe
    from dmjax.reproduce import reproduce as make
    from dmjax.reproduce import target_names
    from dmjax.store.plain import to_json

    choices = OPTIONS["choose"].reader("--choose", choose or ())
    chosen = named_conventions(conventions, **dict(choices))
    wanted = target_names(names, chosen)
    folder = out or Path("results") / "figures"
    made = {}
    for name in wanted:
        sys.stderr.write(f"{name}: computing\n")
        made[name] = make(name, folder, chosen)
        sys.stderr.write(f"{name}: {made[name].record['seconds']:.0f} s\n")
    if json:
        used = describe(chosen)
        head = {"conventions": used["conventions"], "conventions_changed": used["changed"]}
        targets = {
            name: one.record | {"files": [str(path) for path in one.files]}
            for name, one in made.items()
        }
        emit(to_json(head | {"targets": targets}))
        return
    rows = [
        [name, one.record["source"], one.record["status"], str(one.files[0].with_suffix(""))]
        for name, one in made.items()
    ]
    heads = ["target", "published in", "status", "files (.json, .csv, .md, .pdf, .png)"]
    show(f"Published results, conventions {chosen.name}", heads, rows)
    for name, one in made.items():
        emit(f"{name}: {one.record['note']}")
