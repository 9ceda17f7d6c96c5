"""Blocks of arrays kept for continuing: each says what it belongs to, and is checked when read."""

import hashlib
import io
import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from dmjax._version import __version__
from dmjax.store.plain import digest, to_plain
from dmjax.store.progress import Say, nothing, remark
from dmjax.store.reading import content, exists
from dmjax.store.writing import sweep, whole

Arrays = dict[str, np.ndarray]
Check = Callable[[Arrays], str | None]
"""What is wrong with arrays that are whole, in words; None: nothing."""
_LABEL = "belongs_to"


class Block(NamedTuple):
    """What a saved block belongs to.

    Attributes:
        path: its file.
        configuration: everything its numbers depend on, as plain types.
        label: which block of that configuration.
        rows: length of the first axis of every array; None: not fixed.
        check: of the arrays, beside their rows.
        about: what else its numbers depend on, by name, e.g. the strengths of toys.
    """

    path: Path
    configuration: Mapping[str, Any]
    label: str
    rows: int | None = None
    check: Check = lambda _: None
    about: Mapping[str, Any] = MappingProxyType({})


def kept(block: Block, make: Callable[[], Arrays], say: Say = nothing) -> Arrays:
    """What an earlier run wrote there; else `make()`, written.

    A block that is damaged, cut, of another configuration, label, version, number of rows or
    anything else that it states, or whose numbers are not finite is made again, and that is said in
    one line.

    Raises:
        InputError: the file is there but cannot be read, or cannot be written.
    """
    if exists(block.path):
        found = read_block(block)
        if not isinstance(found, str):
            return found
        remark(say, block.label, f"{block.path} {found}: made again")
    sweep(block.path)
    made = make()
    write_block(block, made)
    return made


def write_block(block: Block, arrays: Mapping[str, Any]) -> Path:
    """Save arrays (NumPy's npz) with what they belong to and a checksum, whole or not at all."""
    plain = {name: np.asarray(value) for name, value in arrays.items()}
    stated = _belongs(block)
    label = json.dumps(stated | {"checksum": _sum(stated, plain)})
    with whole(block.path) as partial, partial.open("wb") as file:
        np.savez(file, **plain, **{_LABEL: np.array(label)})  # pyright: ignore[reportArgumentType]
    return block.path


def read_block(block: Block) -> Arrays | str:
    """The arrays of a block, or in words why they are not used.

    Raises:
        InputError: the system does not let the file be read: it may be whole.
    """
    found = open_block(block.path)
    if isinstance(found, str):
        return found
    said, arrays = found
    try:
        return _objection(block, said, arrays) or arrays
    except Exception:  # arrays of other names, types or shapes fail anywhere in the checks
        return "is damaged"


def open_block(path: Path) -> tuple[dict[str, Any], Arrays] | str:
    """What a block states that it belongs to, and its arrays; or in words why it is none.

    Raises:
        InputError: the system does not let the file be read: it may be whole.
    """
    if path.is_dir():
        return "is a folder"
    held = io.BytesIO(content(path))
    try:
        with np.load(held, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        said = json.loads(str(arrays.pop(_LABEL)))
        whole_as_written = said.pop("checksum") == _sum(said, arrays)
    except Exception:  # damaged bytes raise anything in zipfile, zlib, numpy and json
        return "is damaged"
    return (said, arrays) if whole_as_written else "is damaged (its checksum differs)"


def _belongs(block: Block) -> dict[str, Any]:
    stated = {
        "configuration": digest(block.configuration),
        "label": block.label,
        "rows": block.rows,
        "version": __version__,
    }
    return to_plain(stated | dict(block.about))


def _sum(said: Mapping[str, Any], arrays: Arrays) -> str:
    """Over the arrays and what they say that they belong to."""
    return digest([said, checksum(arrays)])


def _objection(block: Block, said: dict[str, Any], arrays: Arrays) -> str | None:
    wanted = _belongs(block)
    for key in [*wanted, *said]:
        if said.get(key) != wanted.get(key):
            return f"belongs to another {key}"
    if block.rows is not None and any(len(x) != block.rows for x in arrays.values()):
        return f"has not {block.rows} rows"
    return block.check(arrays)


def checksum(arrays: Mapping[str, np.ndarray]) -> str:
    """SHA-256 over names, types, shapes and bytes."""
    found = hashlib.sha256()
    for name in sorted(arrays):
        value = np.asarray(arrays[name])
        found.update(f"{name}{value.dtype.str}{value.shape}".encode())
        found.update(value.tobytes())
    return found.hexdigest()


def finite(*names: str) -> Check:
    """The check that named arrays hold finite numbers only.

    >>> finite("x")({"x": np.array([1.0, np.nan])})
    'has numbers that are not finite (x)'
    """

    def check(arrays: Arrays) -> str | None:
        bad = [name for name in names if not np.all(np.isfinite(arrays[name]))]
        return f"has numbers that are not finite ({', '.join(bad)})" if bad else None

    return check


def fingerprint(arrays: Iterable[Any]) -> str:
    """SHA-256 of numbers to six digits, with their types and shapes.

    For numbers that are computed again: they agree to rounding, not to the last bit.

    >>> fingerprint([np.array([1.0, 2.0])]) == fingerprint([np.array([1.0 + 1e-14, 2.0])])
    True
    >>> fingerprint([np.array([1.0, 2.0])]) == fingerprint([np.array([1.00001, 2.0])])
    False
    """
    return checksum({f"{i}": _rounded(np.asarray(x)) for i, x in enumerate(arrays)})


def _rounded(values: np.ndarray) -> np.ndarray:
    if values.dtype.kind != "f" or values.size == 0:
        return values
    finite_ones = np.where(np.isfinite(values), values, 0.0)
    noise = 1e-12 * np.max(np.abs(finite_ones))
    digits, powers = np.frexp(np.where(np.abs(finite_ones) > noise, finite_ones, 0.0))
    made = np.ldexp(np.round(digits * 2.0**20) + 0.0, powers - 20)
    return np.where(np.isfinite(values), made, values).astype(values.dtype)
