"""Compact tables of the package's own, each with its source, licence, units and origin."""

import tomllib
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

import numpy as np

_ROOT = files("dmjax.data")


class Table(NamedTuple):
    """A small numeric table.

    Attributes:
        meta: header fields: title, source, licence, units, command.
        columns: column name → values, all of one length.
    """

    meta: dict[str, str]
    columns: dict[str, np.ndarray]


def read_table(text: str) -> Table:
    """Parse a table: `# key: value` lines, a line of column names, comma-separated rows.

    >>> read_table("# units: MeV\\nx,y\\n1,2\\n3,4\\n").columns["y"].tolist()
    [2.0, 4.0]
    """
    lines = text.splitlines()
    header = [line[1:].split(":", 1) for line in lines if line.startswith("#")]
    body = [line for line in lines if line and not line.startswith("#")]
    values = np.array([[float(cell) for cell in row.split(",")] for row in body[1:]])
    names = body[0].split(",")
    meta = {key.strip(): value.strip() for key, value in header}
    return Table(meta, dict(zip(names, values.T, strict=True)))


@cache
def load_table(name: str) -> Table:
    """Read one of the shipped tables, e.g. `load_table("pi0_sns")`."""
    return read_table(_ROOT.joinpath("tables", f"{name}.csv").read_text("utf-8"))


@cache
def load_toml(kind: str, name: str) -> dict:
    """Read a shipped description: kind is "beams" or "experiments"."""
    return tomllib.loads(_ROOT.joinpath(kind, f"{name}.toml").read_text("utf-8"))


def available(kind: str) -> list[str]:
    """Names of the shipped files of a kind: "tables", "beams" or "experiments"."""
    return sorted(Path(f.name).stem for f in _ROOT.joinpath(kind).iterdir() if "." in f.name)
