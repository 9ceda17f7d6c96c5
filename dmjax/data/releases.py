"""Official releases that stay where the user keeps them: checked by checksum, never copied.

A small file remembers the folders: `releases.json` below `DMJAX_DATA`, or else below the
platform's folder for user data.
"""

import hashlib
import os
from pathlib import Path
from typing import NamedTuple

import numpy as np
from platformdirs import user_data_path

from dmjax.data import available, load_toml
from dmjax.errors import InputError, unknown_name
from dmjax.store.plain import read_json, write_json
from dmjax.store.reading import exists


class Release(NamedTuple):
    """A release and where the user has it.

    Attributes:
        name: of the data set.
        origin: where to get it.
        files: role → (file name, SHA-256).
        folder: checked folder, or None.
    """

    name: str
    origin: str
    files: dict[str, tuple[str, str]]
    folder: Path | None


def user_folder() -> Path:
    """Where dmjax keeps what it must remember: `DMJAX_DATA`, or the platform's user data.

    Raises:
        InputError: there is neither, as for a user without a home.
    """
    chosen = os.environ.get("DMJAX_DATA")
    try:
        return Path(chosen) if chosen else user_data_path("dmjax", appauthor=False)
    except RuntimeError:
        raise InputError("there is no home folder to remember data in; set DMJAX_DATA") from None


def _remembered() -> dict[str, str]:
    try:
        path = user_folder() / "releases.json"
    except InputError:
        return {}
    if not exists(path):
        return {}
    held = read_json(path)
    if not all(isinstance(folder, str) for folder in held.values()):
        raise InputError(f"{path} is damaged: delete it and add the data again")
    return held


def release(name: str) -> Release:
    """What is known about the release of a data set.

    >>> release("csi2021").origin
    'ancillary files of https://arxiv.org/abs/2110.07730'
    """
    known = available("origins")
    if name not in known:
        raise unknown_name("release", name, known)
    spec = load_toml("origins", name)
    files = {role: (item["name"], item["sha256"]) for role, item in spec["files"].items()}
    folder = _remembered().get(name)
    return Release(name, spec["origin"], files, None if folder is None else Path(folder))


def check_folder(name: str, folder: Path) -> None:
    """Raise InputError unless the folder holds every file of the release, unchanged."""
    wanted = release(name)
    for file, checksum in wanted.files.values():
        path = folder / file
        if not path.is_file():
            raise InputError(f"{folder} has no {file}; get it from the {wanted.origin}")
        if hashlib.sha256(path.read_bytes()).hexdigest() != checksum:
            raise InputError(
                f"{path} is not the released file (its SHA-256 differs); get it again from the "
                f"{wanted.origin}"
            )


def add_release(name: str, folder: Path) -> Release:
    """Check a folder and remember it; nothing is copied."""
    try:
        folder = folder.expanduser().resolve()
    except (OSError, RuntimeError, ValueError) as problem:
        raise InputError(f"cannot find the folder {folder}: {problem}") from None
    check_folder(name, folder)
    path = user_folder() / "releases.json"
    try:
        write_json(path, _remembered() | {name: str(folder)})
    except InputError as problem:
        if isinstance(problem.__cause__, OSError):
            raise InputError(f"{problem}: set DMJAX_DATA to a folder of yours") from problem
        raise
    return release(name)


def read_release(name: str) -> dict[str, np.ndarray]:
    """The tables of a release by role, read from the user's folder and checked again.

    Raises:
        InputError: the release was never added, or its files changed.
    """
    wanted = release(name)
    if wanted.folder is None:
        raise InputError(
            f"the {name} release is not here: get the {wanted.origin}, then run "
            f"'dmjax data add {name} FOLDER'"
        )
    check_folder(name, wanted.folder)
    return {role: np.loadtxt(wanted.folder / file) for role, (file, _) in wanted.files.items()}
