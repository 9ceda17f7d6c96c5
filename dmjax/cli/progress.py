"""Progress on stderr."""

from types import TracebackType


class Progress:
    """A line on stderr that says what is being done; with a terminal it stays one line."""

    def __init__(self, text: str) -> None:
        from rich.console import Console

        self.console = Console(stderr=True)
        self.status = self.console.status(text)

    def __enter__(self) -> "Progress":
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
