"""Licences of everything that an installation of dmjax brings, from the installed packages.

`python -m tools.licences` prints the table in docs/licences.md.
"""

import re
import tomllib
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement

PROJECT = Path(__file__).parents[1] / "pyproject.toml"
LONGEST = 40
"""Characters of a licence's name; some packages give its whole text in its place."""


def canonical(name: str) -> str:
    """The name of a package as indexes spell it.

    >>> canonical("Jinja2_x")
    'jinja2-x'
    """
    return re.sub(r"[-_.]+", "-", name).lower()


def licence_of(package: Distribution) -> str:
    """The licence that a package states: an expression, a classifier, or a short text."""
    facts = package.metadata
    if "License-Expression" in facts:
        return facts["License-Expression"]
    classifiers = facts.get_all("Classifier") or []
    named = [one.split(" :: ")[-1] for one in classifiers if one.startswith("License :: ")]
    if named := [one for one in named if one != "OSI Approved"]:
        return ", ".join(named)
    text = facts["License"].strip() if "License" in facts else ""
    first = text.splitlines()[0].strip() if text else ""
    return first if 0 < len(first) <= LONGEST else "not stated"


def dependencies() -> dict[str, Distribution]:
    """What dmjax needs here, and what that needs, without extras: canonical name → package."""
    stated = tomllib.loads(PROJECT.read_text("utf-8"))["project"]["dependencies"]
    found: dict[str, Distribution] = {}
    wanted = [Requirement(text).name for text in stated]
    while wanted:
        one = canonical(wanted.pop())
        if one in found:
            continue
        try:
            found[one] = distribution(one)
        except PackageNotFoundError:
            continue
        needs = [Requirement(text) for text in found[one].requires or []]
        here = [one for one in needs if one.marker is None or one.marker.evaluate({"extra": ""})]
        wanted += [one.name for one in here]
    return found


def table() -> str:
    """The licences as a table in Markdown."""
    rows = [f"| {name} | {licence_of(one)} |" for name, one in sorted(dependencies().items())]
    return "\n".join(["| package | licence |", "|---|---|", *rows])


if __name__ == "__main__":
    import sys

    sys.stdout.write(table() + "\n")
