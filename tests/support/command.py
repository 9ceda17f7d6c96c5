"""The command line inside a test: run it, read its JSON, or see it refuse."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from dmjax import cli


def run(line: str):
    """Outcome of a command; what is not an exit is raised."""
    result = CliRunner().invoke(cli.app, line.split(), catch_exceptions=True)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def answer(line: str) -> dict:
    """The JSON that a command prints."""
    result = run(line)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def check_refused(line: str, said: str, folder: Path, monkeypatch, capsys) -> None:
    """Run in an empty folder: one line with the words on stderr, status 2, nothing written."""
    monkeypatch.chdir(folder)
    monkeypatch.setattr("sys.argv", ["dmjax", *line.split()])
    with pytest.raises(SystemExit) as end:
        cli.main()
    heard = capsys.readouterr().err
    assert end.value.code == 2
    assert said in heard and heard.count("\n") == 1
    assert not list(folder.iterdir())
