"""A full disk, a quota, a read-only or vanished folder, a locked file: said, and nothing lost."""

import errno
import fcntl
import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from dmjax.errors import InputError
from dmjax.plots.canvas import blank_figure, save_figure
from dmjax.store.blocks import Block, kept, write_block
from dmjax.store.folders import claim_folder
from dmjax.store.reading import content
from dmjax.store.steps import LIST, Steps
from dmjax.store.writing import write_text
from dmjax.studies.load import load
from made_results import made_limit, made_posterior

WRITERS = {
    "a.txt": lambda path: write_text(path, "x" * 5000),
    "a.json": lambda path: made_limit(caveats=["x" * 5000]).save(path),
    "a.nc": lambda path: made_posterior().save(path),
    "a.npz": lambda path: write_block(Block(path, {}, "b"), {"x": np.zeros(5000)}),
    "a.png": lambda path: save_figure(blank_figure(3.0), path, (".png",)),
}
"""Every kind of file the package writes."""


@contextmanager
def at_most(size: int) -> Iterator[None]:
    """No file grows beyond so many bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def refusing(code: int):
    def call(*_, **__):
        raise OSError(code, os.strerror(code))

    return call


def check_nothing_lost(path: Path, said: str) -> None:
    """Refused in one line; the old file is whole and alone."""
    with pytest.raises(InputError, match=said) as problem:
        WRITERS[path.name](path)
    assert "\n" not in str(problem.value) and str(path) in str(problem.value)
    assert path.read_text() == "old" and [p.name for p in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("name", WRITERS)
def test_what_the_system_refuses_leaves_the_old_file_whole(name, tmp_path, monkeypatch):
    path = tmp_path / name
    path.write_text("old")
    with at_most(300):
        check_nothing_lost(path, "File too large")
    for call, code in (
        ("fsync", errno.ENOSPC),
        ("fsync", errno.EDQUOT),
        ("replace", errno.EXDEV),
        ("open", errno.EROFS),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(os, call, refusing(code))
            check_nothing_lost(path, os.strerror(code))
    WRITERS[name](path)
    assert path.read_bytes() != b"old"


def test_a_folder_that_vanishes_while_a_file_is_made_is_said(tmp_path, monkeypatch):
    def vanish(handle: int) -> None:
        folder = tmp_path / "out"
        for path in folder.iterdir():
            path.unlink()
        folder.rmdir()

    monkeypatch.setattr(os, "fsync", vanish)
    with pytest.raises(InputError, match="No such file or directory"):
        write_text(tmp_path / "out" / "a.txt", "x")
    monkeypatch.undo()
    write_text(tmp_path / "out" / "a.txt", "x")


def test_a_locked_file_is_not_called_damaged(tmp_path):
    """As HDF5 locks what it writes."""
    made = made_posterior()
    for name in ("a.nc", "a.json"):
        path = made.save(tmp_path / name)
        with path.open("rb+") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            with pytest.raises(InputError, match="another program has it locked; it may be whole"):
                load(path)
        assert load(path).kind == "posterior"


def test_what_cannot_be_read_is_neither_damaged_nor_made_again(tmp_path, monkeypatch):
    block, made = Block(tmp_path / "b.npz", {}, "b"), []
    kept(block, lambda: {"x": np.zeros(1)})
    claim_folder(tmp_path, {"seed": 1}, "another study")
    Steps(tmp_path, {}).keep("a.txt", lambda path: write_text(path, "x"))
    opened = os.open

    def refused(path, flags, *rest, **more):
        if flags & os.O_ACCMODE == os.O_RDONLY and Path(str(path)).parent == tmp_path:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return opened(path, flags, *rest, **more)

    monkeypatch.setattr(os, "open", refused)
    for ask in (
        lambda: kept(block, lambda: made.append(1) or {}),
        lambda: claim_folder(tmp_path, {"seed": 1}, "another study"),
        lambda: Steps(tmp_path, {}),
        lambda: load(tmp_path / LIST),
    ):
        with pytest.raises(InputError, match=r"cannot read .*: Permission denied; it may be whole"):
            ask()
    assert not made


def test_what_is_no_plain_file_is_not_waited_for(tmp_path):
    pipe = tmp_path / "a.json"
    os.mkfifo(pipe)
    for path in (pipe, tmp_path, Path(os.devnull)):
        with pytest.raises(InputError, match="cannot read"):
            content(path)
    with pytest.raises(InputError, match="no plain file"):
        load(pipe)
