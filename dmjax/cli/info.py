"""`dmjax info`."""

from typing import Annotated

import typer

from dmjax.cli.common import JSON, emit, show, start

NAME = Annotated[
    str | None,
    typer.Argument(
        help="A data set, detector, beam or table, e.g. ccm120; or a saved result, block or folder."
    ),
]


def info(name: NAME = None, json: JSON = False) -> None:
    """Versions, devices, models, data sets with their sources; or what a saved result is.

    Saved work is checked whole: its configuration, digests and version are shown, and what is not
    what it says is an error.
    """
    start()
    from dmjax.store.plain import to_json
    from dmjax.studies.facts import facts as gathered

    facts = gathered(name)
    if json:
        emit(to_json(facts))
        return
    rows = [row for key, value in facts.items() if key != "tables" for row in _rows(key, value)]
    tables = facts.get("tables", {})
    rows += [[f"table {name}", meta["source"]] for name, meta in tables.items()]
    show("dmjax", ["", ""], rows)


def _rows(key: str, value) -> list[list[str]]:
    """A fact as rows of a table, one for every entry of a mapping."""
    if not isinstance(value, dict) or not value:
        return [[key, _brief(value)]]
    lines = [f"{name}: {_brief(text)}" for name, text in value.items()]
    return [[key if i == 0 else "", line] for i, line in enumerate(lines)]


def _brief(value) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_brief(text)}" for key, text in value.items())
    return ", ".join(map(_brief, value)) if isinstance(value, list) else str(value)
