"""Chunks by the workers of a Dask cluster: processes of this machine, or of a scheduler."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from dmjax._version import __version__
from dmjax.errors import InputError
from dmjax.programs import keep_programs
from dmjax.scan.engine import Answered, Engine
from dmjax.scan.run import Answers, Compute, Task
from dmjax.scan.settings import ScanSettings

if TYPE_CHECKING:
    from distributed import Client

RETRIES = 5
"""Of a chunk whose worker dies."""

MOST_WORKERS = 1000


def by_workers(workers: int | None, scheduler: str | None) -> Compute:
    """What computes chunks by workers.

    Args:
        workers: processes on this machine; or
        scheduler: address of a scheduler with workers of the same version of dmjax.

    Raises:
        InputError: both, a bad number, or Dask is not installed.
    """
    if workers is not None and scheduler is not None:
        raise InputError("give workers (processes here) or a scheduler, not both")
    if workers is not None and not 1 <= workers <= MOST_WORKERS:
        raise InputError(f"workers must be a whole number from 1 to {MOST_WORKERS}, got {workers}")
    _distributed()

    def compute(engine: Engine, tasks: list[Task]) -> Answers:
        if not tasks:
            return
        with _client(workers, scheduler) as client:
            yield from _answers(client, engine, tasks)

    return compute


def _distributed() -> Any:
    try:
        import distributed
    except ImportError:
        raise InputError("workers need Dask: pip install 'dmjax[dask]'") from None
    return distributed


@contextmanager
def _client(workers: int | None, scheduler: str | None) -> Iterator["Client"]:
    distributed = _distributed()
    if scheduler is not None:
        try:
            client = distributed.Client(scheduler, timeout="10s", set_as_default=False)
        except Exception as problem:  # addresses fail in many ways
            raise InputError(f"no scheduler answers at {scheduler}") from problem
        with client:
            yield client
        return
    cluster = distributed.LocalCluster(
        n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=None
    )
    with cluster, distributed.Client(cluster, set_as_default=False) as client:
        yield client


def _answers(client: "Client", engine: Engine, tasks: list[Task]) -> Answers:
    """Every chunk as soon as a worker has it; a worker that dies costs the chunk at work."""
    distributed = _distributed()
    begun = {
        client.submit(work, engine.settings, *task, pure=False, retries=RETRIES): task[0]
        for task in tasks
    }
    for task in distributed.as_completed(list(begun), loop=client.loop):
        number = begun.pop(task)
        try:
            made, version, inputs = task.result()
        except distributed.KilledWorker as problem:
            raise InputError(
                f"chunk {number} ended every worker that took it (out of memory?): give a smaller "
                "run.batch; finished chunks are kept"
            ) from problem
        task.release()
        if (version, inputs) != (__version__, engine.inputs):
            raise InputError(
                f"a worker has dmjax {version}, or other files than this machine: its numbers are "
                "not those of this scan"
            )
        yield number, made


def work(
    settings: ScanSettings, number: int, wanted: np.ndarray | None
) -> tuple[Answered, str, str]:
    """One chunk, on a worker: (its answer, version, fingerprint of its inputs)."""
    import jax

    jax.config.update("jax_enable_x64", True)
    keep_programs()
    engine = _engine(settings)
    return engine.chunk(number, wanted), __version__, engine.inputs


@lru_cache(maxsize=2)
def _engine(settings: ScanSettings) -> Engine:
    return Engine(settings)
