"""The tutorial runs as printed: its commands, then its Python, in one empty folder."""

import re
import shlex
from pathlib import Path

from typer.testing import CliRunner

from dmjax.cli import app

PAGE = (Path(__file__).parents[2] / "docs" / "tutorial.md").read_text("utf-8")
BLOCKS = re.findall(r"```(console|python)\n(.*?)```", PAGE, flags=re.DOTALL)


def test_tutorial_runs_in_order(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = {}
    for kind, block in BLOCKS:
        if kind == "python":
            exec(block, names)
            continue
        for line in block.splitlines():
            done = CliRunner().invoke(app, shlex.split(line)[1:])
            assert done.exit_code == 0, (line, done.output, done.exception)
    assert {"limit.png", "world.png", "page.html"} <= {one.name for one in tmp_path.iterdir()}
    assert names["curve"].limit.shape == (3,)
