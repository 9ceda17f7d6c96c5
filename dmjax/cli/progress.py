"""Progress on stderr."""

import time
from types import TracebackType
from typing import Self


class Progress:
    """A line on stderr that says what is being done; with a terminal it stays one line.

    Attributes:
        kept: what is left of the work when the user interrupts it.
    """

    kept = "nothing is kept; run it again"

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
            self.console.print(f"interrupted: {self.kept}")


class ToyProgress(Progress):
    """A line on stderr with the toys so far."""

    kept = "with --out, finished blocks of toys are used again"

    def __init__(self) -> None:
        super().__init__("predicting the signal")

    def __call__(self, what: str, done: int, of: int) -> None:
        """Show how far one step is; a finished step leaves a line."""
        self.status.update(f"{what}: {done} of {of} toys")
        if done >= of:
            self.console.print(f"{what}: {of} toys")


class PosteriorProgress(Progress):
    """A line on stderr with what the sampler has done."""

    kept = "with --out, finished steps of NUTS are used again"

    def __init__(self) -> None:
        super().__init__("templates and sampling")

    def __call__(self, text: str) -> None:
        """Say how far the sampler is."""
        self.status.update(text)


class EvidenceProgress(Progress):
    """A line on stderr with the evidence of the hypothesis at work."""

    kept = "with --out, finished hypotheses are used again"

    def __init__(self) -> None:
        super().__init__("templates and sampling")

    def __call__(self, name: str, deaths: int, log_z: float, left: float) -> None:
        """Show how far a nested run is."""
        self.status.update(f"{name}: {deaths} points, ln Z = {log_z:.2f}, {left:.1%} still open")


class StepProgress(Progress):
    """A line on stderr per finished step, with its time."""

    kept = "finished steps are used again"

    def __init__(self, first: str) -> None:
        super().__init__(first)
        self.begun = time.monotonic()

    def note(self, text: str) -> None:
        """Say what is being done now."""
        self.status.update(text)

    def __call__(self, name: str, reused: bool) -> None:
        """Leave a line of a finished step."""
        took = time.monotonic() - self.begun
        self.console.print(f"{name}: {'kept from an earlier run' if reused else f'{took:.0f} s'}")
        self.begun = time.monotonic()
        self.note("working on the next step")
