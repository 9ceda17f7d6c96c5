"""Hooks of mkdocs: pages that are made of the code are added as the site is built."""

import json
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import jax
from mkdocs.structure.files import File, Files  # pyright: ignore[reportMissingImports]

import dmjax
from tools.website.commands import command_page
from tools.website.formats import format_page
from tools.website.names import GROUPS, name_page
from tools.website.schemas import FILES, schema


def _schema_text(kind: str) -> str:
    return json.dumps(schema(kind), indent=1, ensure_ascii=False) + "\n"


def _explorer() -> str:
    """The page to point at, of shipped curves and a limit that is kept beside its page."""
    jax.config.update("jax_enable_x64", True)
    with tempfile.TemporaryDirectory() as folder:
        page = dmjax.explore(KEPT, out=Path(folder) / "world.html")
        return page.read_text("utf-8")


KEPT = Path(__file__).parents[2] / "docs" / "explorer" / "csi2017.json"
MADE: dict[str, Callable[[], str]] = {
    **{f"reference/{group}.md": partial(name_page, group) for group in GROUPS},
    "explorer/world.html": _explorer,
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
