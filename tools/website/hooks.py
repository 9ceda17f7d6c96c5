"""Hooks of mkdocs: pages that are made of the code are added as the site is built."""

import json
from collections.abc import Callable
from functools import partial

from mkdocs.structure.files import File, Files  # pyright: ignore[reportMissingImports]

from tools.website.commands import command_page
from tools.website.formats import format_page
from tools.website.names import GROUPS, name_page
from tools.website.schemas import FILES, schema


def _schema_text(kind: str) -> str:
    return json.dumps(schema(kind), indent=1, ensure_ascii=False) + "\n"


MADE: dict[str, Callable[[], str]] = {
    **{f"reference/{group}.md": partial(name_page, group) for group in GROUPS},
    "reference/commands.md": command_page,
    "reference/formats.md": format_page,
    **{f"reference/{kind}.schema.json": partial(_schema_text, kind) for kind in FILES},
}
"""Place in the site → what makes its content."""


def on_files(files: Files, config, **_: object) -> Files:
    """Add what is made."""
    for place, make in MADE.items():
        files.append(File.generated(config, place, content=make()))
    return files
