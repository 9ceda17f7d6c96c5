"""What a killed run leaves: its folder as it is at random moments of its writing."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

import dmjax.store.writing as writing
from dmjax.programs import folder as programs


@contextmanager
def at_every_moment(call: Callable[[], None]) -> Iterator[None]:
    """Calls before and after a new file is made, filled, and put in place."""
    opened, synced, replaced = os.open, os.fsync, Path.replace

    def around(real):
        def wrapped(*arguments, **options):
            call()
            found = real(*arguments, **options)
            call()
            return found

        return wrapped

    class System:
        """`os` with calls around what changes a file."""

        open, fsync = staticmethod(around(opened)), staticmethod(around(synced))

        def __getattr__(self, name: str):
            return getattr(os, name)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(writing, "os", System())
        patch.setattr(Path, "replace", around(replaced))
        # A first run would write the programs it makes, and have more moments than the next.
        patch.setattr(programs, "_folder", None)
        yield


def moments_of(run: Callable[[], object]) -> int:
    """How many moments a run has."""
    count = [0]

    def one_more() -> None:
        count[0] += 1

    with at_every_moment(one_more):
        run()
    return count[0]


def snapshots(
    run: Callable[[], object], folder: Path, into: Path, chosen: np.ndarray
) -> list[Path]:
    """Copies of a folder at chosen moments of a run: what SIGKILL leaves there, the lock too."""
    made, now = [], [0]

    def look() -> None:
        if now[0] in chosen:
            made.append(into / f"moment_{now[0]}")
            shutil.copytree(folder, made[-1])
        now[0] += 1

    with at_every_moment(look):
        run()
    return made
