"""What every case must do: exit 0 with finite numbers, or 2 with one line and nothing written."""

import contextlib
import io
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import equinox as eqx
import numpy as np
import typer.main

from dmjax import cli
from dmjax.errors import InputError
from dmjax.studies.load import KINDS, class_of


class Told(NamedTuple):
    """What a command did."""

    status: object
    out: str
    err: str


@contextlib.contextmanager
def new_folder() -> Iterator[Path]:
    """An empty working folder."""
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as name:
        os.chdir(name)
        try:
            yield Path(name)
        finally:
            os.chdir(before)


_APP, _COMMAND = cli.app, typer.main.get_command(cli.app)


def told(arguments: list[str]) -> Told:
    """`dmjax ARGUMENTS` in this process; its commands are built once."""
    out, err = io.StringIO(), io.StringIO()
    given, sys.argv = sys.argv, ["dmjax", *arguments]
    status: object = 0
    cli.app = _COMMAND  # pyright: ignore
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            cli.main()
    except SystemExit as end:
        status = end.code
    finally:
        sys.argv, cli.app = given, _APP
    return Told(status, out.getvalue(), err.getvalue())


def check_refused(arguments: list[str]) -> None:
    """Status 2, one line on stderr, nothing on stdout, nothing written."""
    with new_folder() as folder:
        found = told(arguments)
        assert found.status == 2, (arguments, found)
        check_line(found.err.removesuffix("\n"))
        assert found.out == "" and not list(folder.iterdir()), (arguments, found)


def check_answer(arguments: list[str]) -> None:
    """One of the two; what is answered is a whole result of finite numbers."""
    with new_folder() as folder:
        found = told([*arguments, "--json"])
        assert not list(folder.iterdir())
        if found.status == 2:
            check_line(found.err.removesuffix("\n"))
            return
        assert found.status == 0, (arguments, found)
        plain = json.loads(found.out, parse_constant=_not_finite)
        if plain.get("kind") in KINDS:
            class_of(plain["kind"]).from_plain(plain)


def _not_finite(name: str) -> None:
    raise AssertionError(f"{name} in an answer")


def check_line(text: str) -> None:
    """One line that people can read."""
    assert text and len(text.splitlines()) == 1, text


def refused(make, *arguments) -> bool:
    """Whether InputError with one line is raised; what is made has finite numbers only."""
    try:
        made = make(*arguments)
    except InputError as problem:
        check_line(str(problem))
        return True
    for leaf in filter(eqx.is_array, _leaves(made)):
        assert np.all(np.isfinite(leaf)), made
    return False


def _leaves(made) -> list:
    import jax

    return jax.tree.leaves(made)
