"""Saved results read back: by their kind, checked against its schema and their checksum."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from dmjax.errors import InputError, unknown_name
from dmjax.store.datasets import decoded, read_dataset
from dmjax.store.plain import read_json
from dmjax.store.result import SCHEMA_VERSION, AbstractResult

ClassOf = Callable[[str], type[AbstractResult]]
"""Kind → class."""


def load_result(path: Path, kinds: Iterable[str], class_of: ClassOf) -> AbstractResult:
    """The result that `AbstractResult.save` wrote.

    Args:
        path: JSON (.json) or NetCDF (.nc).
        kinds, class_of: the kinds there are, and the class of each.

    Raises:
        InputError: the file cannot be read, is damaged or was changed; is of another schema version
            (older files: run again) or of an unknown kind; or its fields are not those of its kind.
    """
    if path.suffix not in (".json", ".nc"):
        raise InputError(f"{path} is no saved result: those end in .json or .nc")
    netcdf = path.suffix == ".nc"
    raw = read_dataset(path) if netcdf else read_json(path)
    try:
        cls = class_of(_kind(raw, list(kinds)))
        return cls.from_plain(decoded(raw, cls) if netcdf else raw)
    except InputError as problem:
        raise InputError(f"{path}: {problem}") from problem
    except RecursionError as problem:
        raise InputError(f"{path}: nested too deep; delete it and run again") from problem


def _kind(plain: dict[str, Any], kinds: list[str]) -> str:
    version, kind = plain.get("schema_version"), plain.get("kind")
    if kind is None or version is None:
        raise InputError("not a saved result, or one of an older version: run again")
    if version != SCHEMA_VERSION or isinstance(version, bool):
        raise InputError(
            f"has schema version {version!r:.20}, this dmjax reads {SCHEMA_VERSION}: run again"
        )
    if kind not in kinds:
        raise unknown_name("kind of result", f"{kind!s:.40}", kinds)
    return kind
