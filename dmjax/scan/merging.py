"""Shards of one scan, computed apart, put together."""

from pathlib import Path

from dmjax.errors import InputError
from dmjax.scan.checkpoint import ENDING, Checkpoint
from dmjax.scan.head import held_in, scan_result
from dmjax.scan.result import ScanResult
from dmjax.store.locks import working_in


def merged(parts: list[Path], out: Path) -> ScanResult:
    """The scan whose chunks are those of its parts; the same bytes as if it was computed at once.

    Args:
        parts: folders of shards; a chunk may be in several.
        out: folder of the whole; chunks that are there already stay.

    Returns:
        `ScanResult`; chunks that no part has are pending.

    Raises:
        InputError: no part, parts of different scans, or a name that is no folder of a scan.
    """
    if not parts:
        raise InputError(f"name the shards of a scan, e.g. part-1{ENDING} part-2{ENDING}")
    if out.suffix != ENDING:
        raise InputError(f"a merged scan is a folder NAME{ENDING}, not '{out.name}'")
    held = [held_in(part) for part in parts]
    whole = Checkpoint(out, held[0].grid, tuple(held[0].head["columns"]), held[0].head)
    for part in held:
        whole.check_same(part)
    whole.check()
    with working_in(out):
        done = whole.begin()
        for part in held:
            for number in sorted(part.finished() - done):
                arrays = part.read(number)
                if arrays is not None:
                    whole.commit(number, arrays)
                    done.add(number)
        return scan_result(whole)
