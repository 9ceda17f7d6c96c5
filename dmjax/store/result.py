"""What verbs return: frozen containers with units, saved in one schema and read back the same."""

import dataclasses
import typing
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from dmjax.errors import InputError
from dmjax.store.fields import HEAD, Rule, arrays, checked, column, draws, number, rule_of
from dmjax.store.plain import digest, to_plain, write_json

if TYPE_CHECKING:
    import pandas
    import xarray
    from matplotlib.figure import Figure

T = typing.TypeVar("T")

SCHEMA_VERSION = 1
"""Of every saved result. It rises when a reader of the old one would misread a new file."""


@typing.dataclass_transform(
    eq_default=False,
    kw_only_default=True,
    frozen_default=True,
    field_specifiers=(dataclasses.field, column, number, arrays, draws),
)
def container(cls: type[T]) -> type[T]:
    """Make a final class of results: a frozen dataclass made by keywords, with the base's ==."""
    return dataclasses.dataclass(frozen=True, eq=False, repr=False, kw_only=True)(cls)


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class AbstractResult:
    """The base of every result.

    A final class states its kind and its fields. Each has an annotation, which is its type, and may
    have a rule (`store.fields.column`, `number`, `draws`): dimensions, unit, what null stands for.
    Every value is checked and made plain when the result is made, so what can be made can be saved.

        @container
        class CoverageResult(AbstractResult):
            kind: ClassVar[str] = "coverage"
            axis: ClassVar[str] = "events"
            events: np.ndarray = column("events")
            coverage: np.ndarray = column("events")
            conventions: dict
            configuration: dict
            version: str = __version__

            def plot(self, **options):
                from dmjax.plots.coverage import plot_coverage
                return plot_coverage([self], **options)

    A kind is listed in `dmjax.studies.load.KINDS`, from where `dmjax.load` finds its class.

    Attributes:
        kind: names the class in saved files.
        axis: the dimension whose rows `to_pandas` gives.
        table: where there is no axis: the field whose rows it gives, name → numbers or columns.
    """

    kind: ClassVar[str] = ""
    axis: ClassVar[str] = ""
    table: ClassVar[str] = ""

    def __post_init__(self) -> None:
        if not self.kind:
            raise TypeError("a result is made of a final class, which states its kind")
        hints, sizes = _hints(type(self)), {}
        for field in dataclasses.fields(self):
            rule = rule_of(field)
            value = checked(hints[field.name], getattr(self, field.name), rule, field.name)
            object.__setattr__(self, field.name, value)
            for one in (value or {}).values() if rule.group else (value,):
                _check_dims(one, rule, field.name, sizes)
        _check_edges(self, sizes)

    def to_plain(self) -> dict[str, Any]:
        """The saved schema: one flat object of JSON types (see `units`, `dmjax.load`).

        Posterior draws are left out: NetCDF files have them.
        """
        head = {"kind": self.kind, "schema_version": SCHEMA_VERSION, "units": self.units()}
        fields = {
            f.name: None if rule_of(f).bulky else to_plain(getattr(self, f.name))
            for f in dataclasses.fields(self)
        }
        plain = head | fields
        return plain | {"checksum": digest(plain)}

    def units(self) -> dict[str, str]:
        """Field → unit, of the fields that state one; "1" for a pure number."""
        rules = {f.name: rule_of(f) for f in dataclasses.fields(self)}
        return {name: rule.unit for name, rule in rules.items() if rule.unit}

    @classmethod
    def from_plain(cls, plain: dict[str, Any]) -> Self:
        """The result that `to_plain` wrote.

        Raises:
            InputError: a field that is missing, unknown, of another type or length; or the checksum
                does not match.
        """
        fields = {k: v for k, v in plain.items() if k not in HEAD}
        names = [f.name for f in dataclasses.fields(cls)]
        missing = [name for name in names if name not in fields]
        strange = [name for name in fields if name not in names]
        if missing or strange:
            said = f"no '{missing[0]}'" if missing else f"an unknown '{strange[0]}'"
            raise InputError(f"a {cls.kind} result with {said}")
        made = cls(**fields)
        if plain.get("units") != made.units():
            said = "other units than this version writes" if "units" in plain else "no units"
            raise InputError(f"states {said}: run again")
        if made.to_plain()["checksum"] != plain.get("checksum"):
            raise InputError("changed after it was written (its checksum differs)")
        return made

    def to_xarray(self) -> "xarray.Dataset":
        """A dataset: arrays with dimensions, coordinates and units; the rest as attributes.

        Texts and numbers are attributes as they are, everything else is JSON text. Arrays by name
        are variables "field.name".
        """
        from dmjax.store.datasets import dataset_of

        return dataset_of(self)

    def to_pandas(self) -> "pandas.DataFrame":
        """A row for each entry of the main axis, a column for each field along it.

        A field with a second axis has a column for each of its entries, e.g. "expected[-1]".
        Without a main axis: the rows of the main table, or one row of the single numbers.
        """
        from dmjax.store.datasets import frame_of

        return frame_of(self)

    def save(self, path: Path | str) -> Path:
        """Write it whole: JSON (.json) or NetCDF (.nc); `dmjax.load` gives the same object back."""
        path = Path(path)
        if path.suffix == ".json":
            return write_json(path, self)
        if path.suffix == ".nc":
            from dmjax.store.datasets import write_dataset

            return write_dataset(path, self)
        raise InputError(f"a result is saved as .json or .nc, not as '{path.name}'")

    def plot(self) -> "Figure":
        """The figure of this kind of result."""
        raise InputError(f"there is no figure of a {self.kind} result")

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        pairs = ((getattr(self, f.name), getattr(other, f.name)) for f in dataclasses.fields(self))
        return all(_same(a, b) for a, b in pairs)

    __hash__ = None  # pyright: ignore[reportAssignmentType]

    def __repr__(self) -> str:
        from dmjax.store.shown import shown

        return shown(self)


@cache
def _hints(cls: type) -> dict[str, Any]:
    return typing.get_type_hints(cls)


def _check_dims(value: Any, rule: Rule, name: str, sizes: dict[str, int]) -> None:
    """Every axis of one name has one length in the whole result."""
    if value is None or not rule.dims:
        return
    try:
        shape = np.shape(value)
    except ValueError:
        raise InputError(f"'{name}' has rows of different lengths") from None
    if len(shape) != len(rule.dims):
        raise InputError(f"'{name}' has {len(shape)} axes, not {len(rule.dims)}")
    for dim, size in zip(rule.dims, shape, strict=True):
        if sizes.setdefault(dim, size) != size:
            raise InputError(f"'{name}' has {size} entries along {dim}, others {sizes[dim]}")


def _check_edges(made: AbstractResult, sizes: dict[str, int]) -> None:
    """Edges of bins are one more than the bins, and increase."""
    for field in dataclasses.fields(made):
        dim, value = rule_of(field).edges_of, getattr(made, field.name)
        if dim and sizes.get(dim, value.size - 1) != value.size - 1:
            found = f"{value.size} entries, for {sizes[dim]} bins of {dim}"
            raise InputError(f"'{field.name}' has {found}")
        if dim and not np.all(np.diff(value) > 0.0):
            raise InputError(f"'{field.name}' must increase")


def _same(a: Any, b: Any) -> bool:
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
        return a.shape == b.shape and np.array_equal(a, b, equal_nan=a.dtype.kind == "f")
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(_same(x, b[k]) for k, x in a.items())
    if isinstance(a, list | tuple) and isinstance(b, list | tuple):
        return len(a) == len(b) and all(_same(x, y) for x, y in zip(a, b, strict=True))
    return a == b or (a != a and b != b)
