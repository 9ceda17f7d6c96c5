"""`info RESULT`: what saved work says that it is, and the proof of it."""

import dataclasses
from pathlib import Path
from typing import Any

from dmjax.errors import InputError
from dmjax.store.blocks import open_block
from dmjax.store.fields import rule_of
from dmjax.store.folders import CONFIG
from dmjax.store.plain import digest, read_json
from dmjax.store.reading import exists
from dmjax.store.result import AbstractResult
from dmjax.store.steps import LIST, check_finished, listed
from dmjax.studies.load import SCAN, load

RESULT, BLOCK = (".json", ".nc"), ".npz"


def is_saved(name: str) -> bool:
    """Whether a name is that of saved work, by its ending or because there is a folder."""
    path = Path(name)
    return path.suffix in (*RESULT, BLOCK, SCAN) or ("\0" not in name and path.is_dir())


def prove(path: Path) -> dict[str, Any]:
    """Configuration, digests, version and checks of saved work.

    Args:
        path: of a result (.json, .nc), of a block of toys or chains (.npz), of the folder of a scan
            (.zarr), or of that of a whole fit, a posterior, an evidence or of toys.

    Raises:
        InputError: it cannot be read, or something in it is not what it says.
    """
    if path.suffix == SCAN:
        return _scan(path)
    if path.is_dir():
        return _folder(path)
    return _block(path) if path.suffix == BLOCK else _result(path)


def _result(path: Path) -> dict[str, Any]:
    found = load(path)
    plain = found.to_plain()
    made = {"file": str(path)} | _said(plain, "schema_version")
    checks = {
        "digest": "that of its content",
        "schema": f"every field of a {found.kind} result, with its type, lengths and units",
        "numbers": "finite wherever none may be missing",
    }
    return made | {"checks": checks | _draws(found)}


def _scan(folder: Path) -> dict[str, Any]:
    found = load(folder)
    made = {"folder": str(folder)} | _said(found.to_plain(), "chunks")
    return made | {"checks": {"chunks": "each that is finished has the SHA-256 of its numbers"}}


def _said(plain: dict[str, Any], *more: str) -> dict[str, Any]:
    """What saved work says of itself, with the digests."""
    made = {key: plain[key] for key in ("kind", "version", *more, "configuration")}
    return made | {
        "configuration_digest": digest(plain["configuration"]),
        "digest": plain["checksum"],
    }


def _draws(found: AbstractResult) -> dict[str, str]:
    """What is to be said of fields that JSON leaves out."""
    bulky = [field.name for field in dataclasses.fields(found) if rule_of(field).bulky]
    held = "finite, and of this result by their digest"
    return {name: "not in this file" if getattr(found, name) is None else held for name in bulky}


def _block(path: Path) -> dict[str, Any]:
    found = open_block(path)
    if isinstance(found, str):
        raise InputError(f"{path} {found}: the command that made it makes it again")
    stated, arrays = found
    return {
        "file": str(path),
        "kind": "block",
        **stated,
        "arrays": {name: " x ".join(map(str, x.shape)) or "1" for name, x in arrays.items()},
        "checks": {"digest": "that of its arrays and of what it belongs to"},
    }


def _folder(folder: Path) -> dict[str, Any]:
    """Every file that the work of a folder wrote."""
    if not exists(folder / CONFIG):
        raise InputError(f"{folder} holds no saved work: there is no {CONFIG}")
    config = read_json(folder / CONFIG)
    own = digest(config)
    made = {
        "folder": str(folder),
        "version": config.get("version"),
        "configuration": config,
        "configuration_digest": own,
    }
    return made | {"checks": _steps(folder) | _blocks(folder, own) | _results(folder, config)}


def _steps(folder: Path) -> dict[str, str]:
    if not exists(folder / LIST):
        return {}
    names = list(listed(folder)["files"])
    check_finished(folder, names)
    return dict.fromkeys(names, "as its step wrote it, by the SHA-256 on the list")


def _blocks(folder: Path, own: str) -> dict[str, str]:
    checks = {}
    found = [*folder.glob(f"[!.]*{BLOCK}"), *folder.glob(f"chains/[!.]*{BLOCK}")]
    for path in sorted(found):
        if _block(path)["configuration"] != own:
            raise InputError(f"{path} belongs to another configuration than {folder / CONFIG}")
        checks[str(path.relative_to(folder))] = "of this configuration, by its digest"
    return checks


def _results(folder: Path, config: dict[str, Any]) -> dict[str, str]:
    """The results of a folder; files of single steps are no results, and are on the list."""
    checks = {}
    for path in (folder / f"{name}{end}" for name in _NAMES for end in RESULT):
        if not exists(path):
            continue
        found = load(path)
        stated = found.to_plain()["configuration"]
        if {key: config.get(key) for key in stated} != stated:
            raise InputError(f"{path} belongs to another configuration than {folder / CONFIG}")
        checks[path.name] = f"a whole {found.kind} result of this configuration"
    return checks


_NAMES = ("fit", "posterior", "evidence")
