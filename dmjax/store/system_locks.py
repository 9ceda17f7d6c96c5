"""The system's own lock of an open file, where it has one."""

from contextlib import suppress

try:
    import fcntl
except ImportError:  # not on this system: nothing there is locked in this way
    fcntl = None


def locked(handle: int, shared: bool = False) -> bool | None:
    """Whether the system gives us its lock of a file at once; None: it has none here.

    Args:
        handle: of the open file.
        shared: a lock that others who read may have too.
    """
    if fcntl is None:
        return None
    try:
        fcntl.flock(handle, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True


def freed(handle: int) -> None:
    """Give the lock of a file back."""
    if fcntl is not None:
        with suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_UN)
