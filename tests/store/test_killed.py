"""Real SIGKILLs: a process that works in a folder is killed at random moments, and continued."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

WORK = """
import pathlib, sys, time
import numpy as np
from dmjax.store.blocks import Block, finite, kept
from dmjax.store.folders import claim_folder
from dmjax.store.locks import working_in
from dmjax.store.plain import write_json
from dmjax.store.steps import Steps
folder, config = pathlib.Path(sys.argv[1]), {"seed": 1}

def make(i):
    time.sleep(0.01)
    return {"x": np.random.default_rng(i).normal(size=20_000)}

def say(what, done, of, note=""):
    # A step's list is written after its file: it may be finished and not yet listed.
    if "made again" in note and "is not on the list" not in note:
        sys.exit(f"{what}: {note}")

with working_in(folder, "result.json"):
    claim_folder(folder, config, "another study")
    steps, total = Steps(folder, config, say), 0.0
    for i in range(30):
        block = Block(folder / f"b_{i}.npz", config, f"b_{i}", 20_000, finite("x"))
        total += float(kept(block, lambda i=i: make(i), say)["x"].sum())
        if i % 5 == 0:
            steps.keep(f"s_{i}.json", lambda path: write_json(path, {"total": total}))
    write_json(folder / "result.json", {"total": total})
"""
KILLS = 8


def started(folder) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-c", WORK, str(folder)], stderr=subprocess.PIPE, text=True
    )


def wait_for_blocks(folder: Path, process: subprocess.Popen, blocks: int) -> None:
    """Until a folder holds so many, or the process has ended."""
    while process.poll() is None and len(list(folder.glob("b_*.npz"))) < blocks:
        time.sleep(0.001)


def test_killed_work_continues_to_the_same_numbers(tmp_path):
    """What was finished is used: nothing is ever found damaged, also where the kill met a write."""
    whole, folder = tmp_path / "whole", tmp_path / "killed"
    assert not started(whole).communicate(timeout=60)[1]
    random, killed = np.random.default_rng(), 0
    for i in range(KILLS):
        process = started(folder)
        wait_for_blocks(folder, process, 3 * i + 1)
        time.sleep(random.uniform(0.0, 0.02))
        process.kill()
        assert not process.communicate(timeout=60)[1]
        killed += process.returncode == -signal.SIGKILL
    process = started(folder)
    assert not process.communicate(timeout=60)[1] and process.returncode == 0
    results = [json.loads((one / "result.json").read_text()) for one in (whole, folder)]
    names = [sorted(path.name for path in one.iterdir()) for one in (whole, folder)]
    assert results[0] == results[1] and names[0] == names[1] and killed > 0
