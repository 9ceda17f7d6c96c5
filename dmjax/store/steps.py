"""Steps of a long work, a file each: a finished one is used again if it is what was written."""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from dmjax._version import __version__
from dmjax.errors import InputError
from dmjax.store.folders import CONFIG
from dmjax.store.plain import digest, read_json, write_json
from dmjax.store.progress import Say, nothing, remark
from dmjax.store.reading import content, exists
from dmjax.store.writing import sweep

LIST = "finished.json"
"""The list of finished files in a folder, with the SHA-256 of each."""


class Steps:
    """The finished files of a folder, for one configuration.

    Args:
        folder: of the work.
        configuration: everything its files depend on, as plain types.
        say: see `store.progress.Say`.
    """

    def __init__(self, folder: Path, configuration: Mapping[str, Any], say: Say = nothing) -> None:
        self.folder = folder
        self.say = say
        self._head = {"configuration": digest(configuration), "version": __version__}
        self._files = self._listed()

    def _listed(self) -> dict[str, str]:
        """Name → SHA-256; nothing where the list is missing, damaged or of something else."""
        path = self.folder / LIST
        if not exists(path):
            return {}
        try:
            held = read_json(path)
        except InputError as problem:
            if isinstance(problem.__cause__, OSError):
                raise
            return {}
        if {key: held.get(key) for key in self._head} != self._head or not _whole(held):
            return {}
        return held["files"]

    def done(self, name: str) -> bool:
        """Whether a step's file may be used again; one that may not is said.

        What a killed run left half-written is removed.
        """
        path = self.folder / name
        sweep(path)
        if not exists(path):
            return False
        wanted = self._files.get(name)
        if wanted is not None and wanted == _sha256(path):
            return True
        why = "is not on the list of finished files" if wanted is None else "was changed"
        remark(self.say, name, f"{path} {why}: made again")
        return False

    def finish(self, name: str) -> None:
        """Put a file that is written on the list."""
        sweep(self.folder / LIST)
        self._files[name] = _sha256(self.folder / name)
        held = self._head | {"files": self._files}
        write_json(self.folder / LIST, held | {"checksum": digest(held)})

    def keep(self, name: str, write: Callable[[Path], object]) -> None:
        """Use a step's file again, or have it written."""
        if self.done(name):
            remark(self.say, name, "kept from an earlier run")
            return
        self.say(name, 0, 1)
        write(self.folder / name)
        self.finish(name)
        self.say(name, 1, 1)


def _whole(held: dict[str, Any]) -> bool:
    """Whether a list is as it was written."""
    rest = {key: value for key, value in held.items() if key != "checksum"}
    return isinstance(held.get("files"), dict) and held.get("checksum") == digest(rest)


def listed(folder: Path) -> dict[str, Any]:
    """The list of a folder, with its configuration, version and files; see `check_finished`.

    Raises:
        InputError: the list is missing, damaged, or of another configuration than the folder.
    """
    held, config = read_json(folder / LIST), read_json(folder / CONFIG)
    if not _whole(held) or held.get("configuration") != digest(config):
        raise InputError(f"{folder / LIST} is not the list of {folder / CONFIG}: run it again")
    return held


def check_finished(folder: Path, names: Iterable[str]) -> None:
    """Raise InputError unless files are what a run of the folder's configuration wrote."""
    files = listed(folder)["files"]
    for name in names:
        if name not in files:
            raise InputError(f"{folder / name} is not on the list of finished files: run it again")
        if files[name] != _sha256(folder / name):
            raise InputError(f"{folder / name} changed after it was written: run it again")


def _sha256(path: Path) -> str:
    return hashlib.sha256(content(path)).hexdigest()
