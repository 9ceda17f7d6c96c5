"""Folders that belong to one configuration."""

from pathlib import Path

from dmjax.errors import InputError
from dmjax.store.plain import read_json, write_json
from dmjax.store.reading import exists
from dmjax.store.writing import check_writable, sweep

CONFIG = "config.json"


def holds(folder: Path, wanted: dict, what: str) -> bool:
    """Whether a folder already holds this configuration; InputError where it holds another."""
    config = folder / CONFIG
    if not exists(config):
        return False
    held = read_json(config)
    differing = sorted(
        key for key in wanted.keys() | held.keys() if held.get(key) != wanted.get(key)
    )
    if differing:
        raise InputError(
            f"{folder} holds {what} (differs in {', '.join(differing)}); choose another --out or "
            "delete it"
        )
    return True


def claim_folder(folder: Path, wanted: dict, what: str) -> None:
    """Make a folder that of one configuration; see `holds`."""
    check_writable(folder / CONFIG)
    if not holds(folder, wanted, what):
        sweep(folder / CONFIG)
        write_json(folder / CONFIG, wanted)
