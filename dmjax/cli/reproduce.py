"""`dmjax reproduce`."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from dmjax.cli.common import JSON, emit, show, start
from dmjax.studies.options import OPTIONS


def reproduce(
    figure: Annotated[str, typer.Argument(help="Figure of arXiv:2006.09386, e.g. fig3; or all.")],
    out: Annotated[Path | None, typer.Option(help="Folder of the figures.")] = None,
    conventions: Annotated[str, typer.Option(help=OPTIONS["conventions"].help)] = "d20",
    choose: Annotated[list[str] | None, typer.Option(help=OPTIONS["choose"].help)] = None,
    json: JSON = False,
) -> None:
    """Figures of arXiv:2006.09386: NAME.png, and its numbers in NAME.json."""
    import time

    start()
    from dmjax.conventions import conventions as named_conventions
    from dmjax.conventions import describe
    from dmjax.reproduce import figure_names
    from dmjax.reproduce import reproduce as make
    from dmjax.store.plain import to_json

    names = figure_names(figure)
    choices = OPTIONS["choose"].reader("--choose", choose or ())
    chosen = named_conventions(conventions, **dict(choices))
    folder = out or Path("results") / "figures"
    made = {}
    for name in names:
        begun = time.monotonic()
        sys.stderr.write(f"{name}: computing\n")
        made[name] = make(name, folder, chosen)
        sys.stderr.write(f"{name}: {time.monotonic() - begun:.0f} s\n")
    if json:
        used = describe(chosen)
        figures = {
            name: one.result._asdict() | {"files": [str(path) for path in one.files]}
            for name, one in made.items()
        }
        head = {"conventions": used["conventions"], "conventions_changed": used["changed"]}
        emit(to_json(head | {"figures": figures}))
        return
    rows = [[name, str(path)] for name, one in made.items() for path in one.files]
    show(f"arXiv:2006.09386, conventions {chosen.name}", ["figure", "file"], rows)
    for name, one in made.items():
        emit(f"{name}: {one.result.caption}")
