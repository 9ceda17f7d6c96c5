"""Rules of the fields of a result: dimensions, units, and what null stands for.

The type of a field is its annotation; the rule says the rest. Write

    @container
    class LimitResult(AbstractResult):
        m_v: np.ndarray = column("m_v", unit="MeV")
        limit: np.ndarray = column("m_v", empty=math.inf)
        expected: np.ndarray | None = column("m_v", "sigmas", empty=math.inf)
"""

import dataclasses
import math
import types
import typing
from typing import Any, NamedTuple

import numpy as np

from dmjax.errors import InputError, shown
from dmjax.store.plain import to_plain


class Rule(NamedTuple):
    """What a field holds, beside its type.

    Attributes:
        dims: names of its axes; a field that is its own dimension is a coordinate.
        unit: of its numbers; "" where it has none to state.
        empty: what a number that is not finite is (inf: none, e.g. no limit; nan: not known); null
            in JSON. None: every number is finite.
        group: of the NetCDF file, for name → array; "": with the rest.
        bulky: whether it is in NetCDF files only; None in JSON.
        edges_of: the dimension whose bins it ends: it has one entry more.
    """

    dims: tuple[str, ...] = ()
    unit: str = ""
    empty: float | None = None
    group: str = ""
    bulky: bool = False
    edges_of: str = ""


PLAIN = Rule()
HEAD = ("kind", "schema_version", "units", "checksum")
"""Keys of a saved result that are not its fields."""


def column(
    *dims: str, unit: str = "", empty: float | None = None, edges_of: str = "", **more
) -> Any:
    """A field along named axes (see `Rule`); `more` is of `dataclasses.field`."""
    rule = Rule(dims, unit, empty, edges_of=edges_of)
    return dataclasses.field(metadata={"rule": rule}, **more)


def number(unit: str = "", empty: float | None = None, **more) -> Any:
    """A field of one number with a unit (see `Rule`)."""
    return dataclasses.field(metadata={"rule": Rule((), unit, empty)}, **more)


def arrays(*dims: str, group: str, unit: str = "", **more) -> Any:
    """A field of arrays by name, each along the same axes; a group of the NetCDF file."""
    return dataclasses.field(metadata={"rule": Rule(dims, unit, group=group)}, **more)


def draws(group: str = "posterior") -> Any:
    """A field of posterior draws: name → (chains, draws), or None, as ArviZ reads them.

    JSON files leave them out: a result read from there has None.
    """
    rule = Rule(("chain", "draw"), group=group, bulky=True)
    return dataclasses.field(metadata={"rule": rule}, default=None)


def rule_of(field: dataclasses.Field) -> Rule:
    """The rule of a field; one without is plain."""
    return field.metadata.get("rule", PLAIN)


def checked(hint: Any, value: Any, rule: Rule, name: str) -> Any:
    """A value as its annotation says, from Python or from JSON.

    Args:
        hint: the annotation: number, text, bool, array, NamedTuple, list, tuple or dict of those,
            or None beside; a bare dict is any JSON.
        value: of that type, or what `to_plain` makes of it.
        rule: of the field.
        name: for errors.

    Returns:
        The value; arrays are NumPy's, numbers that are not finite are `rule.empty`.

    Raises:
        InputError: another type, text where a number is wanted, rows of different lengths, or a
            number that is not finite where it must be.

    >>> checked(np.ndarray, [1.0, None], Rule(("x",), empty=math.inf), "limit")
    array([ 1., inf])
    """
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return _optional(args, value, rule, name)
    if hint is np.ndarray:
        return _array(value, rule, name)
    if hint in (float, int, bool, str):
        return _scalar(hint, value, rule, name)
    if hint in (dict, Any):
        return _tree(value, name) if hint is Any else _tree(_must(dict, value, name), name)
    if isinstance(hint, type) and hasattr(hint, "_fields"):
        return _record(hint, value, rule, name)
    if origin is dict:
        items = _must(dict, value, name).items()
        return {str(k): checked(args[1], x, rule, f"{name}.{k}") for k, x in items}
    if origin in (list, tuple):
        rows = _must((list, tuple, np.ndarray), value, name)
        if origin is tuple and args[-1] is not Ellipsis:
            if len(rows) != len(args):
                raise InputError(f"'{name}' has {len(rows)} entries, not {len(args)}")
            hints = args
        else:
            hints = (args[0],) * len(rows)
        pairs = enumerate(zip(hints, rows, strict=True))
        return origin(checked(h, x, rule, f"{name}[{i}]") for i, (h, x) in pairs)
    raise TypeError(f"a result cannot hold {hint!r} ('{name}')")


def _must(kinds: Any, value: Any, name: str) -> Any:
    if not isinstance(value, kinds):
        wanted = "an object" if kinds is dict else "a list"
        raise InputError(f"'{name}' must be {wanted}, got {shown(value, 40)}")
    return value


def _optional(args: tuple, value: Any, rule: Rule, name: str) -> Any:
    """None, or the other type; an optional single number that is not finite is None."""
    (inner,) = (one for one in args if one is not type(None))
    if value is None:
        return None
    if inner is float and _is_number(value) and not math.isfinite(_real(value, name)):
        return None
    return checked(inner, value, rule, name)


def _is_number(value: Any) -> bool:
    plain = _bare(value)
    return isinstance(plain, int | float) and not isinstance(plain, bool)


def _bare(value: Any) -> Any:
    """A scalar of NumPy or JAX as Python's."""
    return np.asarray(value).item() if hasattr(value, "item") and np.ndim(value) == 0 else value


def _real(value: Any, name: str) -> float:
    """A number as double precision; a whole number may have too many digits for it."""
    try:
        return float(_bare(value))
    except OverflowError:
        raise InputError(f"'{name}' is too large for a number: {shown(value)}") from None


def _scalar(hint: type, value: Any, rule: Rule, name: str) -> Any:
    value = _bare(value)
    if hint is float:
        if value is None and rule.empty is not None:
            return rule.empty
        if not _is_number(value):
            raise InputError(f"'{name}' must be a number, got {shown(value, 40)}")
        return _finite(_real(value, name), rule, name)
    right = type(value) is hint
    if not right:
        wanted = {int: "a whole number", bool: "true or false", str: "a text"}[hint]
        raise InputError(f"'{name}' must be {wanted}, got {shown(value, 40)}")
    return value


def _finite(value: float, rule: Rule, name: str) -> float:
    if math.isfinite(value):
        return value
    if rule.empty is None:
        raise InputError(f"'{name}' is not finite ({value})")
    return rule.empty


def _array(value: Any, rule: Rule, name: str) -> np.ndarray:
    if isinstance(value, list | tuple):
        value = _filled(value, rule, name)
    try:
        found = np.array(value)
    except ValueError as problem:
        raise InputError(f"'{name}' has rows of different lengths") from problem
    if found.dtype.kind not in "biuf":
        raise InputError(f"'{name}' must hold numbers, got {shown(value, 40)}")
    if found.dtype.kind == "f":
        bad = ~np.isfinite(found)
        if bad.any() and rule.empty is None:
            raise InputError(f"'{name}' has numbers that are not finite")
        if bad.any() and rule.empty is not None:
            found[bad] = rule.empty
    elif found.size == 0:
        found = found.astype(float)
    found.flags.writeable = False
    return found


def _filled(value: Any, rule: Rule, name: str) -> Any:
    """Nested lists with null replaced; anything but a number is refused."""
    if isinstance(value, list | tuple):
        return [_filled(item, rule, name) for item in value]
    if value is None and rule.empty is not None:
        return rule.empty
    if isinstance(value, np.ndarray) or _is_number(value) or isinstance(value, bool | np.bool_):
        return value
    raise InputError(f"'{name}' must hold numbers, got {shown(value, 40)}")


def _record(hint: Any, value: Any, rule: Rule, name: str) -> Any:
    """A NamedTuple; numbers inside that are not known are NaN.

    Its method `misfit`, if it has one, says what of its fields does not fit together, or None.
    """
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        value = value._asdict()  # pyright: ignore[reportAttributeAccessIssue]
    value, hints = _must(dict, value, name), typing.get_type_hints(hint)
    strange = sorted(set(value) ^ set(hints))
    if strange:
        where = "has no" if strange[0] in hints else "has an unknown"
        raise InputError(f"'{name}' {where} '{strange[0]}'")
    inner = rule._replace(dims=(), empty=math.nan if rule.empty is None else rule.empty)
    made = hint(**{k: checked(h, value[k], inner, f"{name}.{k}") for k, h in hints.items()})
    problem = made.misfit() if hasattr(made, "misfit") else None
    if problem is not None:
        raise InputError(f"'{name}': {problem}")
    return made


def _tree(value: Any, name: str) -> Any:
    """Any JSON; numbers that are not finite become null."""
    plain = to_plain(value)
    _check_tree(plain, name)
    return plain


def _check_tree(value: Any, name: str) -> None:
    if isinstance(value, dict):
        for key, item in value.items():
            _check_tree(item, f"{name}.{key}")
    elif isinstance(value, list):
        for item in value:
            _check_tree(item, name)
    elif not (value is None or isinstance(value, str | int | float | bool)):
        raise InputError(f"'{name}' cannot be saved: {shown(value, 40)}")
