"""What a scan states of itself beside its numbers, and the result that is read from its group."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from dmjax._version import __version__
from dmjax.analyses.catalogue import notes_of
from dmjax.errors import InputError
from dmjax.prediction.points import REFERENCE
from dmjax.prediction.signal import describe_conventions, describe_signal
from dmjax.scan.axes import Grid, axes_plain, grid_of
from dmjax.scan.checkpoint import KIND, Checkpoint, read_head
from dmjax.scan.engine import Engine
from dmjax.scan.files import settings_of
from dmjax.scan.memory import Memory
from dmjax.scan.refine import is_refined, merged
from dmjax.scan.result import ScanResult
from dmjax.scan.settings import HOW_RUN, LEVEL, ScanSettings
from dmjax.scan.status import STATUS_TEXT
from dmjax.store.plain import to_plain

_STATED = (
    "quantity",
    "meaning",
    "datasets",
    "experiment",
    "signal",
    "off_term",
    "caveats",
    "conventions",
)


def configuration_of(settings: ScanSettings) -> dict[str, Any]:
    """Settings that decide numbers, as plain types; the axes of the grid each by its name."""
    plain = {k: x for k, x in asdict(settings).items() if k not in HOW_RUN}
    axes = {f"grid.{name}": list(values) for name, values in plain.pop("grid")}
    return to_plain(plain | axes)


def head_of(engine: Engine) -> dict[str, Any]:
    """Attributes of a scan's group.

    Raises:
        InputError: choices whose limits are of different quantities.
    """
    every = engine.every
    quantities = list(dict.fromkeys(one.question.how.quantity for one in every))
    if len(quantities) > 1:
        raise InputError(
            f"limits of these models are quoted in {' and '.join(quantities)}: give one coupling, "
            "e.g. signal.coupling = 'eps'"
        )
    first, axes = every[0], axes_plain(engine.grid)
    names = list(dict.fromkeys(name for one in every for name in one.settings.datasets))
    return {
        "kind": KIND,
        "version": __version__,
        "quantity": quantities[0],
        "meaning": _meaning(engine),
        "datasets": names,
        "experiment": first.settings.experiment,
        "signal": {k: x for k, x in describe_signal(first.signal).items() if k not in axes},
        "off_term": first.about["off_term"],
        "caveats": notes_of(names),
        "conventions": describe_conventions(first.signal.conventions),
        "configuration": configuration_of(engine.settings)
        | {"inputs": engine.inputs, "version": __version__},
        "axes": axes,
        "columns": list(engine.names),
    }


def _meaning(engine: Engine) -> str:
    methods = list(dict.fromkeys(one.settings.method for one in engine.every))
    if methods == ["events"]:
        return f"signal events{_coupling(engine)}"
    how = engine.every[0].question.how
    kind = "limit expected without signal" if how.median else "upper limit"
    return f"{kind} at {100.0 * engine.settings.cl:.4g} % C.L. ({', '.join(map(str, methods))})"


def _coupling(engine: Engine) -> str:
    """At what coupling events are counted; nothing where that is an axis."""
    if "reference" in engine.grid.names:
        return ""
    quantity = engine.every[0].question.how.quantity
    return f" at {quantity} = {engine.settings.reference or REFERENCE[quantity]:g}"


def checkpoint_of(engine: Engine, folder: Path) -> Checkpoint:
    """The group of an engine's scan in a folder."""
    return Checkpoint(folder, engine.grid, engine.names, head_of(engine))


def held_in(folder: Path) -> Checkpoint:
    """The group that is in a folder, as it describes itself.

    Raises:
        InputError: it is no scan, or its attributes do not fit together.
    """
    head = read_head(folder)
    try:
        grid = _grid(head["configuration"])
        return Checkpoint(folder, grid, tuple(head["columns"]), head)
    except (LookupError, TypeError, ValueError) as problem:
        raise InputError(f"{folder} is no scan of dmjax: its attributes do not fit") from problem


def _grid(configuration: dict[str, Any]) -> Grid:
    return grid_of(settings_of(configuration))


def scan_result(held: "Checkpoint | Memory") -> ScanResult:
    """The result of a group, finished or not.

    Raises:
        InputError: a chunk that was finished is damaged.
    """
    arrays, finished = held.everything()
    error = None
    if is_refined(held.grid):
        arrays, error = merged(held.grid, arrays)
    flat: dict[str, Any] = {name: np.asarray(x).ravel() for name, x in arrays.items()}
    stated: dict[str, Any] = {name: held.head.get(name) for name in _STATED}
    return ScanResult(
        **stated,
        **flat,
        axes={name: x for name, x in held.head["axes"].items() if name != LEVEL},
        status_text=list(STATUS_TEXT),
        error=error,
        chunks=(len(finished), held.grid.count),
        configuration=held.head["configuration"],
        version=held.head["version"],
    )


def load_scan(folder: Path) -> ScanResult:
    """The scan in a folder; see `dmjax.load`."""
    return scan_result(held_in(folder))
