"""Scan files: TOML whose tables hold the fields of `ScanSettings`, and a grid."""

import itertools
import math
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from dmjax.errors import InputError, shown
from dmjax.scan.settings import CHOICES, NUMBERS, SECTIONS, ScanSettings, read_value
from dmjax.schema import unknown
from dmjax.studies.readers import grid as grid_text
from dmjax.studies.readers import names
from dmjax.texts import read_toml

MOST_POINTS = 10**8
"""Of a scan."""

_RANGE = ("start", "stop", "points", "log")
_INLINE = "a scan"


def read_scan(source: Path | str | Mapping[str, Any]) -> ScanSettings:
    """The settings that a scan file, or a mapping with the content of one, describes.

    Args:
        source: path of a TOML file, or its content. Paths of data sets and detectors in a file
            start at its folder.

    Raises:
        InputError: one line with the file, the key and what would be right.

    >>> made = read_scan({"datasets": ["ccm120"], "grid": {"m_v": [30, 75], "m_chi": "1:100:3"}})
    >>> made.grid
    (('m_v', (30.0, 75.0)), ('m_chi', (1.0, 10.0, 100.0)))
    """
    if isinstance(source, Mapping):
        return _settings(_INLINE, None, dict(source))
    path = Path(source)
    return _settings(str(path), path.parent, read_toml(path))


def _settings(file: str, folder: Path | None, content: dict[str, Any]) -> ScanSettings:
    fields: dict[str, Any] = {}
    tables = [name for name in (*SECTIONS, "grid") if name]
    top = SECTIONS[""]
    for key, value in content.items():
        if key in top:
            fields[top[key]] = _read(file, top[key], key, value)
        elif key not in tables:
            raise unknown(file, "key", key, [*top, *tables])
        elif not isinstance(value, Mapping):
            raise InputError(f"{file}: {key} = {shown(value)}: must be a table")
        elif key != "grid":
            fields |= _section(file, key, value)
    axes = _grid(file, content.get("grid"))
    fields["grid"] = axes
    twice = [name for name, _ in axes if name in fields]
    if twice:
        raise InputError(f"{file}: {twice[0]} is fixed and an axis of the grid: leave one out")
    return ScanSettings(**_beside(fields, folder))


def _section(file: str, table: str, content: Mapping[str, Any]) -> dict[str, Any]:
    known = SECTIONS[table]
    found = {}
    for key, value in content.items():
        if key not in known:
            raise unknown(file, f"key in {table}:", key, list(known))
        found[known[key]] = _read(file, known[key], f"{table}.{key}", value)
    return found


def _read(file: str, field: str, key: str, value: Any) -> Any:
    try:
        return read_value(field, key, value)
    except InputError as problem:
        raise InputError(f"{file}: {problem}") from None


def _grid(file: str, content: Mapping[str, Any] | None) -> tuple:
    if not content or "m_v" not in content:
        raise InputError(
            f"{file}: grid.m_v is missing: masses [MeV], e.g. m_v = "
            "{ start = 1, stop = 138, points = 50, log = true }"
        )
    known = [*NUMBERS, *CHOICES]
    axes = []
    for name, value in content.items():
        if name not in known:
            raise unknown(file, "axis in grid:", name, known)
        read = _numbers if name in NUMBERS else _choices
        axes.append((name, read(file, name, value)))
    points = math.prod(len(values) for _, values in axes)
    if points > MOST_POINTS:
        raise InputError(f"{file}: the grid has {points} points, at most {MOST_POINTS} are allowed")
    return tuple(axes)


def _numbers(file: str, name: str, value: Any) -> tuple[float, ...]:
    key = f"grid.{name}"
    if isinstance(value, Mapping):
        value = _spaced(file, key, value)
    elif isinstance(value, str):
        value = _tried(file, lambda: grid_text(key, value))
    listed = value if isinstance(value, list | tuple) else [value]
    found = tuple(_read(file, name, key, one) for one in listed)
    found = tuple(one[0] if isinstance(one, tuple) else one for one in found)
    if not found:
        raise InputError(f"{file}: {key} is empty: at least one value is needed")
    steps = [b - a for a, b in itertools.pairwise(found)]
    if not all(step > 0.0 for step in steps):
        raise InputError(f"{file}: {key} must increase from value to value, got {shown(value)}")
    return found


def _spaced(file: str, key: str, value: Mapping[str, Any]) -> list[float]:
    for name in value:
        if name not in _RANGE:
            raise unknown(file, f"key in {key}:", name, list(_RANGE))
    missing = [name for name in _RANGE[:3] if name not in value]
    if missing:
        raise InputError(f"{file}: {key} has no {missing[0]}: give start, stop, points")
    start, stop = (_tried(file, lambda n=n: _number(f"{key}.{n}", value[n])) for n in _RANGE[:2])
    points, log = value["points"], value.get("log", False)
    if not isinstance(log, bool):
        raise InputError(f"{file}: {key}.log = {shown(log)}: must be true or false")
    if isinstance(points, bool) or not isinstance(points, int) or not 2 <= points <= 10**6:
        raise InputError(f"{file}: {key}.points = {shown(points)}: must be 2 to 1000000")
    if not start < stop or (log and not start > 0.0):
        lowest = "0 < " if log else ""
        raise InputError(f"{file}: {key} needs {lowest}start < stop, got {start:g}, {stop:g}")
    if log:
        step = math.log(stop / start) / (points - 1)
        return [*(start * math.exp(step * i) for i in range(points - 1)), stop]
    step = (stop - start) / (points - 1)
    return [*(start + step * i for i in range(points - 1)), stop]


def _number(key: str, value: Any) -> float:
    from dmjax.studies.readers import number

    return number(key, value)


def _tried(file: str, read: Any) -> Any:
    try:
        return read()
    except InputError as problem:
        raise InputError(f"{file}: {problem}") from None


def _choices(file: str, name: str, value: Any) -> tuple:
    key = f"grid.{name}"
    if not isinstance(value, list | tuple) or not value:
        raise InputError(f"{file}: {key} = {shown(value)}: must be a list of at least one value")
    if name == "datasets":
        found = tuple(_tried(file, lambda one=one: names(key, one)) for one in value)
    else:
        found = tuple(_read(file, name, key, one) for one in value)
    if len(set(found)) < len(found):
        raise InputError(f"{file}: {key} has a value twice: {shown(value)}")
    return found


def _beside(fields: dict[str, Any], folder: Path | None) -> dict[str, Any]:
    """Paths of a file start at its folder."""
    if folder is None:
        return fields

    def placed(name: str) -> str:
        return str(folder / name) if name.endswith(".toml") else name

    if "datasets" in fields:
        fields["datasets"] = tuple(map(placed, fields["datasets"]))
    if fields.get("experiment"):
        fields["experiment"] = placed(fields["experiment"])
    moved = {
        "datasets": lambda sets: tuple(map(placed, sets)),
        "experiment": placed,
    }
    fields["grid"] = tuple(
        (name, tuple(map(moved[name], values)) if name in moved else values)
        for name, values in fields["grid"]
    )
    return fields


def settings_of(configuration: Mapping[str, Any]) -> ScanSettings:
    """The settings that a scan's configuration states; see `head.configuration_of`."""
    axes = {k.removeprefix("grid."): x for k, x in configuration.items() if k.startswith("grid.")}
    grid = tuple((name, tuple(map(_tupled, values))) for name, values in axes.items())
    known = [field.name for field in fields(ScanSettings) if field.name != "grid"]
    held = {name: _tupled(configuration[name]) for name in known if name in configuration}
    return ScanSettings(**held, grid=grid)


def _tupled(value: Any) -> Any:
    return tuple(map(_tupled, value)) if isinstance(value, list) else value
