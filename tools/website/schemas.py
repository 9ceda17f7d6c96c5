"""JSON schemas of description files, from the rules by which they are checked."""

from typing import Any

from dmjax.analyses.own_layout import DATASET
from dmjax.experiments.layout import BEAM, DETECTOR
from dmjax.schema import (
    POSITIVE,
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

DRAFT = "https://json-schema.org/draft/2020-12/schema"
FILES = {"detector": DETECTOR, "beam": BEAM, "dataset": DATASET}
"""Kind of file → the rule of the whole file."""
_NOT_BLANK = {"type": "string", "pattern": r"\S"}


def schema(kind: str) -> dict[str, Any]:
    """The JSON schema of a kind of file, as TOML is read.

    It accepts whatever dmjax accepts. Two rules are not for a schema and are in descriptions: that
    a list increases, and that bins are whole; what keys say of each other dmjax checks too.

    >>> schema("dataset")["required"]
    ['dataset', 'detector', 'counts']
    """
    return {"$schema": DRAFT, "title": f"{kind} file of dmjax", **as_schema(FILES[kind])}


def as_schema(rule: Rule) -> dict[str, Any]:
    """One rule as a JSON schema."""
    if isinstance(rule, Section):
        return _table(rule)
    if isinstance(rule, Variants):
        kinds = rule.kinds.items()
        return {"oneOf": [_table(one, {"kind": {"const": kind}}) for kind, one in kinds]}
    if isinstance(rule, ListOf):
        return {"type": "array", "items": as_schema(rule.each)}
    if isinstance(rule, Free):
        each = as_schema(rule.each)
        return {"type": "object", "minProperties": rule.least, "additionalProperties": each}
    return _value(rule)


def _table(rule: Section, first: dict[str, Any] | None = None) -> dict[str, Any]:
    first = first or {}
    known = {**rule.required, **rule.optional}
    return {
        "type": "object",
        "required": [*first, *rule.required],
        "properties": first | {name: as_schema(one) for name, one in known.items()},
        "additionalProperties": False,
    }


def _value(rule: Number | Numbers | Text | Texts | Flag | Edges) -> dict[str, Any]:
    if isinstance(rule, Number):
        return _number(rule)
    if isinstance(rule, Numbers):
        return _list(_number(rule.each), rule.shortest, rule.longest, rule.rule())
    if isinstance(rule, Text):
        return {"enum": list(rule.choices)} if rule.choices else dict(_NOT_BLANK)
    if isinstance(rule, Texts):
        return {"type": "array", "items": _NOT_BLANK, "minItems": 1, "uniqueItems": True}
    if isinstance(rule, Flag):
        return {"type": "boolean"}
    each = _number(rule.each)
    even = Section({"start": rule.each, "stop": rule.each, "width": POSITIVE})
    listed = _list(each, 2, rule.most + 1, rule.rule())
    return {"description": rule.rule(), "anyOf": [listed, _table(even)]}


def _number(rule: Number) -> dict[str, Any]:
    found: dict[str, Any] = {"type": "integer" if rule.whole else "number"}
    if rule.low > -float("inf"):
        found["exclusiveMinimum" if rule.open_low else "minimum"] = rule.low
    if rule.high < float("inf"):
        found["maximum"] = rule.high
    return found


def _list(each: dict[str, Any], shortest: int, longest: int, rule: str) -> dict[str, Any]:
    ends = {"minItems": shortest, "maxItems": longest}
    return {"description": rule, "type": "array", "items": each, **ends}
