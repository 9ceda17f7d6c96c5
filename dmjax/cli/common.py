"""What every command shares: start-up, reading of texts, tables."""

import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from dmjax.errors import InputError


def start() -> None:
    """float64 for every computation of the command line."""
    import jax

    jax.config.update("jax_enable_x64", True)


def names(text: str) -> tuple[str, ...]:
    """The parts of a comma-separated list."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


def numbers(option: str, text: str) -> list[float]:
    """The numbers of a comma-separated list."""
    try:
        return [float(part) for part in names(text)]
    except ValueError as problem:
        raise InputError(f"{option} takes numbers like 30,75,120, got '{text}'") from problem


def number_range(option: str, text: str) -> tuple[float, float]:
    """The two ends of a range given as LOW,HIGH."""
    try:
        low, high = (float(part) for part in names(text))
    except ValueError as problem:
        raise InputError(f"{option} takes two numbers, e.g. 1,200, got '{text}'") from problem
    return low, high


def channel_names(text: str) -> tuple[str, ...]:
    """Production channels of a list; "all" for every one."""
    from dmjax.conventions import CHANNELS

    return CHANNELS if text == "all" else names(text)


def pairs(texts: Iterable[str], wanted: str, read: Callable[[str], Any]) -> dict[str, Any]:
    """Texts key=value as a dictionary; `wanted` says in an error what would be right."""
    found = {}
    for text in texts:
        key, equals, value = text.partition("=")
        try:
            if not equals:
                raise ValueError(text)
            found[key.strip()] = read(value.strip())
        except ValueError as problem:
            raise InputError(f"{wanted}, got '{text}'") from problem
    return found


def chosen_conventions(profile: str, choices: Iterable[str] | None):
    """A profile with single choices changed by key=value."""
    import dmjax

    wanted = "--choose takes key=value, e.g. width=narrow"
    return dmjax.conventions(profile, **pairs(choices or (), wanted, _typed))


def signal_at(
    mv: float | None,
    dm: str,
    mass_ratio: float,
    alpha_d: float,
    channels: str,
    conventions: str,
    choose: list[str] | None,
):
    """The dark-photon signal that the common options describe; none without a mass."""
    from dmjax.studies.best_fit import signal_point

    return signal_point(
        "none" if mv is None else "dark-photon",
        mv,
        mass_ratio=mass_ratio,
        alpha_d=alpha_d,
        dm=dm,
        channels=channel_names(channels),
        conventions=chosen_conventions(conventions, choose),
    )


def _typed(text: str) -> bool | float | str:
    if text in ("true", "false"):
        return text == "true"
    try:
        return float(text)
    except ValueError:
        return text


def emit(text: str) -> None:
    """One text to stdout."""
    sys.stdout.write(text + "\n")


def show(title: str, headers: list[str], rows: list[list[str]]) -> None:
    """A titled table to stdout."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table()
    for i, header in enumerate(headers):
        table.add_column(Text(header), justify="left" if i == 0 else "right")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    emit(title)
    Console(width=None if sys.stdout.isatty() else 100).print(table)


def report(result: Any, out: Path | None, json: bool) -> bool:
    """Write a result to its file and, as JSON, to stdout; whether a table is still wanted.

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
    return not json


def finish(
    plain: dict, json: bool, table: Callable[[dict], None], passed: bool, failure: str
) -> None:
    """Print a result as JSON or as tables; exit status 1 where its numerics did not pass."""
    from dmjax.store.files import to_json

    if json:
        emit(to_json(plain))
    else:
        table(plain)
    if not passed:
        sys.stderr.write(f"dmjax: {failure}\n")
        sys.exit(1)


def flat_conventions(result: dict) -> dict:
    """`conventions` as the profile's name, with its changed fields beside it."""
    chosen = result["conventions"]
    return result | {"conventions": chosen["conventions"], "conventions_changed": chosen["changed"]}


def check_ratio(mass_ratio: float) -> None:
    """Raise unless V → χχ is open."""
    if not mass_ratio > 2.0:
        raise InputError(f"V -> chi chi needs --mass-ratio above 2, got {mass_ratio:g}")
