"""SIGTERM and SIGHUP end a command as Ctrl-C does: work is kept, the status says which it was."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

INTERRUPTED = 128 + signal.SIGINT
_ENDING = ("SIGTERM", "SIGHUP")


@contextmanager
def stopped_by_signals() -> Iterator[list[int]]:
    """Inside the block a signal that asks to end is a KeyboardInterrupt.

    A signal that the caller has the command ignore (`nohup`) stays ignored.

    Yields:
        The signals that came, in order; Ctrl-C is none of them.
    """
    came: list[int] = []

    def stop(number: int, _: FrameType | None) -> None:
        came.append(number)
        raise KeyboardInterrupt

    known = [getattr(signal, name) for name in _ENDING if hasattr(signal, name)]
    # Python runs handlers in its main thread, and lets no other set them.
    ours = threading.current_thread() is threading.main_thread()
    wanted = [one for one in known if ours and signal.getsignal(one) == signal.SIG_DFL]
    try:
        for one in wanted:
            signal.signal(one, stop)
        yield came
    finally:
        for one in wanted:
            signal.signal(one, signal.SIG_DFL)


def leaving() -> None:
    """From here on nothing interrupts the end."""
    for name in ("SIGINT", *_ENDING):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
