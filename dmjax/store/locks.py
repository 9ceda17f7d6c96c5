"""One process at a time in a folder or at a file: a lock says which; a dead one's is taken over."""

import errno
import json
import os
import secrets
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from dmjax.errors import InputError
from dmjax.store.system_locks import locked
from dmjax.store.writing import check_writable, sweep

LOCK = "lock"
_TRIES = 20
_PAUSE_S = 0.01


class FolderLock:
    """One process at a time works in a folder: a file `lock` there says which, by pid and host.

    One that writes a file alone has `.NAME.lock` beside it.

    The file appears whole and only where none is (a hard link, which is exclusive on shared file
    systems too), so no lock of the system is needed to keep others out. One is taken beside it
    where there are any: the system forgets that of a process that died, so a lock left on this
    machine is taken over. Without such locks the pid decides. Where the file names another machine
    it is not taken over, since that run may live: the error says what to delete if it does not.

    Args:
        folder: that is worked in; made by `claim`.
        name: of the lock.
    """

    def __init__(self, folder: Path, name: str = LOCK) -> None:
        self._path = folder / name
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
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._handle = _claimed(self._path)
            sweep(self._path)
        except OSError as problem:
            raise InputError(f"cannot lock {self._path}: {problem.strerror}") from problem

    def release(self) -> None:
        """Give the folder back; a lock that is another's by now stays."""
        if self._handle is not None:
            with suppress(OSError):
                if _is_at(self._handle, self._path):
                    self._path.unlink()
            os.close(self._handle)
            self._handle = None


@contextmanager
def working_in(folder: Path, *results: str) -> Iterator[None]:
    """Hold a folder while a block runs; InputError where another process has it.

    Args:
        folder: that is worked in.
        results: names of its results, of which killed runs may have left halves.
    """
    lock = FolderLock(folder)
    lock.claim()
    try:
        for name in results:
            sweep(folder / name)
        yield
    finally:
        lock.release()


@contextmanager
def writing_alone(file: Path) -> Iterator[None]:
    """Let no other process that asks write a file while a block runs.

    What is no plain file can be written by many. A folder made for the lock alone does not stay.

    Args:
        file: of the result, whether it is there or not; of a link, what it points at.

    Raises:
        InputError: another process has it; says which.
    """
    target = file.resolve()
    if target.exists() and not target.is_file():
        yield
        return
    made = [folder for folder in target.parents if not folder.exists()]
    lock = FolderLock(target.parent, os.fsdecode(b".%.200b.lock" % os.fsencode(target.name)))
    lock.claim()
    try:
        yield
    finally:
        lock.release()
        with suppress(OSError):
            for folder in made:
                folder.rmdir()


def _claimed(path: Path) -> int:
    """The lock's file, ours; InputError where another process holds it."""
    for _ in range(_TRIES):
        handle = _put(path)
        if handle is not None:
            return handle
        _take_over(path)
        time.sleep(_PAUSE_S)
    raise _busy(path, {})


def _put(path: Path) -> int | None:
    """Our lock at a path where there is none; None where there is one."""
    mine = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    handle = _written(mine)
    try:
        os.link(mine, path)
    except OSError as problem:
        # A reply lost on the network: the link may be there although its call failed.
        if os.fstat(handle).st_nlink == 2:
            return handle
        os.close(handle)
        if problem.errno in (errno.EEXIST, errno.ENOENT):
            return None
        return _put_without_links(path)
    finally:
        with suppress(OSError):
            mine.unlink()
    return handle


def _put_without_links(path: Path) -> int | None:
    """The same on a file system that has no hard links."""
    try:
        return _written(path)
    except FileExistsError:
        return None


def _written(path: Path) -> int:
    """A new file that says who we are, with the system's lock where it has any."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666)
    os.write(handle, json.dumps({"pid": os.getpid(), "host": socket.gethostname()}).encode())
    locked(handle)
    return handle


def _take_over(path: Path) -> None:
    """Take a lock away whose owner is dead; InputError where it lives, or may live."""
    try:
        handle = _opened(path)
    except FileNotFoundError:
        return
    except OSError as problem:
        raise InputError(f"cannot lock {path}: {problem.strerror}; delete it") from problem
    try:
        said, free = _content(handle), locked(handle)
        if not _is_at(handle, path):
            return
        if said and not (said.get("host") == socket.gethostname() and _dead(said, free)):
            raise _busy(path, said)
        _move_away(path, handle)
    finally:
        os.close(handle)


def _opened(path: Path) -> int:
    """A lock's file, never through a link; that of another user can at least be read."""
    kind = getattr(os, "O_NOFOLLOW", 0)
    try:
        return os.open(path, os.O_RDWR | kind)
    except PermissionError:
        return os.open(path, os.O_RDONLY | kind)


def _move_away(path: Path, handle: int) -> None:
    """Remove a dead lock, and only that: one that replaced it meanwhile is put back."""
    aside = path.with_name(f".dead-{path.name}.{secrets.token_hex(8)}")
    with suppress(FileNotFoundError):
        path.rename(aside)
        if not _is_at(handle, aside):
            with suppress(OSError):
                os.link(aside, path)
        aside.unlink()


def _dead(said: dict, free: bool | None) -> bool:
    """Whether the owner of a lock on this machine is dead."""
    if free is not None:
        return free
    try:
        os.kill(int(str(said.get("pid"))), 0)
    except ProcessLookupError:
        return True
    except (OSError, ValueError, OverflowError):
        return False
    return False


def _is_at(handle: int, path: Path) -> bool:
    """Whether a path names an open file."""
    try:
        return os.path.samestat(path.lstat(), os.fstat(handle))
    except OSError:
        return False


def _content(handle: int) -> dict:
    try:
        said = json.loads(os.pread(handle, 4096, 0))
    except (OSError, ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _busy(path: Path, said: dict) -> InputError:
    pid, host = said.get("pid", "unknown"), said.get("host", "unknown")
    held = path.parent if path.name == LOCK else path.with_name(path.stem[1:])
    return InputError(
        f"{held} is in use by process {pid!s:.20} on {host!s:.80}; wait for it, choose "
        f"another --out, or delete {path} if that run is dead"
    )
