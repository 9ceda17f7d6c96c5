"""Papers that the package names are listed, and the table of equations is of today."""

import json
import re
from pathlib import Path

import pytest

from tools.website.equations import PAGE, citations, cited, equation_page

ROOT = Path(__file__).parents[2]
LISTED = (ROOT / "docs" / "references.md").read_text("utf-8")
NAMED = {
    "keys": r"\[(?:D20|CCM|PDG|[A-Z][A-Za-z]*\d{2})\]",
    "arXiv": r"arXiv:((?:[a-z-]+/)?\d[\d.]*\d)",
    "hep-ph": r"hep-ph/\d{7}",
    "doi": r"doi:[\w./]+\w",
    "journals": r"\d+ \((?:19|20)\d\d\) \d+",
}
"""Kind → how a paper is named in code and data."""


def texts():
    for path in sorted((ROOT / "dmjax").rglob("*")):
        if path.suffix in (".py", ".toml"):
            yield re.sub(r"\s+", " ", path.read_text("utf-8"))


@pytest.mark.parametrize("kind", NAMED)
def test_every_paper_is_listed(kind):
    named = {match[0] for text in texts() for match in re.finditer(NAMED[kind], text)}
    assert named
    assert sorted(one for one in named if one not in LISTED) == []


def test_the_table_of_equations_is_of_today():
    made = equation_page()
    assert PAGE.read_text("utf-8") == made, "run python -m tools.website.equations"
    assert len(list(citations())) > 30


def test_ranges_and_lists_of_equations_are_taken_apart():
    assert cited("[D20] Eqs. 6.8–6.10") == [("[D20]", f"6.{n}") for n in (8, 9, 10)]
    assert cited("arXiv:1007.1727 Eqs. 12, 53") == [("arXiv:1007.1727", n) for n in ("12", "53")]
    assert cited("arXiv:1705.01633 Eqs. 9–21") == [("arXiv:1705.01633", "9–21")]
    assert cited("arXiv:0906.0580 Eq. A18") == [("arXiv:0906.0580", "A18")]
    assert cited("Eq. 12 of nobody") == []


@pytest.mark.parametrize("page", sorted((ROOT / "docs").rglob("*.md")), ids=lambda path: path.stem)
def test_files_that_a_page_names_are_there(page):
    named = re.findall(r"`((?:tests|tools|bench|dmjax|docs|notebooks)/[\w/.-]*)`", page.read_text())
    assert [one for one in named if not (ROOT / one).exists()] == []


def test_speeds_in_the_comparison_are_those_measured():
    page = (ROOT / "docs" / "comparison.md").read_text("utf-8")
    kept = json.loads((ROOT / "bench" / "results" / "cpu.json").read_text("utf-8"))["rows"]
    measured = {(row["name"], f"{row['value']:.3g}", row["unit"]) for row in kept}
    shown = re.findall(r"^\| ([^|]+) \| ([\d.]+) \| (\S+) \|$", page, flags=re.MULTILINE)
    assert len(shown) == 10
    assert [row for row in shown if (row[0], f"{float(row[1]):.3g}", row[2]) not in measured] == []
