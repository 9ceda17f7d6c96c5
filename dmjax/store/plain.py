"""Plain JSON types: how every value of the package is written as text, and its digest."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path, PurePath
from typing import Any

import numpy as np

from dmjax.errors import InputError
from dmjax.store.reading import content
from dmjax.store.writing import write_text


def to_plain(value: Any) -> Any:
    """Results, NamedTuples, mappings, arrays and scalars as JSON types.

    A number that is not finite becomes null: JSON has no other word for it. What null stands for
    when a result is read back is said by the rule of its field (`store.fields.Rule.empty`).

    >>> to_plain({"a": np.array([1.0, np.inf])})
    {'a': [1.0, None]}
    """
    if hasattr(value, "to_plain"):
        return value.to_plain()
    if hasattr(value, "_asdict"):
        value = value._asdict()
    if isinstance(value, Mapping):
        return {str(key): to_plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [to_plain(item) for item in value]
    if hasattr(value, "tolist"):
        return to_plain(np.asarray(value).tolist())
    if isinstance(value, float) and not np.isfinite(value):
        return None
    if isinstance(value, PurePath):
        return str(value)
    return value


def to_json(value: Any) -> str:
    """`to_plain` as JSON text."""
    return json.dumps(to_plain(value), allow_nan=False)


def digest(value: Any) -> str:
    """SHA-256 of a value's plain JSON, whatever the order of its keys.

    >>> digest({"a": 1, "b": [2.0]}) == digest({"b": np.array([2.0]), "a": 1})
    True
    """
    text = json.dumps(to_plain(value), allow_nan=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def write_json(path: Path, value: Any) -> Path:
    """Save a value as JSON, whole or not at all."""
    return write_text(path, to_json(value) + "\n")


def read_json(path: Path) -> dict:
    """A JSON object from a file.

    Raises:
        InputError: the file cannot be read, is no JSON (damaged or cut), or holds no object.
    """
    text = content(path)
    try:
        found = json.loads(text.decode("utf-8-sig"), parse_constant=_no_number)
    except (ValueError, RecursionError) as problem:
        raise InputError(
            f"{path} is not a dmjax result (damaged JSON); delete it and run again"
        ) from problem
    if not isinstance(found, dict):
        raise InputError(f"{path} is not a dmjax result; delete it and run again")
    return found


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no JSON number")
