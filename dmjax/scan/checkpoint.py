"""A scan as it grows: a Zarr group, to which chunks are added whole, each with its checksum."""

import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dmjax.errors import InputError, shown
from dmjax.scan.axes import Chunk, Grid, chunk_of, chunks_of
from dmjax.scan.layout import SUMS, described
from dmjax.scan.memory import STATUS, Arrays, blank
from dmjax.store.blocks import checksum
from dmjax.store.plain import digest, to_plain
from dmjax.store.reading import exists
from dmjax.store.writing import whole

if TYPE_CHECKING:
    import zarr

ENDING = ".zarr"
ROOT = "zarr.json"
KIND = "scan"

_HIDDEN = re.compile(r"\..*\.[0-9a-f]{16}(\..*)?")


class Checkpoint:
    """The Zarr group of one scan.

    Arrays have the dimensions of the grid, and a chunk of the scan is one chunk of each. What is
    finished is in "sha256": 32 bytes for each chunk, over its numbers and all attributes, which are
    written last. A chunk whose numbers do not have this sum is not finished.

    Args:
        folder: of the group; its name ends in .zarr.
        grid: of the scan.
        names: of its columns, beside the status.
        head: attributes of the group; "configuration" is what a continued scan must share.
    """

    def __init__(
        self, folder: Path, grid: Grid, names: tuple[str, ...], head: Mapping[str, Any]
    ) -> None:
        self.folder = folder
        self.grid = grid
        self.names = (*names, STATUS)
        self.head = to_plain(dict(head))
        self._belongs = digest([self.head, self.names])
        self._group, self._memory = described(grid, self.names, self.head)

    def check(self) -> None:
        """Raise InputError where there is another scan, or something else."""
        if exists(self.folder / ROOT):
            self._check(read_head(self.folder))
        else:
            self._check_empty()

    def begin(self) -> set[int]:
        """Make the group where there is none; the chunks that are finished.

        Raises:
            InputError: see `check`.
        """
        self.check()
        if not exists(self.folder / ROOT):
            root = self._memory.pop(ROOT)
            for key in list(self._memory):
                self._put(key)
            self._write(ROOT, root)
        _sweep(self.folder)
        return self.finished()

    def finished(self) -> set[int]:
        """Numbers of the chunks that are whole, by their checksums."""
        held = open_group(self.folder)
        return {c.number for c in chunks_of(self.grid) if self._read(held, c) is not None}

    def commit(self, number: int, arrays: Arrays) -> None:
        """Keep a chunk: its numbers, then its checksum, each file whole or not at all."""
        chunk = chunk_of(self.grid, number)
        for name in self.names:
            _array(self._group, name)[chunk.where] = arrays[name]
        self._flush()
        _array(self._group, SUMS)[number] = self._sum(number, arrays)
        self._flush()

    def read(self, number: int) -> Arrays | None:
        """The numbers of a finished chunk; None of another."""
        return self._read(open_group(self.folder), chunk_of(self.grid, number))

    def everything(self) -> tuple[Arrays, list[int]]:
        """(arrays of the whole grid, numbers of the finished chunks); what is not is pending.

        Raises:
            InputError: a chunk that was finished is damaged.
        """
        held = open_group(self.folder)
        made = blank(self.grid, self.names)
        sums, finished = _sums_of(held), []
        for chunk in chunks_of(self.grid):
            found = self._read(held, chunk)
            if found is not None:
                finished.append(chunk.number)
                for name, values in found.items():
                    made[name][chunk.where] = values
            elif sums is None or sums[chunk.number].any():
                raise InputError(
                    f"{self.folder}: chunk {chunk.number} is damaged: the same scan makes it again"
                )
        return made, finished

    def _read(self, held: "zarr.Group", chunk: Chunk) -> Arrays | None:
        try:
            found = {name: np.asarray(_array(held, name)[chunk.where]) for name in self.names}
            said = np.asarray(_array(held, SUMS)[chunk.number])
        except Exception:  # damaged bytes raise anything inside zarr and its codecs
            return None
        return found if np.array_equal(said, self._sum(chunk.number, found)) else None

    def _sum(self, number: int, arrays: Arrays) -> np.ndarray:
        held = {name: np.asarray(arrays[name]) for name in self.names}
        said = digest([self._belongs, number, checksum(held)])
        return np.frombuffer(bytes.fromhex(said), np.uint8)

    def _flush(self) -> None:
        """To the disk what was put into the group since."""
        for key in [key for key in self._memory if "/c/" in key]:
            self._put(key)

    def _put(self, key: str) -> None:
        self._write(key, self._memory[key])
        if "/c/" in key:
            del self._memory[key]

    def _write(self, key: str, content: Any) -> None:
        with whole(self.folder / key) as file:
            file.write_bytes(content.to_bytes())

    def check_same(self, other: "Checkpoint") -> None:
        """Raise InputError where another group is not of this scan."""
        change = self._change(other.head)
        if change:
            raise InputError(f"{other.folder} is of another scan ({change})")

    def _check(self, said: Mapping[str, Any]) -> None:
        change = self._change(said)
        if change:
            raise InputError(
                f"{self.folder} holds another scan ({change}); choose another --out or delete it"
            )

    def _change(self, said: Mapping[str, Any]) -> str:
        """The fields in which the configuration of a group differs from ours; "" where in none."""
        ours, theirs = self.head["configuration"], said.get("configuration", {})
        names = sorted(k for k in {*ours, *theirs} if ours.get(k) != theirs.get(k))
        if not names:
            return ""
        first = f"{shown(theirs.get(names[0]))}, now {shown(ours.get(names[0]))}"
        more = f", and in {', '.join(names[1:])}" if names[1:] else ""
        return f"differs in {names[0]}: {first}{more}"

    def _check_empty(self) -> None:
        """What a killed run left before the group was whole may be there, and nothing else."""
        if not exists(self.folder):
            return
        if not self.folder.is_dir():
            raise InputError(f"{self.folder} is no folder: choose another --out or delete it")
        known = {key.split("/")[0] for key in self._memory} | {"lock"}
        others = [one.name for one in self.folder.iterdir() if one.name not in known]
        others = [name for name in others if not name.startswith(".")]
        if others:
            raise InputError(f"{self.folder} holds other files ({others[0]}); choose another --out")


def _sweep(folder: Path) -> None:
    """Remove what killed runs left half-written."""
    for left in folder.rglob(".*"):
        if _HIDDEN.fullmatch(left.name):
            with suppress(OSError):
                left.unlink()


def _sums_of(held: "zarr.Group") -> np.ndarray | None:
    try:
        return np.asarray(_array(held, SUMS)[:])
    except Exception:  # damaged bytes raise anything inside zarr and its codecs
        return None


def _array(held: "zarr.Group", name: str) -> Any:
    return held[name]


def open_group(folder: Path) -> "zarr.Group":
    """The group of a folder, to read.

    Raises:
        InputError: there is none.
    """
    import zarr
    from zarr.storage import LocalStore

    try:
        return zarr.open_group(LocalStore(folder, read_only=True), mode="r", use_consolidated=False)
    except Exception as problem:  # damaged bytes raise anything in zarr and json
        raise InputError(f"{folder} is no scan: it holds no group of Zarr") from problem


def read_head(folder: Path) -> dict[str, Any]:
    """The attributes of a scan's group.

    Raises:
        InputError: it is no scan.
    """
    head = dict(open_group(folder).attrs)
    if head.get("kind") != KIND or not isinstance(head.get("configuration"), dict):
        raise InputError(f"{folder} is no scan of dmjax; choose another name")
    return head
