"""Steps of a long work, a file each: a finished one is used again if it is what was written."""

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from dmjax._version import __version__
from dmjax.errors import InputError
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
        files = held.get("files")
        whole = {key: held.get(key) for key in self._head} == self._head
        if not (whole and isinstance(files, dict) and held.get("checksum") == digest(files)):
            return {}
        return files

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
        content = self._head | {"files": self._files, "checksum": digest(self._files)}
        write_json(self.folder / LIST, content)

    def keep(self, name: str, write: Callable[[Path], object]) -> None:
        """Use a step's file again, or have it written."""
        if self.done(name):
            remark(self.say, name, "kept from an earlier run")
            return
        self.say(name, 0, 1)
        write(self.folder / name)
        self.finish(name)
        self.say(name, 1, 1)


def _sha256(path: Path) -> str:
    return hashlib.sha256(content(path)).hexdigest()
