"""The verification gallery: every published result that dmjax reproduces, from what it wrote.

`dmjax reproduce all --out FOLDER`, then `python -m tools.gallery FOLDER`, which writes
docs/gallery.md and the figures beside it.
"""

import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dmjax.reproduce import TARGETS
from dmjax.reproduce.made import PARTIAL, REPRODUCED, Check
from dmjax.reproduce.writing import check_row
from dmjax.store.plain import read_json

DOCS = Path(__file__).parents[1] / "docs"
HEAD = """# Published results, and ours beside them

Made by `python -m tools.gallery` from what `dmjax reproduce all` wrote; no number is typed.
"reproduced": every check agrees within what it states, and nothing of the publication is missing;
"partial": something differs or is missing, and is said.
"""


def gallery(records: Mapping[str, Mapping[str, Any]]) -> str:
    """The page in Markdown.

    Args:
        records: target → what its JSON holds.
    """
    whole = sum(record["status"] == REPRODUCED for record in records.values())
    total = sum(record["seconds"] for record in records.values())
    counted = f"{whole} reproduced, {len(records) - whole} {PARTIAL}; {total:.0f} s in all."
    lines = [HEAD, counted, "", "| result | published | status | checks | seconds |"]
    lines += ["|---|---|---|---|---|", *(_row(name, one) for name, one in records.items())]
    return "\n".join(lines) + "\n" + "".join(_entry(*item) for item in records.items())


def _row(name: str, record: Mapping[str, Any]) -> str:
    agree = sum(check["agrees"] for check in record["checks"])
    cells = [f"[{name}](#{name})", record["source"], record["status"]]
    cells += [f"{agree} of {len(record['checks'])}", f"{record['seconds']:.0f}"]
    return f"| {' | '.join(cells)} |"


def _entry(name: str, record: Mapping[str, Any]) -> str:
    """One result: what was published, ours, status, caveat, command, version, seconds."""
    used = f"conventions {record['conventions']}, dmjax {record['version']}"
    lines = ["", f"## {name}", "", f"{record['source']}: {record['published']}", ""]
    lines += [f"**{record['status']}**. {record['note']}"]
    lines += [f"Not shown: {text}." for text in record["missing"]]
    lines += ["", f"`{record['command']}` ({used}, {record['seconds']:.0f} s)", ""]
    lines += ["| what | published | ours | agrees |", "|---|---|---|---|"]
    lines += [check_row(Check(**check)) for check in record["checks"]]
    lines += ["", f"![{record['source']}](figures/{name}.png)", ""]
    return "\n".join(lines)


def main(folder: Path) -> None:
    """Write docs/gallery.md of the targets in a folder, and copy their figures."""
    made = [name for name in TARGETS if (folder / f"{name}.json").exists()]
    records = {name: read_json(folder / f"{name}.json") for name in made}
    (DOCS / "gallery.md").write_text(gallery(records), "utf-8")
    for name in records:
        shutil.copy(folder / f"{name}.png", DOCS / "figures" / f"{name}.png")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
