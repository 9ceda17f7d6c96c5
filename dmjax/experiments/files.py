"""Find and read description files: shipped ones by name, a user's by a path that ends in .toml.

A name inside a user's file is a shipped one, or a path relative to that file.
"""

from pathlib import Path
from typing import Any, NamedTuple

from dmjax.data import Table, available, load_table, load_toml, read_table
from dmjax.errors import InputError, unknown_name
from dmjax.experiments.schema import check_beam, check_detector, check_weights
from dmjax.schema import unknown
from dmjax.texts import read_text, read_toml

MESON_COLUMNS = ("kinetic_energy", "cos_theta", "weight")
PHOTON_COLUMNS = ("energy", "photons")


class Description(NamedTuple):
    """A checked description.

    Attributes:
        label: how errors name the file.
        folder: where paths in it start; None for a shipped file.
        spec: its content.
    """

    label: str
    folder: Path | None
    spec: dict[str, Any]


def read_detector(name_or_path: str) -> Description:
    """The detector file of a preset name or of a path ending in .toml, checked."""
    if name_or_path.endswith(".toml"):
        description = described(name_or_path)
    else:
        description = _shipped("experiments", name_or_path)
    check_detector(description.label, description.spec)
    return description


def read_beam(detector: Description) -> Description:
    """The beam file that a detector names, checked."""
    name = detector.spec["beam"]
    if name.endswith(".toml"):
        description = described(str(_beside(detector, name)))
    elif name not in available("beams"):
        raise unknown(detector.label, "beam", name, available("beams"))
    else:
        description = _shipped("beams", name)
    check_beam(description.label, description.spec)
    return description


def beam_tables(beam: Description) -> dict[str, Table]:
    """The tables a beam file names, by section: "pi0", "eta", "cascade"."""
    tables = {}
    for section in ("pi0", "eta", "cascade"):
        if section in beam.spec:
            columns = PHOTON_COLUMNS if section == "cascade" else MESON_COLUMNS
            key = f"{section}.table"
            table = named_table(beam, key, beam.spec[section]["table"])
            check_weights(beam.label, key, table, columns, columns[-1])
            tables[section] = table
    return tables


def named_table(origin: Description, key: str, name: str) -> Table:
    """A shipped table by name, or a .csv file beside the description."""
    if name.endswith(".csv"):
        path = _beside(origin, name)
        try:
            text = read_text(path)
        except InputError as problem:
            raise InputError(f"{origin.label}: {key}: {problem}") from None
        try:
            return read_table(text)
        except (ValueError, IndexError):
            raise InputError(
                f"{origin.label}: {key}: {path} is not a table: need '# key: value' lines, a line "
                "of column names, rows of as many numbers"
            ) from None
    if name not in available("tables"):
        raise unknown(origin.label, f"table in {key}:", name, available("tables"))
    return load_table(name)


def _beside(origin: Description, name: str) -> Path:
    if origin.folder is None:
        raise InputError(f"{origin.label}: a shipped file cannot name the path '{name}'")
    return origin.folder / name


def _shipped(kind: str, name: str) -> Description:
    if kind == "experiments" and name in available("missing"):
        raise InputError(f"'{name}' misses energy, it has no recoils: ask for its limit")
    if name not in available(kind):
        raise unknown_name(kind.removesuffix("s"), name, available(kind))
    return Description(f"{name}.toml", None, load_toml(kind, name))


def described(name: str) -> Description:
    """The content of a user's TOML file, not yet checked; InputError where it cannot be read."""
    path = Path(name)
    return Description(name, path.parent, read_toml(path))
