"""What is kept of a scan: whole chunks, whatever ends the run, and the same bytes in the end."""

import errno
import os
import shutil
import signal
import subprocess
import sys
import time
from functools import lru_cache

import numpy as np
import pytest
import xarray
from killed import moments_of, snapshots

import dmjax
import dmjax.store.writing as writing
from dmjax.errors import InputError
from dmjax.scan import run as running
from dmjax.scan.engine import Engine
from dmjax.scan.run import run_scan
from dmjax.scan.status import PointStatus
from scan_setups import TOML, content, same_bits, settings


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """One engine for each settings, and made-up numbers: what is tested is how they are kept."""
    monkeypatch.setattr(running, "Engine", _engine)


@lru_cache(maxsize=4)
def _engine(chosen):
    return Engine(chosen)


def numbers(engine, tasks):
    """Values that are a function of the place."""
    grid = engine.grid
    for number, _ in tasks:
        where = running.chunk_of(grid, number).where
        places = np.ravel_multi_index(np.indices(grid.shape), grid.shape)[where]
        status = np.where(places % 3 == 0, PointStatus.CLOSED, PointStatus.OK).astype(np.int8)
        yield number, {"value": np.where(status == 0, 1.0 + places, np.nan), "status": status}


def scanned(folder, **options):
    return run_scan(settings(**options), folder, compute=numbers)


@pytest.fixture
def whole(tmp_path):
    scanned(tmp_path / "whole.zarr")
    return content(tmp_path / "whole.zarr")


def test_the_group_opens_everywhere_and_is_the_result(tmp_path, whole):
    folder = tmp_path / "whole.zarr"
    found = dmjax.load(folder)
    assert found == scanned(folder) and content(folder) == whole
    with xarray.open_zarr(folder) as held:
        assert np.array_equal(held["value"], found.gridded(), equal_nan=True)
        assert held["m_v"].attrs["units"] == "MeV" and held.attrs["version"] == dmjax.__version__
        assert held["status"].attrs["flag_meanings"].split()[4] == "closed"
    for name in ("map.nc", "map.json"):
        assert dmjax.load(found.save(tmp_path / name)) == found
    with xarray.open_dataset(tmp_path / "map.nc") as held:
        assert held["value"].dims == ("m_v", "m_chi")


def test_killed_at_any_moment_it_goes_on_to_the_same_bytes(tmp_path, whole):
    folder = tmp_path / "map.zarr"
    count = moments_of(lambda: scanned(tmp_path / "count.zarr"))
    chosen = np.random.default_rng(13).choice(count, 20, replace=False)
    left = snapshots(lambda: scanned(folder), folder, tmp_path / "left", chosen)
    assert len(left) == 20
    for copy in left:
        (copy / "lock").unlink(missing_ok=True)  # its owner, this process, is alive
        resumed = copy.rename(copy.with_suffix(".zarr"))
        if (resumed / "zarr.json").exists():
            early = dmjax.load(resumed)
            seen = early.status != PointStatus.PENDING
            assert np.array_equal(early.value[seen], dmjax.load(folder).value[seen], equal_nan=True)
        scanned(resumed)
        assert content(resumed) == whole


def _started(folder, file):
    command = [sys.executable, "-m", "dmjax.cli", "scan", str(file), "--out", str(folder), "-q"]
    return subprocess.Popen(command, stderr=subprocess.DEVNULL)


def _some_chunks(process, folder):
    """Wait until something is kept."""
    for _ in range(6000):
        if len(list(folder.glob("sha256/c/*/0"))) >= 1 or process.poll() is not None:
            return
        time.sleep(0.05)


@pytest.mark.parametrize(("number", "status"), [(signal.SIGKILL, -9), (signal.SIGTERM, 143)])
def test_a_killed_command_goes_on_to_the_same_bytes(tmp_path, number, status):
    file, folder = tmp_path / "map.toml", tmp_path / "map.zarr"
    file.write_text(TOML.replace("batch = 10", "batch = 1"))
    process = _started(folder, file)
    _some_chunks(process, folder)
    process.send_signal(number)
    assert process.wait() == status
    kept = len(list(folder.glob("sha256/c/*/0")))
    assert 1 <= kept < 40
    assert _started(folder, file).wait() == 0
    again = run_scan(settings(run={"batch": 1}))
    assert same_bits(dmjax.load(folder).value, again.value)
    assert not list(folder.rglob(".*")) and not (folder / "lock").exists()


def test_a_full_disk_is_one_line_and_costs_a_chunk(tmp_path, whole, monkeypatch):
    folder = tmp_path / "map.zarr"
    synced, calls = os.fsync, []

    def full(handle):
        calls.append(1)
        if len(calls) == 12:
            raise OSError(errno.ENOSPC, "No space left on device")
        synced(handle)

    with monkeypatch.context() as patch:
        patch.setattr(writing.os, "fsync", full)
        with pytest.raises(InputError, match="No space left"):
            scanned(folder)
    assert dmjax.load(folder).chunks[0] >= 1
    scanned(folder)
    assert content(folder) == whole


@pytest.mark.parametrize("name", ["value/c/1/0", "status/c/2/0", "sha256/c/0/0"])
@pytest.mark.parametrize("damage", [b"", b"xx", None])
def test_a_damaged_chunk_is_made_again(tmp_path, whole, name, damage):
    folder = tmp_path / "whole.zarr"
    path = folder / name
    path.unlink() if damage is None else path.write_bytes(damage)
    if not name.startswith("sha256"):
        with pytest.raises(InputError, match=r"chunk \d is damaged"):
            dmjax.load(folder)
    said = []
    run_scan(settings(), folder, lambda *a: said.append(a[3]), numbers)
    assert "3 of 4 chunks are kept already" in said
    assert content(folder) == whole


def test_numbers_of_another_place_are_not_taken(tmp_path, whole):
    folder = tmp_path / "whole.zarr"
    for name in ("value", "status", "sha256"):
        shutil.copy(folder / name / "c" / "1" / "0", folder / name / "c" / "2" / "0")
    with pytest.raises(InputError, match="chunk 2 is damaged"):
        dmjax.load(folder)


def test_another_question_is_refused_by_the_field_that_differs(tmp_path, whole):
    folder = tmp_path / "whole.zarr"
    for tables, said in (
        ({"signal": {"channels": "piminus", "alpha_d": 0.4}}, r"alpha_d: 0.5, now 0.4\)"),
        ({"run": {"batch": 20}}, "batch: 10, now 20"),
        ({"grid": {"m_v": [30.0], "m_chi": [3.0]}}, r"grid\.m_chi"),
    ):
        with pytest.raises(InputError, match=said) as refused:
            scanned(folder, **tables)
        assert "\n" not in str(refused.value)
    assert content(folder) == whole


def test_a_folder_of_something_else_is_left_alone(tmp_path):
    folder = tmp_path / "mine.zarr"
    folder.mkdir()
    (folder / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match=r"holds other files \(notes.txt\)"):
        scanned(folder)
    assert content(folder) == {"notes.txt": b"mine"}
    with pytest.raises(InputError, match=r"NAME\.zarr"):
        scanned(tmp_path / "map.txt")


def test_shards_make_the_whole(tmp_path, whole):
    parts = []
    for number in (1, 2, 3):
        parts.append(tmp_path / f"part-{number}.zarr")
        share = running.read_share(f"{number}/3")
        found = run_scan(settings(), parts[-1], compute=numbers, share=share)
        assert found.chunks[0] < found.chunks[1] and PointStatus.PENDING in found.status
    assert dmjax.merge(*parts[:2], out=tmp_path / "all.zarr").chunks == (3, 4)
    assert dmjax.merge(*parts, out=tmp_path / "all.zarr").chunks == (4, 4)
    assert content(tmp_path / "all.zarr") == whole
    other = tmp_path / "other.zarr"
    scanned(other, run={"batch": 20})
    with pytest.raises(InputError, match="of another scan"):
        dmjax.merge(parts[0], other, out=tmp_path / "b.zarr")
    assert not (tmp_path / "b.zarr").exists()
    with pytest.raises(InputError, match="for merging"):
        run_scan(settings(), tmp_path / "map.nc", share=running.read_share("1/2"))
