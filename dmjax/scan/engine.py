"""The engine: chunks of a scan through compiled programs, on every local device."""

from dataclasses import replace
from functools import cached_property, partial
from typing import Any, NamedTuple

import equinox as eqx
import jax
import numpy as np

from dmjax.batches import in_blocks
from dmjax.prediction.points import (
    FLIGHT_FLOOR_M,
    Kind,
    Numbers,
    in_flight,
    mean_flight_m,
    point_at,
)
from dmjax.prediction.signal import Signal
from dmjax.scan.axes import Chunk, choices_at, chunk_of, grid_of, numbers_at
from dmjax.scan.devices import local_devices, program, program_rows
from dmjax.scan.programs import COLUMNS, Columns, Question
from dmjax.scan.questions import chosen_settings, question_of
from dmjax.scan.rows import is_open, numbers_of_rows
from dmjax.scan.settings import ScanSettings
from dmjax.scan.status import PointStatus
from dmjax.store.blocks import fingerprint

_FLIGHTS = 1024
"""Rows whose flights are computed together."""

Answered = dict[str, np.ndarray]
Begun = Columns | Exception
"""What a program that was started will give, or why it was not."""


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
        self.devices = local_devices(settings.devices)
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

    def chunk(self, number: int, wanted: np.ndarray | None = None) -> Answered:
        """Values and statuses of a chunk, of its shape; never raises for a point.

        Args:
            number: of the chunk.
            wanted: points that are computed, of its shape, others stay pending; None: all.
        """
        chunk = chunk_of(self.grid, number)
        asked = self.asked(chunk)
        axes = numbers_at(self.grid, chunk)
        if self.settings.reference is not None:
            axes["reference"] = np.full_like(axes["m_v"], self.settings.reference)
        numbers = numbers_of_rows(asked.signal, axes, self.settings.dtype)
        shape = [part.stop - part.start for part in chunk.where]
        some = np.ones(shape, bool) if wanted is None else wanted
        made = self._answered(asked.question, numbers, some.ravel())
        return {name: x.reshape(shape) for name, x in made.items()}

    def _answered(self, question: Question, numbers: Numbers, wanted: np.ndarray) -> Answered:
        count = len(numbers.m_v)
        found: Answered = {name: np.full(count, np.nan) for name in self.names}
        here = is_open(numbers)
        found["status"] = np.full(count, PointStatus.CLOSED, np.int8)
        found["status"][here] = PointStatus.PENDING
        some = np.flatnonzero(here & wanted)
        if some.size:
            far = _flies(question, jax.tree.map(lambda x: x[some], numbers))
            for long_lived in (False, True):
                self._fill(found, question, numbers, some[far == long_lived], long_lived)
        return found

    def _fill(self, found: Answered, question, numbers: Numbers, rows, long_lived: bool) -> None:
        """Answers of some rows, in programs that are all started before one is waited for."""
        if not rows.size:
            return
        asked = _long_lived(question) if long_lived else question
        size = program_rows(asked, numbers, self.devices)
        blocks = [rows[i : i + size] for i in range(0, len(rows), size)]
        begun = [self._begun(asked, numbers, block, size) for block in blocks]
        for block, columns in zip(blocks, begun, strict=True):
            try:
                made = {name: np.asarray(x) for name, x in _there(columns).items()}
            except Exception:
                made = self._one_by_one(asked, numbers, block, size)
            for name, x in made.items():
                found[name][block] = x[: len(block)]

    def _begun(self, question: Question, numbers: Numbers, block, size: int) -> Begun:
        padded = np.pad(block, (0, size - len(block)), mode="edge")
        try:
            return program(self.devices)(question, jax.tree.map(lambda x: x[padded], numbers))
        except Exception as problem:
            return problem

    def _one_by_one(self, question: Question, numbers: Numbers, block, size: int) -> Answered:
        """Each row of a block that failed, alone; one that fails again says so."""
        names = COLUMNS[question.how.method]
        made: Answered = {name: np.full(len(block), np.nan) for name in names}
        made["status"] = np.full(len(block), PointStatus.FAILED, np.int8)
        for i, row in enumerate(block):
            try:
                one = _there(self._begun(question, numbers, np.array([row]), size))
                for name, x in one.items():
                    made[name][i] = np.asarray(x)[0]
            except Exception:
                continue
        return made


def _there(columns: Begun) -> Columns:
    if isinstance(columns, Exception):
        raise columns
    return columns


def _flies(question: Question, numbers: Numbers) -> np.ndarray:
    """Whether the mediator gets further than it can be said to decay where it is made."""
    far = in_blocks(partial(_flights, question.how.kind), numbers, _FLIGHTS)
    return np.asarray(far) > FLIGHT_FLOOR_M


@partial(jax.jit, static_argnums=0)
def _flights(kind: Kind, numbers: Numbers) -> jax.Array:
    return jax.vmap(lambda row: mean_flight_m(point_at(kind, row)))(numbers)


def _long_lived(question: Question) -> Question:
    """The same with detectors that are ready for mediators that fly."""
    flying = tuple(
        eqx.tree_at(lambda s: s.experiment, one, in_flight(one.experiment))
        for one in question.searches
    )
    return replace(question, how=question.how._replace(long_lived=True), searches=flying)
