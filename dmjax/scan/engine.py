"""The engine: chunks of a scan through compiled programs, on every local device."""

from dataclasses import replace
from functools import cached_property, lru_cache, partial
from typing import Any, NamedTuple

import equinox as eqx
import jax
import numpy as np
from jax.sharding import Mesh
from jax.sharding import PartitionSpec as P

from dmjax.errors import InputError
from dmjax.prediction.points import FLIGHT_FLOOR_M, Numbers, in_flight, mean_flight_m, point_at
from dmjax.prediction.signal import Signal
from dmjax.scan.axes import Chunk, choices_at, chunk_of, grid_of, numbers_at
from dmjax.scan.programs import COLUMNS, Columns, Question, answer, compiled
from dmjax.scan.questions import chosen_settings, question_of
from dmjax.scan.rows import is_open, numbers_of_rows
from dmjax.scan.settings import ScanSettings
from dmjax.scan.status import PointStatus
from dmjax.store.blocks import fingerprint

CPU_ROWS = 64
"""Rows of a program on a processor: more use more cache, not less time."""

DEVICE_ROWS = 4096
"""Rows of a program on each accelerator."""

Answered = dict[str, np.ndarray]


class Asked(NamedTuple):
    """A question with its signal, and what is stated of it."""

    question: Question
    signal: Signal
    settings: ScanSettings
    about: dict[str, Any]


class Engine:
    """Everything that computes chunks of one scan.

    Programs have one number of rows, whatever a chunk holds: the last rows are filled up, so that
    a row has the same bits in any chunk.

    Args:
        settings: of the scan.

    Raises:
        InputError: settings that do not fit together, or devices that are not there.
    """

    def __init__(self, settings: ScanSettings) -> None:
        self.settings = settings
        self.grid = grid_of(settings)
        self.devices = _devices(settings.devices)
        self.rows = _program_rows(self.devices)
        self._asked: dict[tuple, Asked] = {}

    def asked(self, chunk: Chunk) -> Asked:
        """What is asked at the choices of a chunk."""
        choices = choices_at(self.grid, chunk)
        key = tuple(choices.items())
        if key not in self._asked:
            settings = chosen_settings(self.settings, choices)
            question, signal, about = question_of(settings)
            self._asked[key] = Asked(question, signal, settings, about)
        return self._asked[key]

    @cached_property
    def every(self) -> tuple[Asked, ...]:
        """What is asked at every choice."""
        found = {}
        for number in range(self.grid.count):
            chunk = chunk_of(self.grid, number)
            found.setdefault(tuple(choices_at(self.grid, chunk).items()), chunk)
        return tuple(map(self.asked, found.values()))

    @cached_property
    def inputs(self) -> str:
        """Fingerprint of detectors, models and data."""
        leaves = jax.tree.leaves([one.question for one in self.every])
        return fingerprint([x for x in leaves if isinstance(x, jax.Array | np.ndarray)])

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Of the columns of the scan, beside the status."""
        found = [name for one in self.every for name in COLUMNS[one.question.how.method]]
        return tuple(dict.fromkeys(found))

    def chunk(self, number: int) -> Answered:
        """Values and statuses of a chunk, of its shape; never raises for a point."""
        chunk = chunk_of(self.grid, number)
        asked = self.asked(chunk)
        axes = numbers_at(self.grid, chunk)
        numbers = numbers_of_rows(asked.signal, axes, self.settings.dtype)
        made = self._answered(asked.question, numbers)
        shape = [part.stop - part.start for part in chunk.where]
        return {name: x.reshape(shape) for name, x in made.items()}

    def _answered(self, question: Question, numbers: Numbers) -> Answered:
        count = len(numbers.m_v)
        found: Answered = {name: np.full(count, np.nan) for name in self.names}
        found["status"] = np.full(count, PointStatus.CLOSED, np.int8)
        some = np.flatnonzero(is_open(numbers))
        if some.size:
            far = _flies(question, jax.tree.map(lambda x: x[some], numbers))
            for long_lived in (False, True):
                self._fill(found, question, numbers, some[far == long_lived], long_lived)
        return found

    def _fill(self, found: Answered, question, numbers: Numbers, rows, long_lived: bool) -> None:
        """Answers of some rows, in programs that are all started before one is waited for."""
        blocks = [rows[i : i + self.rows] for i in range(0, len(rows), self.rows)]
        asked = _long_lived(question) if long_lived and blocks else question
        begun = [self._begun(asked, numbers, block) for block in blocks]
        for block, columns in zip(blocks, begun, strict=True):
            try:
                made = {name: np.asarray(x) for name, x in _there(columns).items()}
            except Exception:
                made = self._one_by_one(asked, numbers, block)
            for name, x in made.items():
                found[name][block] = x[: len(block)]

    def _begun(self, question: Question, numbers: Numbers, block) -> Columns | Exception:
        padded = np.concatenate([block, np.repeat(block[-1:], self.rows - len(block))])
        try:
            return _program(self.devices)(question, jax.tree.map(lambda x: x[padded], numbers))
        except Exception as problem:
            return problem

    def _one_by_one(self, question: Question, numbers: Numbers, block) -> Answered:
        """Each row of a block that failed, alone; one that fails again says so."""
        names = COLUMNS[question.how.method]
        made: Answered = {name: np.full(len(block), np.nan) for name in names}
        made["status"] = np.full(len(block), PointStatus.FAILED, np.int8)
        for i, row in enumerate(block):
            try:
                one = _there(self._begun(question, numbers, np.array([row])))
                for name, x in one.items():
                    made[name][i] = np.asarray(x)[0]
            except Exception:
                continue
        return made


def _there(columns: Columns | Exception) -> Columns:
    if isinstance(columns, Exception):
        raise columns
    return columns


def _devices(count: int | None) -> tuple[jax.Device, ...]:
    here = jax.local_devices()
    if count is not None and count > len(here):
        raise InputError(f"run.devices = {count}: there are {len(here)} here ({here[0].platform})")
    return tuple(here[:count])


def _program_rows(devices: tuple[jax.Device, ...]) -> int:
    each = CPU_ROWS if devices[0].platform == "cpu" else DEVICE_ROWS
    return each * len(devices)


@lru_cache
def _program(devices: tuple[jax.Device, ...]):
    """`answer` compiled for devices; on several, each works on its own rows."""
    if len(devices) == 1:
        return compiled
    mesh = Mesh(np.array(devices), ("rows",))

    @eqx.filter_jit
    def shared(question: Question, rows: Numbers) -> Columns:
        arrays, static = eqx.partition(question, eqx.is_array)
        each = partial(_with_static, static)
        return jax.shard_map(
            each, mesh=mesh, in_specs=(P(), P("rows")), out_specs=P("rows"), check_vma=False
        )(arrays, rows)

    return shared


def _with_static(static: Question, arrays: Question, rows: Numbers) -> Columns:
    return answer(eqx.combine(arrays, static), rows)


def _flies(question: Question, numbers: Numbers) -> np.ndarray:
    """Whether the mediator gets further than it can be said to decay where it is made."""
    return np.asarray(_flights(question.how.kind, numbers)) > FLIGHT_FLOOR_M


@eqx.filter_jit
def _flights(kind, numbers: Numbers):
    return jax.vmap(lambda row: mean_flight_m(point_at(kind, row)))(numbers)


def _long_lived(question: Question) -> Question:
    """The same with detectors that are ready for mediators that fly."""
    flying = tuple(
        eqx.tree_at(lambda s: s.experiment, one, in_flight(one.experiment))
        for one in question.searches
    )
    return replace(question, how=question.how._replace(long_lived=True), searches=flying)
