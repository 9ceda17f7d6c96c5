"""Progress on stderr."""

from types import TracebackType
from typing import Self


class Progress:
    """A line on stderr that says what is being done; with a terminal it stays one line."""

    def __init__(self, text: str) -> None:
        from rich.console import Console

        self.console = Console(stderr=True)
        self.status = self.console.status(text)

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
            self.console.print("interrupted: with --out, finished blocks of toys are used again")

    def __call__(self, what: str, done: int, of: int) -> None:
        """Show how far one step is; a finished step leaves a line."""
        self.status.update(f"{what}: {done} of {of} toys")
        if done >= of:
            self.console.print(f"{what}: {of} toys")


class NestedProgress(Progress):
    """A line on stderr with the evidence so far."""

    def __init__(self) -> None:
        super().__init__("templates and sampling")

    def __call__(self, deaths: int, log_z: float, left: float) -> None:
        """Show how far a nested run is."""
        self.named("nested sampling", deaths, log_z, left)

    def named(self, name: str, deaths: int, log_z: float, left: float) -> None:
        """The same with the name of a hypothesis."""
        self.status.update(f"{name}: {deaths} points, ln Z = {log_z:.2f}, {left:.1%} still open")
