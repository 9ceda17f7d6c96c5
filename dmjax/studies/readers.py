"""Values of options, from texts of a command line or a file, or as Python objects."""

import math
import operator
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from dmjax.errors import InputError, shown, unknown_name

Reader = Callable[[str, Any], Any]
"""(how errors name the option, value) → value; InputError where it cannot be read."""

_MOST_POINTS = 100_000


def text(name: str, value: Any) -> str:
    """A text."""
    if not isinstance(value, str):
        raise InputError(f"{name} takes a text, got {shown(value)}")
    return value


def path(name: str, value: Any) -> Path:
    """A path."""
    if not isinstance(value, str | Path) or str(value) == "" or "\0" in str(value):
        raise InputError(f"{name} takes a path, got {shown(value)}")
    return Path(value)


def number(name: str, value: Any) -> float:
    """A finite number."""
    try:
        found = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        found = math.nan
    if not math.isfinite(found):
        raise InputError(f"{name} takes a finite number, got {shown(value)}")
    return found


def whole(name: str, value: Any) -> int:
    """A whole number; as a text also like 1e6."""
    try:
        found = int(value) if isinstance(value, str) else operator.index(value)
    except (TypeError, ValueError):
        found = _as_written(value)
    if found is None or isinstance(value, bool):
        raise InputError(f"{name} takes a whole number, got {shown(value)}")
    return found


def _as_written(value: Any) -> int | None:
    """The whole number that a text like 1e6 stands for."""
    try:
        found = float(value) if isinstance(value, str) else math.nan
    except ValueError:
        return None
    return int(found) if found.is_integer() else None


def flag(name: str, value: Any) -> bool:
    """True or false."""
    if isinstance(value, str) and value in ("true", "false"):
        return value == "true"
    if not isinstance(value, bool):
        raise InputError(f"{name} takes true or false, got {shown(value)}")
    return value


def one_of(*choices: str) -> Reader:
    """One of some names."""

    def read(name: str, value: Any) -> str:
        if text(name, value) not in choices:
            raise unknown_name(name, value, choices)
        return value

    return read


def names(name: str, value: Any) -> tuple[str, ...]:
    """Names, of a list or separated by commas."""
    parts = value.split(",") if isinstance(value, str) else value
    if not isinstance(parts, Iterable):
        raise InputError(f"{name} takes names separated by commas, got {shown(value)}")
    return tuple(one for part in parts if (one := text(name, part).strip()))


def numbers(name: str, value: Any) -> tuple[float, ...]:
    """Numbers: one, a list, or texts separated by commas."""
    if isinstance(value, str):
        parts: Any = [part for part in value.split(",") if part.strip()]
    else:
        parts = value.ravel().tolist() if hasattr(value, "ravel") else value
    if isinstance(parts, int | float):
        parts = [parts]
    try:
        return tuple(number(name, part) for part in parts)
    except (InputError, TypeError):
        raise InputError(f"{name} takes numbers like 30,75,120, got {shown(value)}") from None


def grid(name: str, value: Any) -> tuple[float, ...]:
    """Numbers above 0: a value, a list, or low:high:points in equal steps of the logarithm.

    >>> grid("--mv", "10:1000:3")
    (10.0, 100.0, 1000.0)
    """
    if not (isinstance(value, str) and ":" in value):
        return numbers(name, value)
    parts = value.split(":")
    try:
        low, high, points = float(parts[0]), float(parts[1]), int(parts[2])
    except (ValueError, IndexError):
        low, high, points = math.nan, math.nan, 0
    if len(parts) != 3 or not (0 < low < high < math.inf and 2 <= points <= _MOST_POINTS):
        raise InputError(
            f"{name} takes low:high:points with 0 < low < high and 2 to {_MOST_POINTS} points, "
            f"got {shown(value)}"
        )
    step = math.log(high / low) / (points - 1)
    return (*(low * math.exp(step * i) for i in range(points - 1)), high)


def interval(name: str, value: Any) -> tuple[float, float]:
    """Two numbers: low:high, low,high or a pair."""
    parts = value.replace(":", ",") if isinstance(value, str) else value
    try:
        low, high = numbers(name, parts)
    except (InputError, ValueError):
        raise InputError(f"{name} takes two numbers, e.g. 1,200, got {shown(value)}") from None
    return low, high


def pairs(name: str, value: Any, read: Callable[[Any], Any], example: str) -> tuple:
    """(key, value) pairs of texts key=value, of a list of them or of a dictionary, in order."""
    found: dict[str, Any] = {}
    for key, raw in _items(value, lambda part: _split(name, part, example), name, example):
        if text(name, key) in found:
            raise InputError(f"{name} names {shown(key)} twice")
        try:
            found[key] = read(raw)
        except (TypeError, ValueError, OverflowError):
            raise InputError(f"{name} takes {example}, got {shown(f'{key}={raw}')}") from None
    return tuple(found.items())


def _items(value: Any, split: Callable[[Any], tuple], name: str, example: str) -> list[tuple]:
    """(key, value) of a dictionary, of a list, or of a text with commas."""
    if isinstance(value, Mapping):
        return list(value.items())
    if isinstance(value, str):
        value = [part for part in value.split(",") if part.strip()]
    if not isinstance(value, Iterable):
        raise InputError(f"{name} takes {example}, got {shown(value)}")
    return [split(part) for part in value]


def assigned(example: str, read: Callable[[Any], Any] = float) -> Reader:
    """Pairs key=value, numbers as a rule; `example` says in errors what would be right."""

    def reader(name: str, value: Any) -> tuple:
        return pairs(name, value, read, example)

    return reader


def held(name: str, value: Any) -> tuple[tuple[str, float | None], ...]:
    """Names, each with or without =number; of a text, a list or a dictionary."""
    example = "NAME or NAME=VALUE"

    def read(raw: Any) -> float | None:
        empty = raw is None or (isinstance(raw, str) and raw == "")
        return None if empty else number(name, raw)

    return pairs(name, _items(value, _name_or_pair, name, example), read, example)


def _name_or_pair(part: Any) -> tuple[str, Any]:
    if isinstance(part, tuple | list) and len(part) == 2:
        return part[0], part[1]
    key, _, raw = str(part).partition("=")
    return key.strip(), raw.strip()


def typed(raw: Any) -> Any:
    """true, false, a number, or the text itself; what is no text stays what it is."""
    if not isinstance(raw, str):
        return raw
    if raw in ("true", "false"):
        return raw == "true"
    try:
        return float(raw)
    except ValueError:
        return raw


def _split(name: str, part: Any, example: str) -> tuple[str, Any]:
    if isinstance(part, tuple | list) and len(part) == 2:
        return part[0], part[1]
    key, equals, raw = str(part).partition("=")
    if not equals:
        raise InputError(f"{name} takes {example}, got {shown(part)}")
    return key.strip(), raw.strip()
