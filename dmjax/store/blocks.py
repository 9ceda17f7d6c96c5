"""Blocks of arrays kept for continuing: each says what it belongs to, and is checked when read."""

import hashlib
import io
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from dmjax._version import __version__
from dmjax.errors import InputError
from dmjax.store.plain import digest
from dmjax.store.progress import Say, nothing, remark
from dmjax.store.writing import whole

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
    """

    path: Path
    configuration: Mapping[str, Any]
    label: str
    rows: int | None = None
    check: Check = lambda _: None


def kept(block: Block, make: Callable[[], Arrays], say: Say = nothing) -> Arrays:
    """What an earlier run wrote there; else `make()`, written.

    A block that is damaged, cut, of another configuration, label, version or number of rows, or
    whose numbers are not finite is made again, and that is said in one line.

    Raises:
        InputError: the file is there but cannot be read, or cannot be written.
    """
    if block.path.exists() or block.path.is_symlink():
        found = read_block(block)
        if not isinstance(found, str):
            return found
        remark(say, block.label, f"{block.path} {found}: made again")
    made = make()
    write_block(block, made)
    return made


def write_block(block: Block, arrays: Mapping[str, Any]) -> Path:
    """Save arrays (NumPy's npz) with what they belong to and a checksum, whole or not at all."""
    plain = {name: np.asarray(value) for name, value in arrays.items()}
    label = json.dumps(_belongs(block) | {"checksum": checksum(plain)})
    with whole(block.path) as partial, partial.open("wb") as file:
        np.savez(file, **plain, **{_LABEL: np.array(label)})  # pyright: ignore[reportArgumentType]
    return block.path


def read_block(block: Block) -> Arrays | str:
    """The arrays of a block, or in words why they are not used.

    Raises:
        InputError: the system does not let the file be read: it may be whole.
    """
    try:
        if not block.path.is_file():
            return "is no plain file"
        content = block.path.read_bytes()
    except OSError as problem:
        raise InputError(
            f"cannot read {block.path}: {problem.strerror or problem}; it may be whole"
        ) from problem
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        said = json.loads(str(arrays.pop(_LABEL)))
        return _objection(block, said, arrays) or arrays
    except Exception:  # damaged bytes raise anything in zipfile, zlib, numpy and json
        return "is damaged"


def _belongs(block: Block) -> dict[str, Any]:
    return {
        "configuration": digest(block.configuration),
        "label": block.label,
        "rows": block.rows,
        "version": __version__,
    }


def _objection(block: Block, said: dict[str, Any], arrays: Arrays) -> str | None:
    for key, value in _belongs(block).items():
        if said[key] != value:
            return f"belongs to another {key}"
    if said["checksum"] != checksum(arrays):
        return "is damaged (its checksum differs)"
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
