"""Files written whole or not at all; what is no plain file is written into, never replaced."""

import errno
import os
import re
import secrets
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from dmjax.errors import InputError


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """A new file to write, which becomes `path` when the block ends: no half file where it fails.

    The new file lies beside the old one, has a name that cannot be foreseen, and is created
    exclusively (never through a link). It replaces `path` by one rename, so a reader sees the old
    file or the new one. A link at `path` stays a link: what it points at is replaced. A special
    file (fifo, terminal, /dev/null) is written into.

    Raises:
        InputError: the folder or the file cannot be written, in one line.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with whole(Path(folder) / "deep" / "a.txt") as file:
    ...         _ = file.write_text("all of it")
    ...     [(p.name, p.read_text()) for p in (Path(folder) / "deep").iterdir()]
    [('a.txt', 'all of it')]
    """
    with _said(path):
        if _is_special(path):
            with _partial(Path(_scratch()) / path.name) as partial:
                yield partial
                _pour(partial, path)
            return
        target = path.resolve() if path.is_symlink() else path
        target.parent.mkdir(parents=True, exist_ok=True)
        with _partial(target) as partial:
            yield partial
            if target.exists():
                shutil.copymode(target, partial)
            _to_disk(partial)
            partial.replace(target)


def check_writable(path: Path) -> None:
    """Raise InputError unless `path` can be written; leaves nothing behind."""
    with _said(path):
        if _is_special(path):
            if not os.access(path, os.W_OK):
                raise OSError(errno.EACCES, os.strerror(errno.EACCES))
            return
        target = path.resolve() if path.is_symlink() else path
        missing = [folder for folder in target.parents if not folder.exists()]
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with _partial(target):
                pass
        finally:
            with suppress(OSError):
                for folder in missing:
                    folder.rmdir()


def write_text(path: Path, text: str) -> Path:
    """Save a text as UTF-8, whole or not at all."""
    with whole(path) as file:
        file.write_bytes(text.encode())
    return path


@contextmanager
def _said(path: Path) -> Iterator[None]:
    """What the system refuses, in one line."""
    try:
        yield
    except (OSError, RuntimeError) as problem:
        if isinstance(problem, RuntimeError) and "loop" not in str(problem).lower():
            raise
        reason = getattr(problem, "strerror", None) or str(problem)
        raise InputError(f"cannot write {path}: {reason}; choose another --out") from problem


def _is_special(path: Path) -> bool:
    """Whether there is something other than a plain file; raises OSError for a folder."""
    if "\0" in str(path):
        raise OSError(errno.EINVAL, "its name holds a NUL character")
    if path.name in ("", ".."):
        raise OSError(errno.EISDIR, "it is a folder")
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return False
    if stat.S_ISDIR(mode):
        raise OSError(errno.EISDIR, "it is a folder")
    if stat.S_ISBLK(mode):
        raise OSError(errno.EPERM, "it is a disk")
    return not stat.S_ISREG(mode)


def sweep(path: Path) -> None:
    """Remove what killed writers of `path` left behind; for who alone writes there."""
    hidden = re.compile(re.escape(_start(path)) + "[0-9a-f]{16}" + re.escape(path.suffix))
    with suppress(OSError):
        for left in path.parent.iterdir():
            if hidden.fullmatch(left.name):
                left.unlink()


def _start(target: Path) -> str:
    """How the names of new files begin that are to become `target`."""
    return f".{target.stem.lstrip('.')[:40]}."


@contextmanager
def _partial(target: Path) -> Iterator[Path]:
    """A new, empty file in the folder of `target`; it is gone at the end unless it was renamed."""
    partial = target.with_name(f"{_start(target)}{secrets.token_hex(8)}{target.suffix}")
    os.close(os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
    try:
        yield partial
    finally:
        with suppress(OSError):
            partial.unlink()


def _scratch() -> str:
    import tempfile

    return tempfile.gettempdir()


def _to_disk(file: Path) -> None:
    """Wait until the content is on the disk: a full disk is noticed before the rename."""
    handle = os.open(file, os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _pour(source: Path, special: Path) -> None:
    """Write a file's content into a special file; one that nothing reads is an OSError."""
    try:
        handle = os.open(special, os.O_WRONLY | os.O_NONBLOCK)
    except OSError as problem:
        if problem.errno == errno.ENXIO:
            raise OSError(errno.ENXIO, "it is a pipe or socket that nothing reads") from problem
        raise
    os.set_blocking(handle, True)
    with os.fdopen(handle, "wb") as target, source.open("rb") as content:
        shutil.copyfileobj(content, target)
