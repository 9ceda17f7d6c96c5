"""What a study takes, to an order of magnitude: said, and refused where no computer has it."""

import math
from typing import Any, NamedTuple

from dmjax.errors import InputError

GIB = 2.0**30
YEAR_S = 365.25 * 86400.0


class Cost(NamedTuple):
    """Memory [bytes] and time of one processor [s]."""

    bytes: float
    seconds: float

    def times(self, count: float) -> "Cost":
        """Of many."""
        return Cost(self.bytes * count, self.seconds * count)


MOST = Cost(64.0 * GIB, YEAR_S)
"""Above which a study is refused before it starts."""
LARGE = Cost(2.0 * GIB, 600.0)
"""Above which it says beforehand what it takes."""

FIT = Cost(40.0, 1e-3)
"""One toy, fitted and kept."""
COSTS = {
    "toys": FIT,
    "belt_toys": FIT,
    "batch_size": Cost(1e5, 1e-3),
    "strengths": Cost(4e4, 1.0),
    "coupling_points": Cost(1e4, 1e-2),
    "points": Cost(1e4, 1e-2),
    "nodes": Cost(1e5, 1e-2),
    "chains": Cost(1e6, 10.0),
    "warmup": Cost(0.0, 1e-2),
    "draws": Cost(1e3, 1e-2),
    "live": Cost(1e4, 1e-1),
}
"""Counted option → what one more takes at least."""

FACTORS = ("strengths", "coupling_points", "belt_toys", "m_v", "events", "injected")
"""Options that multiply the fits of toys, by their count or their length."""


def taken(option: str, count: float) -> str:
    """What many of a counted thing take, in words.

    >>> taken("toys", 10**12)
    'about 36 TiB of memory and 32 years'
    """
    return in_words(COSTS[option].times(count))


def in_words(cost: Cost) -> str:
    """A cost with units that people read.

    >>> in_words(Cost(3.2e9, 7200.0))
    'about 3 GiB of memory and 2 hours'
    """
    return f"about {_sized(cost.bytes, _BYTES)} of memory and {_sized(cost.seconds, _TIMES)}"


_BYTES = (
    (1.0, "bytes"),
    (2.0**10, "KiB"),
    (2.0**20, "MiB"),
    (GIB, "GiB"),
    (2.0**40, "TiB"),
    (2.0**50, "PiB"),
)
_TIMES = (
    (1.0, "seconds"),
    (60.0, "minutes"),
    (3600.0, "hours"),
    (86400.0, "days"),
    (YEAR_S, "years"),
)


def _sized(value: float, units: tuple[tuple[float, str], ...]) -> str:
    size, unit = [one for one in units if one[0] <= max(value, 1.0)][-1]
    held = value / size
    return f"{held:.0f} {unit}" if held >= 10.0 else f"{held:.2g} {unit}"


def check_cost(held: dict[str, Any]) -> None:
    """Raise InputError where options together ask for more than `MOST`.

    Args:
        held: option → value, of those that have an effect.
    """
    for words, cost in _products(held):
        if _above(cost, MOST):
            raise InputError(
                f"{words} take {in_words(cost)}: at most {in_words(MOST)[6:]} is allowed"
            )


def announced(held: dict[str, Any]) -> str | None:
    """What options together take at least, in words; None below `LARGE`.

    >>> announced({"toys": 10**6, "strengths": 10})
    '1000000 toys x 10 strengths take at least about 381 MiB of memory and 2.8 hours'
    """
    large = [
        f"{words} take at least {in_words(c)}" for words, c in _products(held) if _above(c, LARGE)
    ]
    return "; ".join(large) or None


def _products(held: dict[str, Any]) -> list[tuple[str, Cost]]:
    """(what is asked for, what it takes) of everything that options multiply."""
    counts = {name: _count(held[name]) for name in FACTORS if held.get(name) is not None}
    found = []
    if held.get("toys"):
        fits = held["toys"] * math.prod(counts.values())
        words = " x ".join(f"{n:d} {name}" for name, n in ({"toys": held["toys"]} | counts).items())
        found.append((words, FIT.times(fits)))
    if "chains" in held:
        words = f"{held['draws']:d} draws of {held['chains']:d} chains"
        found.append((words, COSTS["draws"].times(held["draws"] * held["chains"])))
    return found


def _above(cost: Cost, most: Cost) -> bool:
    return cost.bytes > most.bytes or cost.seconds > most.seconds


def _count(value: Any) -> int:
    return max(len(value), 1) if isinstance(value, tuple) else value
