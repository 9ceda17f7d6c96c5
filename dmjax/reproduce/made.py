"""What a target gives: numbers, rows, a figure, and what is printed beside ours."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from matplotlib.figure import Figure

from dmjax.conventions import Conventions

REPRODUCED, PARTIAL, NEW = "reproduced", "partial", "new"


class Check(NamedTuple):
    """One statement of a publication beside ours.

    Attributes:
        what: of what.
        published: number, or words where it prints none.
        ours: number.
        agrees: whether ours is what it says, within what is said in `what` or `within`.
        within: largest relative difference that counts as agreement; None for words.
    """

    what: str
    published: float | str
    ours: float
    agrees: bool
    within: float | None = None


def near(what: str, published: float, ours: float, within: float) -> Check:
    """A printed number beside ours; they agree where |ours/published − 1| ≤ `within`.

    >>> near("pi0 per proton", 0.1048, 0.105, 0.01).agrees
    True
    """
    difference = abs(ours - published)
    return Check(what, published, ours, bool(difference <= within * abs(published)), within)


def said(what: str, words: str, ours: float, agrees: bool) -> Check:
    """What is said in words beside our number."""
    return Check(what, words, float(ours), bool(agrees))


class Made(NamedTuple):
    """What a target gives.

    Attributes:
        numbers: everything behind the figure or table, for JSON.
        rows: the same as a table of one row per point, for CSV.
        figure: None for a target without one.
        checks: what is printed, beside ours; none of what nobody has printed.
        note: where ours agrees with the publication and where it differs, and why.
        missing: what the publication shows and this does not.
    """

    numbers: Any
    rows: Sequence[Mapping[str, Any]]
    figure: Figure
    checks: tuple[Check, ...]
    note: str
    missing: tuple[str, ...] = ()

    @property
    def status(self) -> str:
        """ "reproduced": every check agrees and nothing is missing; "new": there is nothing printed
        to check; else "partial"."""
        if not self.checks:
            return NEW
        whole = not self.missing and all(check.agrees for check in self.checks)
        return REPRODUCED if whole else PARTIAL


class Target(NamedTuple):
    """A published result, or one of ours to compare what was published.

    Attributes:
        source: where it is published, or a title.
        published: what it shows.
        make: ours, in a set of conventions.
        by_conventions: whether they change anything.
        printed: whether there is anything to compare with; what is not, "all" leaves out.
    """

    source: str
    published: str
    make: Callable[[Conventions], Made]
    by_conventions: bool = True
    printed: bool = True
