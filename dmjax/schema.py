"""What a value in a description file may be; every broken rule is one line of text."""

import difflib
import itertools
import math
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dmjax.errors import InputError, shown

MOST_NUMBERS = 100_000
"""In one list of a file."""
MOST_BINS = 2000
"""Along one axis."""


@dataclass(frozen=True)
class Number:
    """A finite number, above / at least `low` and at most `high` where given; whole if asked."""

    low: float = -math.inf
    high: float = math.inf
    open_low: bool = False
    whole: bool = False

    def rule(self) -> str:
        """The rule in words."""
        words = ["a whole number" if self.whole else "a finite number"]
        if self.low > -math.inf:
            words.append(f"{'above' if self.open_low else 'at least'} {self.low:g}")
        if self.high < math.inf:
            words.append(f"at most {self.high:g}")
        return words[0] + (" " + " and ".join(words[1:]) if words[1:] else "")

    def holds(self, value: Any) -> bool:
        """Whether the value keeps the rule."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        if self.whole and not isinstance(value, int):
            return False
        above = value > self.low if self.open_low else value >= self.low
        return above and value <= self.high and abs(value) <= sys.float_info.max


LARGE, SMALL = 1e12, 1e-12
"""Ends of the numbers of a file where nothing else is said: squares and products stay finite."""
ANY = Number(-LARGE, LARGE)
POSITIVE = Number(SMALL, LARGE)
NOT_NEGATIVE = Number(0.0, LARGE)
FRACTION = Number(0.0, 1.0)


@dataclass(frozen=True)
class Numbers:
    """A list of numbers of one kind, strictly increasing if asked."""

    each: Number
    increasing: bool = False
    shortest: int = 2
    longest: int = MOST_NUMBERS

    def rule(self) -> str:
        """The rule in words."""
        order = "strictly increasing " if self.increasing else ""
        count = f"{self.shortest} or more (at most {self.longest})"
        return f"a {order}list of {count}, each {self.each.rule()}"

    def holds(self, value: Any) -> bool:
        """Whether the value keeps the rule."""
        if not isinstance(value, list) or not self.shortest <= len(value) <= self.longest:
            return False
        if not all(map(self.each.holds, value)):
            return False
        return not self.increasing or all(a < b for a, b in itertools.pairwise(value))


@dataclass(frozen=True)
class Text:
    """A non-empty text, one of `choices` if there are any."""

    choices: tuple[str, ...] = ()

    def rule(self) -> str:
        """The rule in words."""
        return f"one of {', '.join(self.choices)}" if self.choices else "a non-empty text"

    def holds(self, value: Any) -> bool:
        """Whether the value keeps the rule."""
        known = not self.choices or value in self.choices
        return isinstance(value, str) and bool(value.strip()) and known


@dataclass(frozen=True)
class Texts:
    """A list of different non-empty texts, at least one."""

    def rule(self) -> str:
        """The rule in words."""
        return "a list of different non-empty texts, at least one"

    def holds(self, value: Any) -> bool:
        """Whether the value keeps the rule."""
        if not isinstance(value, list) or not value or not all(map(Text().holds, value)):
            return False
        return len(set(value)) == len(value)


@dataclass(frozen=True)
class Flag:
    """True or false."""

    def rule(self) -> str:
        """The rule in words."""
        return "true or false"

    def holds(self, value: Any) -> bool:
        """Whether the value keeps the rule."""
        return isinstance(value, bool)


@dataclass(frozen=True)
class Edges:
    """Bin edges: an increasing list, or {start, stop, width} with whole bins.

    Attributes:
        each: what an edge may be.
        most: bins. They are counted before any is made.
    """

    each: Number = ANY
    most: int = MOST_BINS

    def rule(self) -> str:
        """The rule in words."""
        ends = f"edges, each {self.each.rule()}"
        return (
            f"an increasing list of {ends}, or {{start, stop, width}} of 1 to {self.most} whole "
            "bins between two of them"
        )

    def holds(self, value: Any) -> bool:
        """Whether the value keeps the rule."""
        if not isinstance(value, dict):
            return Numbers(self.each, increasing=True, longest=self.most + 1).holds(value)
        if value.keys() != {"start", "stop", "width"}:
            return False
        start, stop, width = (value[key] for key in ("start", "stop", "width"))
        if not (all(map(self.each.holds, (start, stop))) and POSITIVE.holds(width)):
            return False
        bins = (stop - start) / width
        return 0.5 < bins < self.most + 0.5 and abs(bins - round(bins)) < 1e-6


@dataclass(frozen=True)
class Section:
    """A table of named keys."""

    required: Mapping[str, "Rule"]
    optional: Mapping[str, "Rule"] = field(default_factory=dict)


@dataclass(frozen=True)
class Free:
    """A table with keys of the user's choice, all values of one kind."""

    each: Number
    least: int = 0


@dataclass(frozen=True)
class Variants:
    """A table whose `kind` says which other keys it has."""

    kinds: Mapping[str, Section]


@dataclass(frozen=True)
class ListOf:
    """A list of tables."""

    each: Section


Rule = Number | Numbers | Text | Texts | Flag | Edges | Section | Free | Variants | ListOf


def complaint(file: str, key: str, value: Any, rule: str) -> InputError:
    """One line: file, key, value, rule."""
    return InputError(f"{file}: {key} = {shown(value)}: must be {rule}")


def unknown(file: str, what: str, name: Any, known: list[str]) -> InputError:
    """One line for a name that is not known, with the nearest known one."""
    near = difflib.get_close_matches(str(name), known, n=1, cutoff=0.4)
    hint = f"did you mean '{near[0]}'? " if near else ""
    return InputError(f"{file}: unknown {what} {shown(name)}; {hint}(known: {', '.join(known)})")


def check(file: str, key: str, value: Any, rule: Rule) -> None:
    """Raise InputError at the first broken rule at or below a dotted key ("" is the whole file)."""
    if isinstance(rule, Section | Variants | Free):
        _check_table(file, key, value, rule)
    elif isinstance(rule, ListOf):
        if not isinstance(value, list):
            raise complaint(file, key, value, "a list of tables")
        for i, item in enumerate(value):
            check(file, f"{key}[{i}]", item, rule.each)
    elif isinstance(rule, Text) and rule.choices and isinstance(value, str):
        if value not in rule.choices:
            raise unknown(file, key, value, list(rule.choices))
    elif not rule.holds(value):
        raise complaint(file, key, value, rule.rule())


def _check_table(file: str, key: str, value: Any, rule: Section | Variants | Free) -> None:
    if not isinstance(value, dict):
        raise complaint(file, key, value, "a table")
    dot = f"{key}." if key else ""
    if isinstance(rule, Free):
        if len(value) < rule.least:
            raise complaint(file, key, value, f"a table with at least {rule.least} key")
        for name, item in value.items():
            check(file, dot + name, item, rule.each)
        return
    if isinstance(rule, Variants):
        if "kind" not in value:
            raise _missing(file, f"{dot}kind", f"one of {', '.join(rule.kinds)}")
        check(file, f"{dot}kind", value["kind"], Text(tuple(rule.kinds)))
        if not isinstance(value["kind"], str):
            raise complaint(file, f"{dot}kind", value["kind"], "a text")
        rule, value = rule.kinds[value["kind"]], {k: v for k, v in value.items() if k != "kind"}
    for name, inner in rule.required.items():
        if name not in value:
            raise _missing(file, dot + name, words(inner))
    known = {**rule.required, **rule.optional}
    for name, item in value.items():
        if name not in known:
            raise unknown(file, f"key in {key or 'the file'}:", name, sorted(known))
        check(file, dot + name, item, known[name])


def _missing(file: str, key: str, rule: str) -> InputError:
    return InputError(f"{file}: missing key {key}: must be {rule}")


def words(rule: Rule) -> str:
    """What a value under this rule must be."""
    if isinstance(rule, Section | Free):
        return "a table"
    if isinstance(rule, Variants):
        return f"a table with kind = one of {', '.join(rule.kinds)}"
    return "a list of tables" if isinstance(rule, ListOf) else rule.rule()
