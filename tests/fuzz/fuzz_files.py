"""Description files from their layouts: shipped ones with some keys made anew, or made wrong."""

import copy
import json
from typing import Any

from hypothesis import strategies as st

from dmjax.data import available
from dmjax.experiments.schema import ELEMENTS
from dmjax.schema import (
    Edges,
    Flag,
    Free,
    ListOf,
    Number,
    Numbers,
    Rule,
    Section,
    Text,
    Texts,
    Variants,
)
from fuzz_values import inside, texts, trees

NAMES = {
    "beam": st.sampled_from(available("beams")),
    "table": st.sampled_from(available("tables")),
    "neutrino_times": st.sampled_from(available("tables")),
    "inflight_table": st.sampled_from(available("tables")),
}
"""Keys that hold names → the names."""
WORDS = st.text(st.characters(categories=("Lu", "Ll")), min_size=1, max_size=5)


def toml(content: dict[str, Any]) -> str:
    """A description as TOML, every table in one line."""
    return "".join(f"{json.dumps(key)} = {_value(held)}\n" for key, held in content.items())


def _value(held: Any) -> str:
    if isinstance(held, dict):
        inner = (f"{json.dumps(key)} = {_value(one)}" for key, one in held.items())
        return "{ " + ", ".join(inner) + " }"
    if isinstance(held, list):
        return "[" + ", ".join(map(_value, held)) + "]"
    if isinstance(held, bool):
        return str(held).lower()
    if isinstance(held, str):
        return json.dumps(held).replace("\x7f", "\\u007f")
    return hex(held) if isinstance(held, int) and held > 10**4000 else repr(held)


def valid(rule: Rule, name: str = "") -> st.SearchStrategy[Any]:
    """Values that keep a rule of a file."""
    if isinstance(rule, Number):
        return inside(rule)
    if isinstance(rule, Numbers):
        rows = st.lists(inside(rule.each), min_size=rule.shortest, max_size=6, unique=True)
        return rows.map(sorted) if rule.increasing else rows
    if isinstance(rule, Text):
        return st.sampled_from(rule.choices) if rule.choices else NAMES.get(name, WORDS)
    if isinstance(rule, Texts):
        return st.lists(WORDS, min_size=1, max_size=3, unique=True)
    if isinstance(rule, Flag):
        return st.booleans()
    if isinstance(rule, Edges):
        steps = st.tuples(inside(rule.each), inside(Number(1e-3, 1e3)), st.integers(1, 40))
        made = steps.map(lambda x: {"start": x[0], "stop": x[0] + x[1] * x[2], "width": x[1]})
        return valid(Numbers(rule.each, increasing=True)) | made
    if isinstance(rule, Free):
        keys = st.sampled_from(ELEMENTS) if name == "target" else WORDS
        return st.dictionaries(keys, inside(rule.each), min_size=rule.least, max_size=3)
    if isinstance(rule, Variants):
        return st.one_of([_kind(kind, section) for kind, section in rule.kinds.items()])
    if isinstance(rule, ListOf):
        return st.lists(valid(rule.each), max_size=2)
    return _section(rule)


def _kind(kind: str, section: Section) -> st.SearchStrategy[dict]:
    return _section(section).map(lambda made: {"kind": kind} | made)


def _section(rule: Section) -> st.SearchStrategy[dict]:
    required = {key: valid(inner, key) for key, inner in rule.required.items()}
    optional = {key: valid(inner, key) for key, inner in rule.optional.items()}
    return st.fixed_dictionaries(required, optional=optional)


Place = tuple[tuple[str | int, ...], Rule]


def places(rule: Rule, held: Any, path: tuple = ()) -> list[Place]:
    """Every key that a description has or may have, with its rule."""
    found: list[Place] = []
    if isinstance(rule, Variants) and isinstance(held, dict):
        rule = rule.kinds.get(held.get("kind", ""), Section({}))
    if isinstance(rule, Section) and isinstance(held, dict):
        for key, inner in {**rule.required, **rule.optional}.items():
            found.append(((*path, key), inner))
            if key in held:
                found += places(inner, held[key], (*path, key))
    elif isinstance(rule, Free) and isinstance(held, dict):
        found += [((*path, key), rule.each) for key in held]
    elif isinstance(rule, ListOf) and isinstance(held, list):
        for i, one in enumerate(held):
            found += places(rule.each, one, (*path, i))
    return found


@st.composite
def changed(draw, layout: Section, bases: list[dict]) -> dict:
    """A description with one to three keys made anew, made wrong, left out or put in."""
    made = copy.deepcopy(draw(st.sampled_from(bases)))
    for _ in range(draw(st.integers(1, 3))):
        path, rule = draw(st.sampled_from(places(layout, made)))
        how = draw(st.sampled_from(("valid", "valid", "wrong", "absent", "strange")))
        holder: Any = made
        for part in path[:-1]:
            holder = holder[part]
        if how == "valid":
            holder[path[-1]] = draw(valid(rule, str(path[-1])))
        elif how == "wrong":
            holder[path[-1]] = draw(trees)
        elif how == "absent" and isinstance(holder, dict):
            holder.pop(path[-1], None)
        elif isinstance(holder, dict):
            holder[draw(texts)] = draw(trees)
    return made
