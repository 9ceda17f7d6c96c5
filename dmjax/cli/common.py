"""What every command shares: start-up, reading of texts, tables."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from dmjax.cli.streams import printable

JSON = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of a table.")]


def start() -> None:
    """float64 for every computation of the command line, and programs kept for the next one."""
    import jax

    from dmjax.programs import keep_programs

    jax.config.update("jax_enable_x64", True)
    keep_programs()


def keep_nothing() -> None:
    """Let this command, and what it starts, keep no programs on disk."""
    os.environ["DMJAX_CACHE"] = "0"


_HELD = ExitStack()


@contextmanager
def giving_back() -> Iterator[None]:
    """What `begin` takes inside the block is free again after it."""
    with _HELD:
        yield


def begin(out: Path | None) -> None:
    """Start-up; a first look at where the result shall go, and no other command that goes there."""
    start()
    if out is not None:
        from dmjax.store.locks import writing_alone

        check_out(out)
        _HELD.enter_context(writing_alone(out))


def check_out(path: Path) -> None:
    """Raise InputError unless the file can be written."""
    from dmjax.store.writing import check_writable

    check_writable(path)


def emit(text: str) -> None:
    """One line to stdout."""
    sys.stdout.write(printable(text) + "\n")
    sys.stdout.flush()


def emit_lines(texts: list[str]) -> None:
    """Texts to stdout, a line each."""
    for text in texts:
        emit(text)


WIDE = 200
"""Columns of a table that no terminal shows: as many as it needs, in practice."""


def show(title: str, headers: list[str], rows: list[list[str]]) -> None:
    """A titled table to stdout; where it is wider than the terminal, a line for every cell."""
    from rich.console import Console
    from rich.measure import Measurement
    from rich.table import Table
    from rich.text import Text

    table = Table()
    headers = [printable(header) for header in headers]
    rows = [[printable(cell) for cell in row] for row in rows]
    for i, header in enumerate(headers):
        side = "left" if i == 0 else "right"
        table.add_column(Text(header), justify=side, overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    emit(title)
    known = sys.stdout.isatty() or "COLUMNS" in os.environ
    console = Console(width=None if known else WIDE)
    unbound = console.options.update(width=sys.maxsize)
    if Measurement.get(console, unbound, table).maximum <= console.width:
        console.print(table)
        return
    for row in rows:
        _show_upright(headers, row)


def _show_upright(headers: list[str], row: list[str]) -> None:
    """A row of a table as lines: its first cell, and below it the others with their headers."""
    head = f"{headers[0]}: " if headers[0] else ""
    if head + row[0]:
        emit(head + row[0])
    for header, cell in zip(headers[1:], row[1:], strict=True):
        emit(f"  {header}: {cell}" if header else f"  {cell}")


def report(result: Any, out: Path | None, json: bool, quiet: bool = False) -> bool:
    """Write a result to its file and, as JSON, to stdout; whether a table is still wanted.

    `quiet` wants none where the result has a file.

    A file that ends in .nc is NetCDF, any other JSON.
    """
    from dmjax.store.plain import to_json, write_json
    from dmjax.store.result import AbstractResult

    if out is not None and isinstance(result, AbstractResult) and out.suffix == ".nc":
        result.save(out)
    elif out is not None:
        write_json(out, result)
    if json:
        emit(to_json(result))
    return not json and not (quiet and out is not None)


def finish(
    plain: dict,
    json: bool,
    table: Callable[[dict], None],
    passed: bool,
    failure: str,
    silent: bool = False,
) -> None:
    """Print a result as JSON or as tables; exit status 1 where its numerics did not pass."""
    from dmjax.store.plain import to_json

    if json:
        emit(to_json(plain))
    elif not silent:
        table(plain)
    if not passed:
        fail(failure)


def fail(problem: str) -> NoReturn:
    """One line on stderr and exit status 1: a result whose numerics did not pass."""
    sys.stderr.write(f"dmjax: {problem}\n")
    sys.exit(1)
