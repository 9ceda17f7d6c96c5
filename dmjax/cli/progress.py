"""Progress on stderr: the one display of everything long."""

import time
from types import TracebackType
from typing import Self

from dmjax.errors import one_line


class Progress:
    """A line on stderr that says what is being done; a finished step leaves a line with its time.

    It is a `store.progress.Say`, whatever is at work.

    Args:
        text: shown until the first step says something.
        kept: what is left of the work when the user interrupts it.
        quiet: show nothing.
    """

    def __init__(
        self, text: str, kept: str = "nothing is kept; run it again", quiet: bool = False
    ) -> None:
        from rich.console import Console

        self.kept = kept
        self.console = Console(stderr=True, quiet=quiet)
        self.status = self.console.status(text)
        self.begun = time.monotonic()
        self.step = ""

    def __enter__(self) -> Self:
        self.status.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.status.stop()
        if kind is not None and issubclass(kind, KeyboardInterrupt):
            self._leave(f"interrupted: {self.kept}")

    def __call__(self, what: str, done: int, of: int | None, note: str = "", /) -> None:
        """Show how far a step is."""
        if what != self.step:
            self.step, self.begun = what, time.monotonic()
        if of == 0:
            self._leave(f"{what}: {note}")
        elif of is not None and done >= of:
            count = "" if of == 1 else f"{of} "
            self._leave(f"{what}: {count}{note} ({time.monotonic() - self.begun:.0f} s)")
        else:
            count = f"{done}" if of is None else f"{done} of {of}"
            self.status.update(what if of == 1 else f"{what}: {count} {note}")

    def _leave(self, text: str) -> None:
        self.console.print(one_line(text), markup=False, highlight=False, soft_wrap=True)
