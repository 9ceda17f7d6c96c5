"""Containers without their arrays as plain JSON, and made again around other arrays.

What a program returns is a tree of this package's modules and named tuples. Nothing else is made
again: no class of another package, and no code that is not a container's.
"""

from dataclasses import fields, is_dataclass
from importlib import import_module
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from dmjax.programs.described import CannotDescribeError

_PLAIN = (bool, int, float, str)


def outline(tree: Any, arrays: list) -> Any:
    """A tree as JSON types; its arrays are appended to `arrays` and stand as their places.

    Raises:
        CannotDescribeError: something in the tree is no container of this package, no array and
            no plain value.

    >>> import jax.numpy as jnp
    >>> held = []
    >>> outline({"a": (jnp.ones(2), None)}, held), len(held)
    ({'dict': [['a', {'tuple': [{'array': 0}, None]}]]}, 1)
    """
    if tree is None:
        return None
    if isinstance(tree, jax.Array | np.ndarray):
        arrays.append(tree)
        return {"array" if isinstance(tree, jax.Array) else "numpy": len(arrays) - 1}
    if type(tree) in _PLAIN:
        return {"plain": tree}
    if type(tree) in (tuple, list):
        return {type(tree).__name__: [outline(one, arrays) for one in tree]}
    if type(tree) is dict and all(isinstance(key, str) for key in tree):
        return {"dict": [[key, outline(one, arrays)] for key, one in tree.items()]}
    if isinstance(tree, tuple):
        names = getattr(type(tree), "_fields", ())
        held = [[name, outline(one, arrays)] for name, one in zip(names, tree, strict=True)]
        return {"named": _path(type(tree)), "fields": held}
    if is_dataclass(tree):
        names = [field.name for field in fields(tree)]
        held = [[name, outline(getattr(tree, name), arrays)] for name in names]
        return {"made of": _path(type(tree)), "fields": held}
    raise CannotDescribeError(str(type(tree)))


def rebuilt(plain: Any, arrays: list) -> Any:
    """The tree of an outline around arrays.

    >>> rebuilt({"dict": [["a", {"tuple": [{"numpy": 0}, None]}]]}, [np.zeros(1)])
    {'a': (array([0.]), None)}
    """
    if plain is None:
        return None
    kind = next(iter(plain))
    held = plain[kind]
    if kind == "array":
        return jnp.asarray(arrays[held])
    if kind == "numpy":
        return np.asarray(arrays[held])
    if kind == "plain":
        return held
    if kind in ("tuple", "list"):
        made = [rebuilt(one, arrays) for one in held]
        return tuple(made) if kind == "tuple" else made
    if kind == "dict":
        return {key: rebuilt(one, arrays) for key, one in held}
    values = {name: rebuilt(one, arrays) for name, one in plain["fields"]}
    made_of = _class(held)
    if kind == "named":
        return made_of(**values)
    made = object.__new__(made_of)
    for name, value in values.items():
        object.__setattr__(made, name, value)
    return made


def _path(kind: type) -> str:
    path = f"{kind.__module__}:{kind.__qualname__}"
    if _class(path) is not kind:
        raise CannotDescribeError(path)
    return path


def _class(path: str) -> type:
    module, name = path.split(":")
    if not module.startswith("dmjax.") or not name.isidentifier():
        raise CannotDescribeError(path)
    return getattr(import_module(module), name)
