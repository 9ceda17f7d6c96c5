"""Posterior draws on disk: groups that ArviZ and xarray read without this package."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from dmjax._version import __version__
from dmjax.errors import InputError
from dmjax.store.netcdf import ROOT, damaged, read_groups, write_groups
from dmjax.store.plain import to_json

_AXES = ("log_m_v", "log_y")
_CHAINS = ("chain", "draw")


def _draws(samples: dict[str, Any]):
    """Draws as a dataset of (chain, draw)."""
    import xarray

    made = {name: np.atleast_2d(np.asarray(x)) for name, x in samples.items()}
    chains, draws = next(iter(made.values())).shape
    return xarray.Dataset(
        {name: (_CHAINS, x) for name, x in made.items()},
        coords={"chain": np.arange(chains), "draw": np.arange(draws)},
    )


def write_netcdf(path: Path, result: dict) -> Path:
    """Save a posterior: draws as ArviZ reads them, the grid beside, the summary as an attribute."""
    import xarray

    grid = xarray.Dataset(
        {name: (_AXES, result[name]) for name in ("log_density", "log_likelihood")}
        | {"levels": ("content", result["levels"])},
        coords={axis: result[axis] for axis in _AXES} | {"content": [0.6827, 0.9545]},
    )
    top = xarray.Dataset(attrs={"summary": to_json(result["summary"])})
    return write_groups(path, {ROOT: top, "posterior": _draws(result["samples"]), "grid": grid})


def read_netcdf(path: Path) -> dict:
    """Load what `write_netcdf` saved; a missing or damaged file raises InputError."""
    found = read_groups(path)
    try:
        names = (*_AXES, "log_density", "log_likelihood", "levels")
        return {
            "samples": {str(k): x.values for k, x in found["posterior"].data_vars.items()},
            "summary": json.loads(found[ROOT].attrs["summary"]),
            **{name: found["grid"][name].values for name in names},
        }
    except (KeyError, ValueError) as problem:
        raise damaged(path) from problem


def write_draws(
    path: Path,
    samples: dict[str, Any],
    attributes: dict[str, Any],
    statistics: dict[str, Any],
) -> Path:
    """Save posterior draws that open with xarray or ArviZ alone.

    Args:
        path: of the NetCDF file.
        samples: name → (chains, draws), or (draws,) for one chain.
        attributes: of the whole file; numbers and text as they are, the rest as JSON text. The
            version of the package is added.
        statistics: name → per draw, e.g. "log_l": the group "sample_stats".
    """
    import xarray

    kept = {
        key: value if isinstance(value, str | int | float) else to_json(value)
        for key, value in ({"dmjax_version": __version__} | attributes).items()
    }
    groups = {
        ROOT: xarray.Dataset(attrs=kept),
        "posterior": _draws(samples),
        "sample_stats": _draws(statistics),
    }
    return write_groups(path, groups)


def read_draws(path: Path) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """What `write_draws` saved for one chain: samples, attributes as stored, statistics.

    Raises:
        InputError: a missing or damaged file, or draws that are not finite.
    """
    found = read_groups(path)
    try:
        samples, statistics = (
            {str(key): x.values[0] for key, x in found[name].data_vars.items()}
            for name in ("posterior", "sample_stats")
        )
    except (KeyError, IndexError) as problem:
        raise damaged(path) from problem
    bad = [name for name, x in (samples | statistics).items() if not np.all(np.isfinite(x))]
    if bad:
        raise InputError(
            f"{path} has draws that are not finite ({bad[0]}); delete it and run again"
        )
    return samples, dict(found[ROOT].attrs), statistics
