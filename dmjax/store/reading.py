"""Files read whole, in one moment: what cannot be read is not called damaged."""

import errno
import os
import stat
from pathlib import Path

from dmjax.errors import InputError
from dmjax.store.system_locks import freed, locked


def content(path: Path) -> bytes:
    """The bytes of a plain file, of one moment even where another program replaces it.

    Raises:
        InputError: there is no plain file, another program has it locked, or the system does not
            let it be read. It may be whole.
    """
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(handle, "rb") as file:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise OSError(errno.EINVAL, "it is no plain file")
            _check_unlocked(handle)
            return file.read()
    except FileNotFoundError as problem:
        raise InputError(f"cannot read {path}: {problem.strerror}") from problem
    except (OSError, ValueError) as problem:
        reason = getattr(problem, "strerror", None) or str(problem)
        raise InputError(f"cannot read {path}: {reason}; it may be whole") from problem


def exists(path: Path) -> bool:
    """Whether there is anything (at the end of a link); InputError where that cannot be seen."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except (OSError, ValueError) as problem:
        reason = getattr(problem, "strerror", None) or str(problem)
        raise InputError(f"cannot read {path}: {reason}") from problem
    return True


def _check_unlocked(handle: int) -> None:
    """OSError where a writer holds the file (HDF5 locks what it has open)."""
    ours = locked(handle, shared=True)
    if ours is False:
        raise OSError(errno.EWOULDBLOCK, "another program has it locked")
    if ours:
        freed(handle)
