"""The README is true: its Python blocks run, its commands end well, its install lines are there."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"```python\n(.*?)```", README, flags=re.S)
SHOWN = "".join(re.findall(r"```console\n(.*?)```", README, flags=re.S))
COMMANDS = [shlex.split(line, comments=True) for line in SHOWN.splitlines()]


def dmjax(*arguments: str, cwd=None) -> subprocess.CompletedProcess:
    code = "import sys; from dmjax.cli import main; sys.argv[0] = 'dmjax'; main()"
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd,
        env=os.environ,
    )


def test_python_blocks_run_in_order(capsys):
    namespace = {}
    for block in BLOCKS:
        exec(block, namespace)
    assert "'pi0'" in capsys.readouterr().out


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_commands_run(words, tmp_path):
    done = dmjax(*words[1:], cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout


def test_json_of_a_readme_command_is_one_object(tmp_path):
    done = dmjax("fit", "csi2017", "--counting", "--json", cwd=tmp_path)
    assert {"n_on", "n_off", "significance", "r_n_fm"} <= json.loads(done.stdout).keys()


def test_both_set_up_commands_are_stated():
    assert ".venv/bin/dmjax fit csi2017 --out results/csi2017`" in README
    assert ".venv/bin/pytest`" in README
