"""Tables of a data set of one's own: CSV files read into its bins."""

from typing import NamedTuple

import numpy as np

from dmjax.data import Table
from dmjax.errors import InputError, unknown_name
from dmjax.experiments.files import Description, named_table


class Axis(NamedTuple):
    """One axis of the bins.

    Attributes:
        name: "energy", "slices" or "time_us"; also the column that holds its bin centres.
        edges: increasing, (bins + 1).
    """

    name: str
    edges: np.ndarray


def binned(origin: Description, key: str, named: str, axes: tuple[Axis, ...]) -> np.ndarray:
    """Values of a CSV file in the bins of the data set, flat, the last axis (time) fastest.

    The file has '# key: value' lines, a line of column names, and one row for every bin. With a
    column for every axis, rows may stand in any order and the column says which bin, by any value
    inside it; without them rows stand in the order of the bins. The values are the one column
    left, or the one named behind the file as in "table.csv:column".

    Args:
        origin: the data-set file, beside which the table lies.
        key: where it is named, for messages.
        named: file, or file:column.
        axes: of the bins, the fastest last.

    Returns:
        Values ≥ 0, (bins,).

    Raises:
        InputError: no such file or column, not a table, too many or few rows, a bin given twice, a
            value outside the bins, negative or not finite.
    """
    file, _, column = named.partition(":")
    where = f"{origin.label}: {key}: {file}"
    read = named_table(origin, key, file)
    table = Table(read.meta, {name.strip(): values for name, values in read.columns.items()})
    values = table.columns[_value_column(where, table, column, axes)]
    shape = tuple(len(axis.edges) - 1 for axis in axes)
    bins = int(np.prod(shape))
    if values.size != bins:
        words = " x ".join(map(str, shape))
        raise InputError(
            f"{where} has {values.size} rows below the line of column names, "
            f"the data set {words} = {bins} bins"
        )
    if not np.all(np.isfinite(values) & (values >= 0)):
        bad = values[~(np.isfinite(values) & (values >= 0))][0]
        raise InputError(f"{where}: values must be finite and not negative, got {bad:g}")
    given = [axis.name for axis in axes if axis.name in table.columns]
    if not given:
        return values
    if len(given) < len(axes):
        missing = next(axis.name for axis in axes if axis.name not in given)
        raise InputError(f"{where}: missing column '{missing}' beside '{given[0]}'")
    return _placed(where, table, values, axes)


def whole(origin: Description, key: str, named: str, axes: tuple[Axis, ...]) -> np.ndarray:
    """`binned` counts, which must be whole numbers."""
    counts = binned(origin, key, named, axes)
    if not np.all(counts == np.round(counts)):
        bad = counts[counts != np.round(counts)][0]
        raise InputError(f"{origin.label}: {key}: counts must be whole numbers, got {bad:g}")
    return counts


def _value_column(where: str, table: Table, column: str, axes: tuple[Axis, ...]) -> str:
    names = [name for name in table.columns if name not in {axis.name for axis in axes}]
    if column:
        if column not in names:
            raise InputError(f"{where}: {unknown_name('column', column, names)}")
        return column
    if len(names) != 1:
        raise InputError(
            f"{where} must have one column of values beside its axes, or be named with one, as "
            f"in 'file.csv:column' (found: {', '.join(table.columns)})"
        )
    return names[0]


def _placed(where: str, table: Table, values: np.ndarray, axes: tuple[Axis, ...]) -> np.ndarray:
    """Values sorted into their bins by the columns of the axes."""
    flat = np.zeros(values.size, int)
    for axis in axes:
        centres = table.columns[axis.name]
        place = np.searchsorted(axis.edges, centres, side="right") - 1
        outside = ~((centres >= axis.edges[0]) & (centres < axis.edges[-1]))
        if np.any(outside):
            raise InputError(
                f"{where}: {axis.name} = {centres[outside][0]:g} lies outside the bins, "
                f"{axis.edges[0]:g} to {axis.edges[-1]:g}"
            )
        flat = flat * (len(axis.edges) - 1) + place
    order = np.argsort(flat, kind="stable")
    twice = flat[order][1:][np.diff(flat[order]) == 0]
    if twice.size:
        row = np.flatnonzero(flat == twice[0])[1]
        at = ", ".join(f"{axis.name} = {table.columns[axis.name][row]:g}" for axis in axes)
        raise InputError(f"{where}: the bin at {at} is given twice")
    return values[order]
