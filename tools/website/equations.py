"""The table of equations: paper → equation → function → tests, from docstrings and imports.

`python -m tools.website.equations` writes docs/equations.md.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "equations.md"
HEAD = """# Equations of papers

Which equation is where, and which tests look at it. Made by `python -m tools.website.equations`
from the docstrings, which say where a formula is from, and from what the tests import (a function,
or its module where none imports that); a test says when it is out of date. Keys are those of
[references](references.md).

```text
python -m tools.website.equations
```
"""
PAPERS = {
    "[D20]": (r"\[D20\]|arXiv:2006\.09386", "Dutta et al. 2020"),
    "arXiv:1007.1727": (r"arXiv:1007\.1727", "Cowan, Cranmer, Gross, Vitells"),
    "arXiv:0906.0580": (r"arXiv:0906\.0580", "Bjorken, Essig, Schuster, Toro"),
    "arXiv:1705.01633": (r"arXiv:1705\.01633", "Liu, Miller"),
    "arXiv:2401.06843": (r"arXiv:2401\.06843", "of the inelastic form factor"),
    "Nucl. Phys. B360 (1991) 145": (r"B360 \(1991\) 145", "Gondolo, Gelmini"),
    "Numerical Optimization (2006)": (r"Numerical Optimization", "Nocedal, Wright"),
}
"""Key → how docstrings name it, who wrote it."""
USUAL = "[D20]"
"""The paper of an equation 2.7 without another paper before it."""
LONGEST = 5
"""Equations of a range that get a row each."""
_NUMBER = r"[A-Z]?(?:\d+\.)?\d+"
EQUATIONS = re.compile(rf"\bEqs?\. ({_NUMBER}(?:(?:–|, | and ){_NUMBER})*)")


class Cited(NamedTuple):
    """An equation that a docstring names."""

    paper: str
    number: str
    where: str
    summary: str
    doctest: bool


def cited(text: str) -> list[tuple[str, str]]:
    """(paper, equation) of every citation in a docstring.

    >>> cited("A sum ([D20] Eq. 6.2). Source: arXiv:1007.1727 Eqs. 12, 53.")
    [('[D20]', '6.2'), ('arXiv:1007.1727', '12'), ('arXiv:1007.1727', '53')]
    """
    found = []
    for match in EQUATIONS.finditer(text):
        before = [
            (named.end(), paper)
            for paper, (pattern, _) in PAPERS.items()
            for named in re.finditer(pattern, text[: match.start()])
        ]
        paper = max(before)[1] if before else USUAL
        if before or "." in match[1]:
            found += [(paper, number) for number in _spread(match[1])]
    return found


def _spread(numbers: str) -> list[str]:
    """6.8–6.10 as 6.8, 6.9, 6.10; longer ranges and single numbers as they stand."""
    listed = []
    for part in re.split(r", | and ", numbers):
        first, _, last = part.partition("–")
        section, _, low = first.rpartition(".")
        high = last.rpartition(".")[2]
        ends = [int(low), int(high)] if low.isdigit() and high.isdigit() else [0, LONGEST]
        if ends[1] - ends[0] < LONGEST:
            listed += [f"{section}.{n}".lstrip(".") for n in range(ends[0], ends[1] + 1)]
        else:
            listed.append(part)
    return listed


def citations() -> Iterator[Cited]:
    """Every citation of an equation in the package, in the order of its files."""
    for path in sorted((ROOT / "dmjax").rglob("*.py")):
        if path.parent.name == "reproduce":
            continue
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for name, text in _docstrings(ast.parse(path.read_text("utf-8")), module):
            for paper, number in dict.fromkeys(cited(text)):
                summary = text.split("\n", 1)[0]
                yield Cited(paper, number, name, summary, ">>> " in text)


def _docstrings(node: ast.AST, name: str) -> Iterator[tuple[str, str]]:
    if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
        text = ast.get_docstring(node)
        if text:
            yield name, text
        for child in node.body:
            inner = getattr(child, "name", "_")
            if not inner.startswith("_"):
                yield from _docstrings(child, f"{name}.{inner}")


def imports() -> dict[str, set[str]]:
    """Module or module.name of the package → tests that import it."""
    found: dict[str, set[str]] = {}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("dmjax"):
                for one in node.names:
                    for key in (node.module, f"{node.module}.{one.name}"):
                        found.setdefault(str(key), set()).add(str(path.relative_to(ROOT / "tests")))
    return found


def tests_of(where: str, known: dict[str, set[str]]) -> list[str]:
    """Tests that import a function, or a room that gives it on, or else its module."""
    parts = where.split(".")
    tried = [".".join(parts[:-1][:cut]) + f".{parts[-1]}" for cut in (len(parts) - 1, 2)]
    tried += [where, *(".".join(parts[:cut]) for cut in range(len(parts) - 1, 2, -1))]
    for name in tried:
        if name in known:
            return sorted(known[name])
    return []


def equation_page() -> str:
    """The page in Markdown."""
    known, lines = imports(), [HEAD]
    every = list(citations())
    for paper, (_, authors) in PAPERS.items():
        rows = sorted((one for one in every if one.paper == paper), key=_order)
        if rows:
            lines += [f"## {paper.strip('[]')}: {authors}", ""]
            lines += ["| Eq. | what | where | tests |", "|---|---|---|---|"]
            lines += [*(_row(one, known) for one in rows), ""]
    return "\n".join(lines)


def _order(one: Cited) -> tuple[str, list[int], str]:
    return (
        one.number[:1].strip("0123456789"),
        [*map(int, re.findall(r"\d+", one.number))],
        one.where,
    )


def _row(one: Cited, known: dict[str, set[str]]) -> str:
    tests = [f"`{name}`" for name in tests_of(one.where, known)]
    tests += ["its example"] if one.doctest else []
    summary = one.summary.replace("|", "\\|").replace("<", "&lt;")
    return f"| {one.number} | {summary} | `{one.where}` | {', '.join(tests)} |"


if __name__ == "__main__":
    PAGE.write_text(equation_page(), "utf-8")
