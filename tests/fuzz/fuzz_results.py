"""Saved results of every kind, from the fields of its class; and results damaged with sense."""

import copy
import dataclasses
import types
import typing
from typing import Any

import numpy as np
from hypothesis import reject
from hypothesis import strategies as st

from dmjax.errors import InputError
from dmjax.store.fields import Rule, rule_of
from dmjax.store.plain import digest
from dmjax.store.result import AbstractResult
from dmjax.studies.load import KINDS, class_of
from fuzz_values import texts, trees

finite = st.floats(-1e12, 1e12)
plain_trees = st.dictionaries(texts, finite | texts | st.none(), max_size=3)


@st.composite
def results(draw) -> AbstractResult:
    """A result of any kind that keeps the rules of its fields, and which fit together."""
    cls = class_of(draw(st.sampled_from(sorted(KINDS))))
    hints, sizes = typing.get_type_hints(cls), {}
    held = {}
    for field in dataclasses.fields(cls):
        rule = rule_of(field)
        for dim in rule.dims:
            sizes.setdefault(dim, draw(st.integers(1, 3)))
        if rule.edges_of:
            sizes[rule.dims[0]] = sizes.setdefault(rule.edges_of, draw(st.integers(1, 3))) + 1
        made = st.none() if rule.bulky else _value(hints[field.name], rule, sizes)
        held[field.name] = draw(made)
    try:
        return cls(**held)
    except InputError:
        reject()


def _value(hint: Any, rule: Rule, sizes: dict[str, int]) -> st.SearchStrategy[Any]:
    """Values of an annotation under a rule."""
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    numbers = finite if rule.empty is None else finite | st.just(rule.empty)
    if origin in (typing.Union, types.UnionType):
        inner = next(one for one in args if one is not type(None))
        return st.none() | _value(inner, rule, sizes)
    if hint is np.ndarray:
        shape = [sizes[dim] for dim in rule.dims] or [2]
        count = int(np.prod(shape))
        rows = st.lists(numbers, min_size=count, max_size=count)
        order = sorted if rule.edges_of else list
        return rows.map(lambda held: np.array(order(held), float).reshape(shape))
    plain = {float: numbers, int: st.integers(0, 10**6), bool: st.booleans(), str: texts}
    if hint in plain:
        return plain[hint]
    if hint in (dict, Any):
        return plain_trees
    if hasattr(hint, "_fields"):
        inner = {k: _value(h, rule._replace(dims=()), sizes) for k, h in _hints(hint).items()}
        return st.builds(hint, **inner)
    if origin is dict:
        return st.dictionaries(texts, _value(args[1], rule, sizes), max_size=3)
    if origin is tuple and args[-1] is not Ellipsis:
        return st.tuples(*(_value(one, rule, sizes) for one in args))
    along = {"min_size": sizes[rule.dims[0]]} if rule.dims else {}
    inner = _value(args[0], rule._replace(dims=rule.dims[1:]), sizes)
    return st.lists(inner, max_size=along.get("min_size", 3), **along).map(origin)


def _hints(hint: type) -> dict[str, Any]:
    return typing.get_type_hints(hint)


def places(held: Any, path: tuple = ()) -> list[tuple]:
    """Every entry of a JSON tree, by its keys."""
    items = held.items() if isinstance(held, dict) else enumerate(held)
    found = []
    for key, one in items:
        found.append((*path, key))
        if isinstance(one, dict | list):
            found += places(one, (*path, key))
    return found


json_trees = trees.filter(lambda tree: "Exceeds" not in _written(tree))


def _written(tree: Any) -> str:
    try:
        return repr(tree)
    except ValueError as problem:
        return str(problem)


@st.composite
def damaged(draw, plain: dict[str, Any]) -> dict[str, Any]:
    """A saved result, one or two entries replaced, taken out or put in; its checksum may fit."""
    made = copy.deepcopy(plain)
    for _ in range(draw(st.integers(1, 2))):
        path = draw(st.sampled_from(places(made)))
        holder: Any = made
        for part in path[:-1]:
            holder = holder[part]
        how = draw(st.sampled_from(("replaced", "absent", "twice")))
        if how == "replaced":
            holder[path[-1]] = draw(json_trees)
        elif how == "absent":
            del holder[path[-1]]
        elif isinstance(holder, list):
            holder.append(copy.deepcopy(holder[path[-1]]))
        else:
            holder[draw(texts)] = draw(json_trees)
    if draw(st.sampled_from((True, True, True, False))):
        made["checksum"] = digest({k: v for k, v in made.items() if k != "checksum"})
    return made
