"""The verbs of scans in Python: scan, merge."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dmjax.asking import Out, as_path, check_float64
from dmjax.errors import InputError
from dmjax.store.progress import Say, nothing

if TYPE_CHECKING:
    from dmjax.scan.result import ScanResult


def scan(
    source: Path | str | Mapping[str, Any],
    *,
    out: Out = None,
    say: Say = nothing,
    workers: int | None = None,
    scheduler: str | None = None,
    shard: str | None = None,
) -> "ScanResult":
    """Limits, or signal events, on a grid of masses, couplings, models, experiments, methods.

    Args:
        source: a scan file (see docs/scans.md), or a mapping with the content of one.
        out: a folder .zarr, which grows and from which the same call continues; or a file .nc or
            .json, made in the end of such a folder beside it. None: nothing is kept.
        say: called as work goes on; see `dmjax.store.progress.Say`.
        workers: processes on this machine that compute chunks; None: this one alone.
        scheduler: address of a Dask scheduler whose workers compute them, e.g. tcp://host:8786.
        shard: "2/8": the second of eight parts, for `merge`.

    Returns:
        `ScanResult`; `.gridded()`, `.texts()`, `.at()`, `.contours()`, `.to_xarray()`, `.plot()`.

    Raises:
        InputError: a bad file, options that do not fit together, or another scan in `out`.

    >>> import jax
    >>> jax.config.update("jax_enable_x64", True)
    >>> found = scan({"datasets": ["ccm120"], "grid": {"m_v": [30], "m_chi": [10, 20]}})
    >>> found.texts().tolist()
    [['ok', 'closed: no decay to chi chi']]
    """
    check_float64("this verb")
    from dmjax.scan.files import read_scan
    from dmjax.scan.run import here, read_share, run_scan
    from dmjax.scan.workers import by_workers

    settings = read_scan(source)
    compute = here if workers is scheduler is None else by_workers(workers, scheduler)
    return run_scan(settings, as_path(out), say, compute, read_share(shard))


def merge(*parts: Path | str, out: Out = None) -> "ScanResult":
    """One scan of the shards of it that were computed apart.

    Args:
        parts: folders .zarr of shards of one scan, whose chunks are checked.
        out: folder .zarr of the whole.

    Raises:
        InputError: no part, parts of different scans, or no folder.
    """
    from dmjax.scan.merging import merged

    if out is None:
        raise InputError("merge writes a scan: give out, e.g. map.zarr")
    return merged([Path(one) for one in parts], Path(out))
