"""The verification gallery: every published result that dmjax reproduces, from what it wrote.

`dmjax reproduce all fig7-data facilities --out FOLDER`, twice, then `python -m tools.gallery
FOLDER`, which writes docs/gallery.md, docs/comparisons.md of what nobody has printed, and the
figures beside them.
"""

import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dmjax.reproduce import TARGETS
from dmjax.reproduce.made import NEW, PARTIAL, REPRODUCED
from dmjax.reproduce.writing import check_table
from dmjax.store.plain import read_json

FACILITIES = "facilities"
SHOWN_MEV = (10.0, 75.0, 130.0)
BACKGROUNDS = ("neutrinos", "steady", "neutrons")
DOCS = Path(__file__).parents[1] / "docs"
HEAD = """# Published results, and ours beside them

Made by `python -m tools.gallery` from what `dmjax reproduce all` wrote; no number is typed.
"reproduced": every check agrees within what it states, and nothing of the publication is missing;
"partial": something differs or is missing, and is said. What nobody has printed is in
[comparisons.md](comparisons.md). Seconds are of a run that finds the programs of an earlier one;
the first takes three to four times as long.
"""
COMPARISONS = """# Data and facilities compared

Made by `python -m tools.gallery` from what `dmjax reproduce` wrote; no number is typed. Nothing of
this is printed anywhere; what is, stands in [gallery.md](gallery.md).
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
    lines += check_table(record)
    lines += [f"![{record['source']}](figures/{name}.png)", ""]
    return "\n".join(lines)


def comparisons(records: Mapping[str, Mapping[str, Any]]) -> str:
    """The page of what nobody has printed, in Markdown.

    Args:
        records: target → what its JSON holds.
    """
    entries = [_entry(name, one) for name, one in records.items()]
    tables = [facility_table(one["numbers"]) for name, one in records.items() if name == FACILITIES]
    return COMPARISONS + "".join(entries) + "".join(tables)


def facility_table(numbers: Mapping[str, Any]) -> str:
    """Every detector with its exposure, background and limits, as a Markdown table.

    Args:
        numbers: of the target `FACILITIES`.
    """
    shown = [numbers["m_v"].index(m_v) for m_v in SHOWN_MEV]
    heads = ["detector", "kg", "m, degrees", "protons", "from [keV]", "time", *BACKGROUNDS]
    heads += [f"Y, {m_v:g} MeV" for m_v in SHOWN_MEV] + ["assumed"]
    lines = [f"\nAfter {numbers['years']:g} years:\n", f"| {' | '.join(heads)} |"]
    lines += [f"|{'---|' * len(heads)}"]
    for one in numbers["facilities"]:
        cells = [f"`{one['experiment']}`", f"{one['mass_kg']:g}"]
        cells += [f"{one['distance_m']:g}, {one['angle_deg']:g}", f"{one['pot']:.3g}"]
        cells += [f"{one['threshold_kev']:.3g}", f"{one['window_us']:g} us / {one['time_bins']}"]
        cells += [f"{one[kind]:.3g}" for kind in BACKGROUNDS]
        cells += [f"{one['y'][i]:.2g}" for i in shown] + [", ".join(one["assumed"]) or "nothing"]
        lines += [f"| {' | '.join(cells)} |"]
    return "\n".join(lines) + "\n"


def main(folder: Path) -> None:
    """Write both pages of the targets in a folder, and copy their figures."""
    made = [name for name in TARGETS if (folder / f"{name}.json").exists()]
    records = {name: read_json(folder / f"{name}.json") for name in made}
    printed = {name: one for name, one in records.items() if one["status"] != NEW}
    new = {name: one for name, one in records.items() if one["status"] == NEW}
    (DOCS / "gallery.md").write_text(gallery(printed), "utf-8")
    (DOCS / "comparisons.md").write_text(comparisons(new), "utf-8")
    for name in records:
        shutil.copy(folder / f"{name}.png", DOCS / "figures" / f"{name}.png")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
