"""`scan`: every chunk that is not kept yet is computed and kept, here or by workers."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from dmjax.errors import InputError, shown
from dmjax.scan.checkpoint import ENDING, Checkpoint
from dmjax.scan.engine import Answered, Engine
from dmjax.scan.head import checkpoint_of, head_of, scan_result
from dmjax.scan.memory import Memory
from dmjax.scan.result import ScanResult
from dmjax.scan.settings import ScanSettings
from dmjax.store.locks import working_in
from dmjax.store.progress import Say, nothing, remark

Answers = Iterable[tuple[int, Answered]]
Compute = Callable[[Engine, list[int]], Answers]
"""(engine, numbers of chunks) → each with its answer, in any order."""


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


def here(engine: Engine, numbers: list[int]) -> Answers:
    """Chunks one after the other, in this process."""
    for number in numbers:
        yield number, engine.chunk(number)


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
    done = kept.begin()
    ours = [n for n in range(engine.grid.count) if n % share.of == share.number - 1]
    missing = [n for n in ours if n not in done]
    if len(missing) < len(ours):
        remark(say, "scan", f"{len(ours) - len(missing)} of {len(ours)} chunks are kept already")
    for count, (number, answer) in enumerate(_said(compute(engine, missing), say, len(missing))):
        kept.commit(number, answer)
        say("scan", count + 1, len(missing), "chunks")


def _said(answers: Answers, say: Say, of: int) -> Iterator[tuple[int, Answered]]:
    say("scan", 0, of, "chunks") if of else None
    yield from answers
