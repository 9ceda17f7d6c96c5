"""Two processes with one --out: the second is refused, and a dead one's lock is taken over."""

import errno
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from dmjax.errors import InputError
from dmjax.store.locks import FolderLock, writing_alone

DIES = """
import os, pathlib, sys
from dmjax.store.locks import FolderLock
FolderLock(pathlib.Path(sys.argv[1])).claim()
os.kill(os.getpid(), 9)
"""
RIVAL = """
import os, pathlib, sys
from dmjax.errors import InputError
from dmjax.store.locks import FolderLock
folder, entered = pathlib.Path(sys.argv[1]), 0
while entered < 200:
    lock = FolderLock(folder)
    try:
        lock.claim()
    except InputError as problem:
        assert "is in use by process" in str(problem), problem
        continue
    (folder / "inside").open("x").close()
    (folder / "inside").unlink()
    lock.release()
    entered += 1
"""


def started(code: str, folder) -> subprocess.Popen:
    return subprocess.Popen([sys.executable, "-c", code, str(folder)])


@pytest.fixture
def dead(tmp_path):
    """A folder with the lock of a process that was killed; its pid."""
    process = started(DIES, tmp_path)
    assert process.wait(60) == -signal.SIGKILL and (tmp_path / "lock").exists()
    return process.pid


def refusing(code: int):
    def call(*_, **__):
        raise OSError(code, os.strerror(code))

    return call


def without_locks(patch) -> None:
    patch.setattr("fcntl.flock", refusing(errno.ENOLCK))


def without_links(patch) -> None:
    patch.setattr("os.link", refusing(errno.EPERM))


KINDS = {"usual": lambda _: None, "no locks": without_locks, "no hard links": without_links}
"""Of file systems."""


@pytest.mark.parametrize("kind", KINDS)
def test_the_second_is_refused_and_told_the_pid_of_the_first(kind, tmp_path, monkeypatch):
    KINDS[kind](monkeypatch)
    lock = FolderLock(tmp_path)
    lock.claim()
    lock.claim()
    said = rf"in use by process {os.getpid()} on .*; wait for it, .* or delete .*lock if that run"
    with pytest.raises(InputError, match=said) as problem:
        FolderLock(tmp_path).claim()
    assert "\n" not in str(problem.value)
    assert [path.name for path in tmp_path.iterdir()] == ["lock"]
    lock.release()
    assert not list(tmp_path.iterdir())
    FolderLock(tmp_path).claim()


@pytest.mark.parametrize("kind", KINDS)
def test_the_lock_of_a_dead_process_is_taken_over(kind, tmp_path, dead, monkeypatch):
    KINDS[kind](monkeypatch)
    lock = FolderLock(tmp_path)
    lock.claim()
    assert json.loads((tmp_path / "lock").read_text())["pid"] == os.getpid() != dead
    lock.release()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("kind", KINDS)
def test_the_lock_of_another_machine_is_not_taken_over(kind, tmp_path, dead, monkeypatch):
    """As on a shared file system: only the user knows whether that run is dead."""
    KINDS[kind](monkeypatch)
    (tmp_path / "lock").write_text(json.dumps({"pid": dead, "host": "elsewhere"}))
    with pytest.raises(InputError, match=rf"process {dead} on elsewhere; .*delete .*lock if that"):
        FolderLock(tmp_path).claim()
    (tmp_path / "lock").unlink()
    FolderLock(tmp_path).claim()


@pytest.mark.parametrize("text", ["", "{", "[1]", '{"pid": null, "host": 3}', '{"pid": "x"}'])
def test_a_damaged_lock_is_free_or_said_to_be_in_use(text, tmp_path):
    (tmp_path / "lock").write_text(text)
    lock = FolderLock(tmp_path)
    try:
        lock.claim()
        assert json.loads((tmp_path / "lock").read_text())["pid"] == os.getpid()
        lock.release()
    except InputError as problem:
        assert "delete" in str(problem) and (tmp_path / "lock").read_text() == text


def test_a_link_in_place_of_the_lock_is_not_followed(tmp_path):
    (tmp_path / "victim").write_text("safe")
    (tmp_path / "lock").symlink_to(tmp_path / "victim")
    with pytest.raises(InputError, match=r"cannot lock .*delete it"):
        FolderLock(tmp_path).claim()
    assert (tmp_path / "victim").read_text() == "safe"


def test_a_lock_that_was_taken_from_its_owner_is_not_removed_by_it(tmp_path):
    first, second = FolderLock(tmp_path), FolderLock(tmp_path)
    first.claim()
    (tmp_path / "lock").unlink()
    second.claim()
    first.release()
    said = json.loads((tmp_path / "lock").read_text())
    assert said == {"pid": os.getpid(), "host": socket.gethostname()}
    with pytest.raises(InputError, match="in use"):
        first.claim()


def test_rivals_are_never_inside_together(tmp_path, dead):
    """Four processes that take turns, the first of which finds a dead lock."""
    processes = [started(RIVAL, tmp_path) for _ in range(4)]
    assert [process.wait(60) for process in processes] == [0] * 4
    assert not list(tmp_path.iterdir())


def test_a_file_is_written_by_one_command_at_a_time(tmp_path):
    from dmjax.cli import app

    out = tmp_path / "new" / "curve.json"
    words = ["recast", "babar-2017", "--json", "--quiet", "--out", str(out)]
    with writing_alone(out):
        with pytest.raises(InputError, match=rf"curve.json is in use by process {os.getpid()}"):
            app(words, standalone_mode=False)
        assert [path.name for path in out.parent.iterdir()] == [".curve.json.lock"]
    assert not out.parent.exists()
    app(words, standalone_mode=False)
    assert [path.name for path in out.parent.iterdir()] == ["curve.json"]


def test_a_link_is_held_by_what_it_points_at_and_a_device_by_nobody(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / ("ü" * 120))
    pointed, busy = writing_alone(tmp_path / ("ü" * 120)), pytest.raises(InputError, match="in use")
    with writing_alone(tmp_path / "link"), busy, pointed:
        pass
    with writing_alone(Path(os.devnull)), writing_alone(Path(os.devnull)):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["link"]
