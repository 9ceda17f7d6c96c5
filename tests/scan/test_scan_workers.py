"""Scans by processes of a Dask cluster and on several devices."""

import os
import signal
import subprocess
import sys

import numpy as np
import pytest
from distributed import Client, LocalCluster

import dmjax
from dmjax.scan import workers
from dmjax.scan.devices import fitting_rows, local_devices
from dmjax.scan.run import run_scan
from scan_setups import CONTENT, TOML, content, settings
from tolerances import tolerance

# Processes of a cluster close their sockets when they like.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    folder = tmp_path_factory.mktemp("alone") / "map.zarr"
    run_scan(settings(run={"batch": 5}), folder)
    return content(folder)


def test_workers_give_the_same_bytes_although_one_is_killed(tmp_path, alone):
    folder, killed = tmp_path / "map.zarr", []
    quiet = {"dashboard_address": None, "threads_per_worker": 1}
    with LocalCluster(n_workers=2, processes=True, **quiet) as cluster, Client(cluster) as client:

        def say(what, done, of, note=""):
            if done == 2 and not killed:
                killed.append(next(iter(client.run(os.getpid).values())))
                os.kill(killed[0], signal.SIGKILL)

        source = CONTENT | {"run": {"batch": 5}}
        found = dmjax.scan(source, out=folder, say=say, scheduler=cluster.scheduler_address)
    assert killed and found.chunks == (8, 8)
    assert content(folder) == alone


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ((2, "tcp://x:1"), "not both"),
        ((0, None), "from 1 to 1000"),
        ((None, "nowhere"), "no scheduler answers at nowhere"),
    ],
)
def test_bad_clusters_are_one_line(asked, said):
    with pytest.raises(dmjax.InputError, match=said):
        run_scan(settings(), compute=workers.by_workers(*asked))


def test_without_dask_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(dmjax.InputError, match=r"pip install 'dmjax\[dask\]'"):
        workers.by_workers(2, None)


def test_four_devices_share_the_rows(tmp_path, alone):
    file, folder = tmp_path / "map.toml", tmp_path / "map.zarr"
    file.write_text(TOML.replace("batch = 10", "batch = 5\ndevices = 4"))
    flags = os.environ["XLA_FLAGS"] + " --xla_force_host_platform_device_count=4"
    command = [sys.executable, "-m", "dmjax.cli", "scan", str(file), "--out", str(folder), "-q"]
    subprocess.run(command, env=os.environ | {"XLA_FLAGS": flags}, check=True)
    ours, single = dmjax.load(folder), run_scan(settings(run={"batch": 5}))
    assert np.array_equal(ours.status, single.status)
    seen = single.has_value().ravel()
    assert np.allclose(ours.value[seen], single.value[seen], rtol=tolerance("identity"))
    with pytest.raises(dmjax.InputError, match=r"run.devices = 4: there are \d here"):
        local_devices(4)


def test_rows_of_a_program_fill_the_memory_of_a_device():
    gib = 2**30
    assert [fitting_rows(gib, n * gib) for n in (0.1, 1, 2, 16)] == [256, 2048, 4096, 32768]
