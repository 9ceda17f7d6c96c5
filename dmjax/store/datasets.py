"""Results as xarray datasets, pandas frames and NetCDF files, and back."""

import dataclasses
import json
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dmjax.errors import InputError
from dmjax.store.blocks import checksum
from dmjax.store.fields import HEAD, rule_of
from dmjax.store.netcdf import ROOT, read_groups, write_groups
from dmjax.store.plain import digest, to_json, to_plain

if TYPE_CHECKING:
    import pandas
    import xarray

    from dmjax.store.result import AbstractResult

_FIELD, _CHECKSUM = "field", "checksum"


def dataset_of(result: "AbstractResult", grouped: bool = True) -> "xarray.Dataset":
    """See `AbstractResult.to_xarray`.

    Args:
        result: to be shown.
        grouped: whether arrays by name are in it.
    """
    import xarray

    variables, coords, attrs = {}, {}, {}
    for field in dataclasses.fields(result):
        value, rule = getattr(result, field.name), rule_of(field)
        if value is None or (rule.group and not grouped):
            continue
        if rule.group:
            variables |= {f"{field.name}.{name}": (rule.dims, x) for name, x in value.items()}
            continue
        if not rule.dims:
            attrs[field.name] = _attribute(value)
            continue
        units = {"units": rule.unit} if rule.unit else {}
        place = coords if rule.dims == (field.name,) else variables
        place[field.name] = (rule.dims, np.asarray(value), units)
    head = {key: _attribute(x) for key, x in result.to_plain().items() if key in HEAD}
    return xarray.Dataset(variables, coords, head | attrs)


def _attribute(value: Any) -> str | int | float:
    """Numbers and texts as they are, the rest as JSON text."""
    if isinstance(value, str | int | float) and not isinstance(value, bool) and value != "":
        return value
    return to_json(value)


def frame_of(result: "AbstractResult") -> "pandas.DataFrame":
    """See `AbstractResult.to_pandas`."""
    import pandas

    if not result.axis:
        rows = to_plain(getattr(result, result.table)) if result.table else None
        if rows is not None:
            if any(isinstance(row, list) for row in rows.values()):
                return pandas.DataFrame(rows)
            plain = {k: row if isinstance(row, dict) else {"value": row} for k, row in rows.items()}
            return pandas.DataFrame.from_dict(plain, orient="index")
        plain = {f.name: getattr(result, f.name) for f in dataclasses.fields(result)}
        return pandas.DataFrame(
            [{k: v for k, v in plain.items() if isinstance(v, str | int | float)}]
        )
    columns: dict[str, Any] = {}
    for field in dataclasses.fields(result):
        value, dims = getattr(result, field.name), rule_of(field).dims
        if value is None or dims[:1] != (result.axis,):
            continue
        if len(dims) == 1:
            columns[field.name] = value
        elif len(dims) == 2:
            names = _entries(result, dims[1], np.shape(value)[1])
            columns |= {
                f"{field.name}[{name}]": [row[i] for row in value] for i, name in enumerate(names)
            }
    frame = pandas.DataFrame(columns)
    frame.attrs = {"units": result.units()}
    return frame


def _entries(result: "AbstractResult", dim: str, size: int) -> list[str]:
    """Names of the entries of a second axis: its coordinate, or their numbers."""
    values = getattr(result, dim, None)
    values = range(size) if values is None else values
    return [x if isinstance(x, str) else f"{x:g}" for x in values]


def write_dataset(path: Path, result: "AbstractResult") -> Path:
    """Save as NetCDF: the dataset at the root, arrays by name in groups (draws as ArviZ reads)."""
    import xarray

    groups = {ROOT: dataset_of(result, grouped=False)}
    for field in dataclasses.fields(result):
        value, rule = getattr(result, field.name), rule_of(field)
        if rule.group and value:
            sizes = dict(zip(rule.dims, np.shape(next(iter(value.values()))), strict=True))
            groups[rule.group] = xarray.Dataset(
                {name: (rule.dims, x) for name, x in value.items()},
                {dim: np.arange(size) for dim, size in sizes.items()},
                {_FIELD: field.name, _CHECKSUM: _sum_of(value, groups[ROOT].attrs)},
            )
    return write_groups(path, groups)


def read_dataset(path: Path) -> dict[str, Any]:
    """Attributes and arrays of a NetCDF file as they are stored; see `decoded`."""
    found = read_groups(path)
    top = found.pop(ROOT)
    raw: dict[str, Any] = {str(key): _value(x) for key, x in top.attrs.items()}
    raw |= {str(name): _plain_array(x.values) for name, x in top.variables.items()}
    for group in found.values():
        if _FIELD in group.attrs:
            name, held = str(group.attrs[_FIELD]), group.data_vars.items()
            raw[name] = {str(key): x.values for key, x in held}
            if _sum_of(raw[name], top.attrs) != group.attrs.get(_CHECKSUM):
                raise InputError(
                    f"{path}: '{name}' changed after it was written (its checksum differs)"
                )
    return raw


def _sum_of(arrays: dict[str, Any], head: Mapping[Any, Any]) -> str:
    """Checksum of a group, with that of the result it is part of: no other's group fits."""
    return digest([checksum(arrays), str(head.get(_CHECKSUM))])


def _value(attribute: Any) -> Any:
    return attribute.item() if isinstance(attribute, np.generic) else attribute


def _plain_array(values: np.ndarray) -> Any:
    return values if values.dtype.kind in "biuf" else values.astype(object).tolist()


def decoded(raw: dict[str, Any], cls: type["AbstractResult"]) -> dict[str, Any]:
    """What `to_plain` gave, from what `read_dataset` found.

    Raises:
        InputError: an attribute that should be JSON text and is not.
    """
    hints = typing.get_type_hints(cls)
    names = [field.name for field in dataclasses.fields(cls)]
    texts = {"kind", "checksum"} | {n for n in names if hints[n] in (str, str | None)}
    made: dict[str, Any] = {
        field.name: {} if rule_of(field).group and not rule_of(field).bulky else None
        for field in dataclasses.fields(cls)
    }
    for key, value in raw.items():
        if isinstance(value, str) and (key not in texts or value == '""'):
            try:
                value = json.loads(value)
            except (ValueError, RecursionError) as problem:
                raise InputError(f"'{key}' is damaged") from problem
        made[key] = value
    return made
