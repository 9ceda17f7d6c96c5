"""One target on disk: figure (PDF, PNG), rows (CSV), numbers (JSON), note (Markdown)."""

import csv
import io
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from dmjax._version import __version__
from dmjax.conventions import D20, Conventions, describe
from dmjax.plots.canvas import save_figure
from dmjax.reproduce.made import Check, Made
from dmjax.reproduce.registry import TARGETS, target_names
from dmjax.store.plain import to_plain, write_json
from dmjax.store.writing import check_writable, write_text

ENDINGS = (".json", ".csv", ".md", ".pdf", ".png")


class Reproduced(NamedTuple):
    """One target on disk: what its JSON holds, and where everything is."""

    record: dict[str, Any]
    files: list[Path]


def reproduce(name: str, folder: Path, conventions: Conventions = D20) -> Reproduced:
    """Compute one target and write `name` with every one of `ENDINGS`, each whole or not at all.

    Args:
        name: a key of `TARGETS`.
        folder: where to.
        conventions: profile; `d20` compares with arXiv:2006.09386.

    Raises:
        InputError: see `target_names`, or a folder that cannot be written; before anything is done.
    """
    (name,) = target_names((name,), conventions, every=False)
    paths = [folder / f"{name}{ending}" for ending in ENDINGS]
    for path in paths:
        check_writable(path)
    begun = time.monotonic()
    made = TARGETS[name].make(conventions)
    record = recorded(name, made, conventions, time.monotonic() - begun)
    write_json(paths[0], record)
    write_text(paths[1], csv_text(made.rows))
    write_text(paths[2], note_text(record))
    save_figure(made.figure, folder / name)
    return Reproduced(record, paths)


def recorded(name: str, made: Made, conventions: Conventions, seconds: float) -> dict[str, Any]:
    """What the JSON of a target holds."""
    target = TARGETS[name]
    return {
        "target": name,
        "source": target.source,
        "published": target.published,
        "status": made.status,
        "checks": [check._asdict() for check in made.checks],
        "note": made.note,
        "missing": list(made.missing),
        "command": f"dmjax reproduce {name}",
        "version": __version__,
        "seconds": round(seconds, 1),
        **describe(conventions),
        "numbers": to_plain(made.numbers),
    }


def csv_text(rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows as CSV; columns in the order in which they first appear, empty where a row has none.

    >>> csv_text([{"a": 1.0}, {"a": 2.0, "b": "x"}]).splitlines()
    ['a,b', '1.0,', '2.0,x']
    """
    columns = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows({key: to_plain(value) for key, value in row.items()} for row in rows)
    return text.getvalue()


def note_text(record: Mapping[str, Any]) -> str:
    """The note of a target with its checks, in Markdown."""
    lines = [f"# {record['source']}: {record['status']}", "", record["published"], ""]
    lines += check_table(record)
    lines += [record["note"]]
    lines += [f"Not shown: {text}" for text in record["missing"]]
    how = f"conventions {record['conventions']}, {record['changed'] or 'unchanged'}"
    lines += ["", f"`{record['command']}`, dmjax {record['version']}, {how}"]
    return "\n".join(lines) + "\n"


def check_table(record: Mapping[str, Any]) -> list[str]:
    """The checks of a target as lines of a Markdown table and an empty one; [] without checks."""
    if not record["checks"]:
        return []
    rows = [check_row(Check(**check)) for check in record["checks"]]
    return ["| what | published | ours | agrees |", "|---|---|---|---|", *rows, ""]


def check_row(check: Check) -> str:
    """A check as a row of a Markdown table.

    >>> check_row(Check("x", 2.0, 1.0, False, 0.1))
    '| x (to 10 %) | 2 | 1 | no |'
    """
    loose = check.within or 0.0
    what = f"{check.what} (to {100 * loose:.3g} %)" if loose > 1e-6 else check.what
    printed = check.published if isinstance(check.published, str) else f"{check.published:.4g}"
    return f"| {what} | {printed} | {check.ours:.4g} | {'yes' if check.agrees else 'no'} |"
