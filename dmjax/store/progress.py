"""How everything that takes long says how far it is: one protocol."""

from typing import Protocol


class Say(Protocol):
    """Called as work goes on; the caller shows it, writes it down, or raises to stop the work.

    Args:
        what: the step at work, e.g. "m0_belt_2" or "nested sampling".
        done: so far.
        of: of how many; None where that is not known. `done` = `of` ends the step; both 0: a remark
            about the step, which is `note`.
        note: what is counted, or more to say, e.g. "toys" or "steps in each chain".
    """

    def __call__(self, what: str, done: int, of: int | None, note: str = "", /) -> None:
        """Say how far a step is."""
        ...


def nothing(what: str, done: int, of: int | None, note: str = "", /) -> None:
    """Say nothing."""


def remark(say: Say, what: str, text: str) -> None:
    """Say one line about a step."""
    say(what, 0, 0, text)


def under(say: Say, name: str) -> Say:
    """The same, with a name in front of every step.

    >>> def shown(what, done, of, note=""): print(what, done, of, note)
    >>> under(shown, "cuts: ")("NUTS", 3, 10, "steps")
    cuts: NUTS 3 10 steps
    """

    def named(what: str, done: int, of: int | None, note: str = "", /) -> None:
        say(f"{name}{what}", done, of, note)

    return named
