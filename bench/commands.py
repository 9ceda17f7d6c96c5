"""Whole commands in fresh processes: the first time, and with the programs of the first kept."""

import os
import resource
import subprocess
import sys
import tempfile
import time

import numpy as np

from measure import row

COMMANDS = {
    "info": (None, 2.5),
    "predict coherent-csi --mv 75 --mchi 25 --eps 1e-4": (None, 2.5),
    "limit csi2017 --mv 30,75": (None, 2.5),
    "limit csi2021 lar2020 --method asymptotic --bands --mv 30,75": (None, 2.5),
    "fit lar2020 --signal none": (None, 2.5),
    "fit csi2017 --out {folder}/fit": (45.0, 15.0),
}
"""Command → most seconds of the first run and of the second; None: no target."""


def commands(repeats: int) -> list[dict]:
    """Wall and processor time of commands, first and again; 'help' as the floor."""
    rows = [row("--help", _median("--help", os.environ | {}, repeats), "s", 0.5)]
    for text, (first, again) in COMMANDS.items():
        with tempfile.TemporaryDirectory() as folder:
            held = os.environ | {"DMJAX_CACHE": f"{folder}/programs"}
            name = text.split(" --out")[0]
            cold = _seconds(text.format(folder=folder), held)
            rows.append(row(f"{name}: first time", cold, "s", first))
            target = f"{folder}/again" if "{folder}" in text else folder
            warm = _median(text.format(folder=target), held, 1 if "{folder}" in text else repeats)
            rows.append(row(f"{name}: second time", warm, "s", again))
    return rows


def _median(text: str, environment: dict[str, str], repeats: int) -> np.ndarray:
    return np.median([_seconds(text, environment) for _ in range(repeats)], axis=0)


def _seconds(text: str, environment: dict[str, str]) -> np.ndarray:
    """Wall and processor time of a process [s]."""
    before, start = _children(), time.perf_counter()
    command = [sys.executable, "-m", "dmjax.cli", *text.split()]
    subprocess.run(command, env=environment, check=True, capture_output=True)
    return np.array([time.perf_counter() - start, _children() - before])


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
