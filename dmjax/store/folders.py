"""Folders that belong to one configuration and, while it is at work, to one process."""

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from dmjax.errors import InputError
from dmjax.store.plain import read_json, write_json
from dmjax.store.reading import exists
from dmjax.store.writing import check_writable

try:
    import fcntl
except ImportError:  # not on this system: the lock's text alone decides
    fcntl = None

CONFIG = "config.json"
LOCK = "lock"


def holds(folder: Path, wanted: dict, what: str) -> bool:
    """Whether a folder already holds this configuration; InputError where it holds another."""
    config = folder / CONFIG
    if not exists(config):
        return False
    held = read_json(config)
    differing = sorted(
        key for key in wanted.keys() | held.keys() if held.get(key) != wanted.get(key)
    )
    if differing:
        raise InputError(
            f"{folder} holds {what} (differs in {', '.join(differing)}); choose another --out or "
            "delete it"
        )
    return True


def claim_folder(folder: Path, wanted: dict, what: str) -> None:
    """Make a folder that of one configuration; see `holds`."""
    check_writable(folder / CONFIG)
    if not holds(folder, wanted, what):
        write_json(folder / CONFIG, wanted)


class FolderLock:
    """One process at a time works in a folder: a file `lock` there says which.

    The file is locked by the system, which forgets the lock of a process that died: a lock left on
    this machine is taken over. Where the file names another machine (a shared file system, whose
    locks may not reach that far), it is not: that run may live.

    Args:
        folder: that is worked in; made by `claim`.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / LOCK
        self._handle: int | None = None

    @property
    def held(self) -> bool:
        """Whether this process has the folder."""
        return self._handle is not None

    def claim(self) -> None:
        """Take the folder, once; InputError with the pid of the process that has it."""
        if self._handle is not None:
            return
        check_writable(self._path)
        self._path.parent.mkdir(parents=True, exist_ok=True)
        handle = _open_locked(self._path)
        try:
            _check_free(handle, self._path)
            os.ftruncate(handle, 0)
            os.pwrite(handle, json.dumps(_me()).encode(), 0)
        except BaseException:
            os.close(handle)
            raise
        self._handle = handle

    def release(self) -> None:
        """Give the folder back."""
        if self._handle is not None:
            with suppress(OSError):
                self._path.unlink()
            os.close(self._handle)
            self._handle = None


@contextmanager
def working_in(folder: Path) -> Iterator[None]:
    """Hold a folder while a block runs; InputError where another process has it."""
    lock = FolderLock(folder)
    lock.claim()
    try:
        yield
    finally:
        lock.release()


def _me() -> dict:
    return {"pid": os.getpid(), "host": socket.gethostname()}


def _open_locked(path: Path) -> int:
    """The lock's file, held; InputError where another process holds it."""
    while True:
        try:
            handle = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o666)
        except OSError as problem:
            raise InputError(f"cannot lock {path}: {problem.strerror}; delete it") from problem
        try:
            if fcntl is not None:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as problem:
            said = _content(handle)
            os.close(handle)
            raise _busy(path, said) from problem
        with suppress(FileNotFoundError):
            if path.stat().st_ino == os.fstat(handle).st_ino:
                return handle
        os.close(handle)  # its owner gave it back between the two calls


def _check_free(handle: int, path: Path) -> None:
    """InputError where the lock's text names a run that may live although the lock was given."""
    said = _content(handle)
    here = said.get("host") == socket.gethostname()
    if said and not (here and (fcntl is not None or not _lives(said.get("pid")))):
        raise _busy(path, said)


def _lives(pid: object) -> bool:
    try:
        os.kill(int(str(pid)), 0)
    except (OSError, ValueError):
        return False
    return True


def _content(handle: int) -> dict:
    try:
        said = json.loads(os.pread(handle, 4096, 0))
    except (OSError, ValueError):
        return {}
    return said if isinstance(said, dict) else {}


def _busy(path: Path, said: dict) -> InputError:
    pid, host = said.get("pid", "unknown"), said.get("host", "unknown")
    return InputError(
        f"{path.parent} is in use by process {pid!s:.20} on {host!s:.80}; wait for it, choose "
        f"another --out, or delete {path} if that run is dead"
    )
