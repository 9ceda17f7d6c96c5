"""`scan`: every chunk that is not kept yet is computed and kept, here or by workers."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from dmjax.errors import InputError, shown
from dmjax.scan.axes import chunk_of
from dmjax.scan.checkpoint import ENDING, Checkpoint
from dmjax.scan.engine import Answered, Engine
from dmjax.scan.head import checkpoint_of, head_of, scan_result
from dmjax.scan.memory import Memory
from dmjax.scan.refine import is_refined, wanted_at
from dmjax.scan.result import ScanResult
from dmjax.scan.settings import ScanSettings
from dmjax.store.locks import working_in
from dmjax.store.progress import Say, nothing, remark, under

Answers = Iterable[tuple[int, Answered]]
Task = tuple[int, np.ndarray | None]
"""Number of a chunk, and which of its points are computed (None: all)."""
Compute = Callable[[Engine, list[Task]], Answers]
"""(engine, tasks) → number and answer of each, in any order."""


class Share(NamedTuple):
    """Part `number` of `of` of the chunks of a scan, counted from 1."""

    number: int
    of: int


EVERYTHING = Share(1, 1)
MOST_SHARES = 100_000


def read_share(text: str | None) -> Share:
    """The share that a text like 2/8 names.

    >>> read_share("2/8")
    Share(number=2, of=8)
    """
    if text is None:
        return EVERYTHING
    number, _, of = text.partition("/")
    if not (number.isdecimal() and of.isdecimal() and 1 <= int(number) <= int(of) <= MOST_SHARES):
        raise InputError(
            f"shard takes i/n with 1 <= i <= n <= {MOST_SHARES}, e.g. 2/8, got {shown(text)}"
        )
    return Share(int(number), int(of))


def here(engine: Engine, tasks: list[Task]) -> Answers:
    """Chunks one after the other, in this process."""
    for number, wanted in tasks:
        yield number, engine.chunk(number, wanted)


def run_scan(
    settings: ScanSettings,
    out: Path | None = None,
    say: Say = nothing,
    compute: Compute = here,
    share: Share = EVERYTHING,
) -> ScanResult:
    """A scan, from where an earlier run of it was stopped.

    Args:
        settings: what is asked, and on which grid.
        out: a folder .zarr, which grows; or a file .nc or .json, written in the end beside such a
            folder. None: nothing is kept.
        say: see `store.progress.Say`.
        compute: what computes chunks.
        share: of the chunks.

    Returns:
        `ScanResult`; of a share, the other points are pending.

    Raises:
        InputError: settings that do not fit together, another scan in `out`, or a share without
            a folder.
    """
    if share.of > 1 and (out is None or out.suffix != ENDING):
        raise InputError(f"a shard is kept for merging: give --out NAME{ENDING}")
    if share.of > 1 and settings.refine_level is not None:
        raise InputError("refine needs the whole map: leave shard out")
    if out is not None and out.suffix not in (ENDING, ".nc", ".json"):
        raise InputError(f"a scan is kept as NAME{ENDING}, .nc or .json, not as '{out.name}'")
    engine = Engine(settings)
    if out is None:
        held = Memory(engine.grid, engine.names, head_of(engine))
        _grow(engine, held, say, compute, share)
        return scan_result(held)
    folder = out.with_suffix(ENDING)
    kept = checkpoint_of(engine, folder)
    kept.check()
    with working_in(folder):
        _grow(engine, kept, say, compute, share)
        found = scan_result(kept)
    if out != folder:
        found.save(out)
    remark(say, "scan", f"written to {out}")
    return found


def _grow(
    engine: Engine, kept: "Checkpoint | Memory", say: Say, compute: Compute, share: Share
) -> None:
    """Every chunk that is missing, level after level of an adaptive scan."""
    grid, done = engine.grid, kept.begin()
    if not is_refined(grid):
        ours = [n for n in range(grid.count) if n % share.of == share.number - 1]
        _compute(engine, kept, say, compute, [(n, None) for n in ours], done)
        return
    each = grid.count // grid.shape[0]
    for level in range(grid.shape[0]):
        wanted = wanted_at(engine.settings, grid, kept.everything()[0], level)
        numbers = range(level * each, (level + 1) * each)
        tasks: list[Task] = [(n, wanted[chunk_of(grid, n).where[1:]][None]) for n in numbers]
        _compute(engine, kept, under(say, f"level {level} of "), compute, tasks, done)


def _compute(
    engine: Engine,
    kept: "Checkpoint | Memory",
    say: Say,
    compute: Compute,
    tasks: list[Task],
    done: set[int],
) -> None:
    missing = [task for task in tasks if task[0] not in done]
    if len(missing) < len(tasks):
        remark(say, "scan", f"{len(tasks) - len(missing)} of {len(tasks)} chunks are kept already")
    if missing:
        say("scan", 0, len(missing), "chunks")
    for count, (number, answer) in enumerate(compute(engine, missing)):
        kept.commit(number, answer)
        say("scan", count + 1, len(missing), "chunks")
