"""Results on disk: JSON written whole or not at all, read back with clear errors."""

import errno
import json
import warnings
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np

from dmjax._version import __version__
from dmjax.errors import InputError


def to_plain(value: Any) -> Any:
    """Nested NamedTuples, arrays and scalars as JSON types; non-finite numbers become null.

    >>> to_plain({"a": np.array([1.0, np.inf])})
    {'a': [1.0, None]}
    """
    if hasattr(value, "_asdict"):
        value = value._asdict()
    if isinstance(value, dict):
        return {str(key): to_plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [to_plain(item) for item in value]
    if hasattr(value, "tolist"):
        return to_plain(np.asarray(value).tolist())
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value


def to_json(value: Any) -> str:
    """`to_plain` as JSON text."""
    return json.dumps(to_plain(value), allow_nan=False)


def check_writable(path: Path) -> None:
    """Raise InputError unless `path` can be created; leaves nothing behind."""
    missing = [folder for folder in path.parents if not folder.exists()]
    with _beside(path) as probe:
        probe.touch()
    with suppress(OSError):
        for folder in missing:
            folder.rmdir()


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """A file to write beside `path`, renamed to it at the end: no half file where that fails."""
    with _beside(path) as partial:
        yield partial
        partial.replace(path)


@contextmanager
def _beside(path: Path) -> Iterator[Path]:
    """A file in the folder of `path`, which is made; the file is gone at the end."""
    partial = path.with_name(f".{path.stem}.partial{path.suffix}")
    try:
        if path.is_dir():
            raise OSError(errno.EISDIR, "it is a folder")
        path.parent.mkdir(parents=True, exist_ok=True)
        yield partial
    except OSError as problem:
        raise InputError(
            f"cannot write {path}: {problem.strerror or problem}; choose another --out"
        ) from problem
    finally:
        with suppress(OSError):
            partial.unlink()


def write_text(path: Path, text: str) -> Path:
    """Save a text, whole or not at all."""
    with whole(path) as file:
        file.write_text(text)
    return path


def write_json(path: Path, value: Any) -> Path:
    """Save a result as JSON."""
    return write_text(path, to_json(value) + "\n")


def read_json(path: Path) -> dict:
    """Load a saved result; a missing or damaged file raises InputError."""
    try:
        content = json.loads(path.read_text())
    except OSError as problem:
        raise InputError(f"cannot read {path}: {problem.strerror}") from problem
    except ValueError as problem:
        raise InputError(
            f"{path} is not a dmjax result (damaged JSON); delete it and run again"
        ) from problem
    if not isinstance(content, dict):
        raise InputError(f"{path} is not a dmjax result; delete it and run again")
    return content


def holds(folder: Path, wanted: dict, what: str) -> bool:
    """Whether a folder already holds this configuration; InputError where it holds another."""
    config = folder / "config.json"
    if not config.exists():
        return False
    held = read_json(config)
    differing = sorted(key for key in wanted if held.get(key) != wanted[key])
    if differing:
        raise InputError(
            f"{folder} holds {what} (differs in {', '.join(differing)}); choose another --out or "
            "delete it"
        )
    return True


def claim_folder(folder: Path, wanted: dict, what: str) -> None:
    """Make a folder that of one configuration; see `holds`."""
    check_writable(folder / "config.json")
    if not holds(folder, wanted, what):
        write_json(folder / "config.json", wanted)


def write_arrays(path: Path, arrays: dict[str, np.ndarray]) -> Path:
    """Save named arrays (NumPy's npz), whole or not at all."""
    with whole(path) as partial, partial.open("wb") as file:
        np.savez(file, **arrays)  # pyright: ignore[reportArgumentType]
    return path


def read_arrays(path: Path) -> dict[str, np.ndarray]:
    """Load what `write_arrays` saved; a missing or damaged file raises InputError."""
    try:
        with np.load(path) as content:
            return {name: content[name] for name in content.files}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as problem:
        raise InputError(f"{path} is damaged; delete it and run again") from problem


def kept_arrays(path: Path, make: Callable[[], dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """What an earlier run wrote there; else `make()`, written."""
    if path.exists():
        return read_arrays(path)
    made = make()
    write_arrays(path, made)
    return made


def write_netcdf(path: Path, result: dict) -> Path:
    """Save a posterior: draws as an ArviZ group, the grid beside it, the summary as an attribute.

    Opens with `arviz.from_netcdf` or xarray without this package.
    """
    import xarray

    with warnings.catch_warnings():  # ArviZ 0.x announces ArviZ 1.0 on every import
        warnings.simplefilter("ignore", FutureWarning)
        import arviz

    axes = ("log_m_v", "log_y")
    grid = xarray.Dataset(
        {name: (axes, result[name]) for name in ("log_density", "log_likelihood")}
        | {"levels": ("content", result["levels"])},
        coords={axis: result[axis] for axis in axes} | {"content": [0.6827, 0.9545]},
    )
    draws = arviz.from_dict(posterior=result["samples"])
    draws.add_groups({"grid": grid}, warn_on_custom_groups=False)
    draws.attrs["summary"] = to_json(result["summary"])
    with whole(path) as file:
        draws.to_netcdf(str(file), engine="h5netcdf")
    return path


def read_netcdf(path: Path) -> dict:
    """Load what `write_netcdf` saved; a missing or damaged file raises InputError."""
    import xarray

    if not path.exists():
        raise InputError(f"cannot read {path}: no such file")
    try:
        with xarray.open_dataset(path, engine="h5netcdf", group="posterior") as group:
            samples = {name: group[name].values for name in group.data_vars}
        with xarray.open_dataset(path, engine="h5netcdf", group="grid") as group:
            names = ("log_m_v", "log_y", "log_density", "log_likelihood", "levels")
            grid = {name: group[name].values for name in names}
        with xarray.open_dataset(path, engine="h5netcdf") as top:
            summary = json.loads(top.attrs["summary"])
    except (OSError, KeyError, ValueError) as problem:
        raise InputError(
            f"{path} is not a dmjax posterior (damaged NetCDF); delete it and run again"
        ) from problem
    return {"samples": samples, "summary": summary, **grid}


def write_draws(
    path: Path,
    samples: dict[str, Any],
    attributes: dict[str, Any],
    statistics: dict[str, Any] | None = None,
) -> Path:
    """Save posterior draws as ArviZ data that open with xarray or ArviZ alone.

    Args:
        path: of the NetCDF file.
        samples: name → (chains, draws), or (draws,) for one chain.
        attributes: of the whole file; numbers and text as they are, the rest as JSON text. The
            version of the package is added.
        statistics: name → per draw, e.g. "log_l": the group "sample_stats".
    """
    with warnings.catch_warnings():  # ArviZ 0.x announces ArviZ 1.0 on every import
        warnings.simplefilter("ignore", FutureWarning)
        import arviz

    def in_chains(group: dict[str, Any] | None) -> dict[str, np.ndarray] | None:
        return group and {name: np.atleast_2d(np.asarray(x)) for name, x in group.items()}

    data = arviz.from_dict(posterior=in_chains(samples), sample_stats=in_chains(statistics))
    for key, value in ({"dmjax_version": __version__} | attributes).items():
        data.attrs[key] = value if isinstance(value, str | int | float) else to_json(value)
    with whole(path) as file:
        data.to_netcdf(str(file), engine="h5netcdf")
    return path


def read_draws(path: Path) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """What `write_draws` saved for one chain: samples, attributes as stored, statistics.

    Raises:
        InputError: a missing or damaged file.
    """
    import xarray

    def group(name: str) -> dict[str, np.ndarray]:
        with xarray.open_dataset(path, engine="h5netcdf", group=name) as found:
            return {str(key): found[key].values[0] for key in found.data_vars}

    try:
        with xarray.open_dataset(path, engine="h5netcdf") as top:
            attributes = dict(top.attrs)
        return group("posterior"), attributes, group("sample_stats")
    except (OSError, KeyError, ValueError) as problem:
        raise InputError(f"cannot read the draws of {path}; delete it and run again") from problem
