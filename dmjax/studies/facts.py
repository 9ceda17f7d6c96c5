"""`info`: what this installation is and knows."""

from importlib.metadata import version
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp

from dmjax._version import __version__
from dmjax.conventions import CHANNELS, PROFILES
from dmjax.data import available, load_table, load_toml
from dmjax.errors import unknown_name
from dmjax.models import PRESETS, SPINS
from dmjax.programs import programs_folder
from dmjax.studies.proof import is_saved, prove

KINDS = {
    "datasets": "data set",
    "experiments": "detector",
    "missing": "missing-energy search",
    "beams": "beam",
    "curves": "limit curve",
}
"""Folder of descriptions → what they describe. A name may be in several."""


def facts(name: str | None = None) -> dict[str, Any]:
    """Versions, devices, precision, experiments, models, data sets with their sources.

    Args:
        name: of one data set, detector, beam or table: what its file says of itself; or of saved
            work: what it is, with the proof.

    Raises:
        InputError: an unknown name, with the nearest one; or saved work that is not what it says.
    """
    if name is not None:
        return _facts_of(name)
    titles = {
        kind: {name: load_toml(kind, name)["title"] for name in available(kind)}
        for kind in ("experiments", "datasets", "missing")
    }
    return {
        "dmjax": __version__,
        "versions": {name: version(name) for name in ("jax", "jaxlib", "equinox", "numpyro")},
        "devices": [str(device) for device in jax.devices()],
        "programs": _programs(),
        "precision": str(jnp.result_type(float)),
        "conventions": list(PROFILES),
        "models": list(PRESETS),
        "spins": list(SPINS),
        "channels": list(CHANNELS),
        **titles,
        "curves": {n: load_toml("curves", n)[n]["description"] for n in available("curves")},
        "tables": {name: load_table(name).meta for name in available("tables")},
    }


def _programs() -> dict[str, Any]:
    """Where traced and compiled programs are kept between processes."""
    folder = programs_folder()
    if folder is None:
        return {"folder": None}
    held = sum(one.stat().st_size for one in folder.parent.rglob("*") if one.is_file())
    return {"folder": str(folder.parent), "MiB": round(held / 2**20)}


def _facts_of(name: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for folder, kind in KINDS.items():
        if name in available(folder):
            spec = load_toml(folder, name)
            found[kind] = spec[name] if folder == "curves" else _told(spec)
    if name in available("tables"):
        found["table"] = load_table(name).meta
    if not found and is_saved(name):
        return prove(Path(name))
    if not found:
        known = [one for folder in (*KINDS, "tables") for one in available(folder)]
        raise unknown_name("data set, detector, beam or table", name, sorted(set(known)))
    return {"name": name} | found


def _told(spec: dict[str, Any]) -> dict[str, Any]:
    """Title, what it refers to, what is assumed, and what must be said beside its numbers."""
    keys = ("title", "experiment", "beam", "assumed", "note")
    return {key: spec[key] for key in keys if key in spec}
