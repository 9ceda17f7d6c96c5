"""Small scans for tests: one channel and one bin, so that programs are compiled in seconds."""

from pathlib import Path
from typing import Any

import numpy as np

from dmjax.scan.files import read_scan
from dmjax.scan.settings import ScanSettings

GRID = {
    "m_v": {"start": 10, "stop": 130, "points": 8, "log": True},
    "m_chi": [3.0, 7.0, 12.0, 20.0, 40.0],
}
CONTENT = {
    "datasets": ["ccm120"],
    "signal": {"channels": "piminus"},
    "grid": GRID,
    "method": {"name": "events"},
    "run": {"batch": 10},
}
TOML = """
datasets = ["ccm120"]
[signal]
channels = "piminus"
[grid]
m_v = { start = 10, stop = 130, points = 8, log = true }
m_chi = [3.0, 7.0, 12.0, 20.0, 40.0]
[method]
name = "events"
[run]
batch = 10
"""


def settings(**tables: Any) -> ScanSettings:
    """Of the small scan with some tables of its file changed."""
    return read_scan(CONTENT | tables)


def content(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def same_bits(a: np.ndarray, b: np.ndarray) -> bool:
    return a.shape == b.shape and a.tobytes() == b.tobytes()
