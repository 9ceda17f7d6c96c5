"""How a result is printed: one line a field, numbers with units, long arrays cut."""

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from dmjax.store.result import AbstractResult

_SHOWN = 6
_WIDTH = 88


def shown(result: "AbstractResult") -> str:
    """The text of a result's repr.

    >>> short(np.linspace(0.0, 1.0, 101))
    '0, 0.01, 0.02, … 1 (101)'
    """
    fields, units = dataclasses.fields(result), result.units()
    width = max(len(f.name) for f in fields)
    lines = [type(result).__name__]
    for field in fields:
        value = getattr(result, field.name)
        if value is None or (isinstance(value, dict | list | tuple) and not value):
            continue
        unit = units.get(field.name, "")
        unit = f" {unit}" if unit not in ("", "1") else ""
        lines.append(f"  {field.name:<{width}}  {short(value)}{unit}")
    return "\n".join(lines)


def short(value: Any) -> str:
    """A value in one line."""
    text = _text(value)
    return text if len(text) <= _WIDTH else text[: _WIDTH - 1] + "…"


def _text(value: Any) -> str:
    if isinstance(value, float | np.floating):
        return f"{value:.4g}"
    if isinstance(value, np.ndarray) and value.ndim > 1:
        return f"array of {' x '.join(map(str, value.shape))}"
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        value = value._asdict()  # pyright: ignore[reportAttributeAccessIssue]
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_text(item)}" for key, item in value.items())
    if isinstance(value, list | tuple | np.ndarray):
        items = list(value)
        if len(items) <= _SHOWN:
            return ", ".join(map(_text, items))
        return f"{', '.join(map(_text, items[:3]))}, … {_text(items[-1])} ({len(items)})"
    return str(value)
