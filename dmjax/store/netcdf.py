"""NetCDF files of several groups: plain numbers and texts only, checked before they are opened."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from dmjax.errors import InputError
from dmjax.store.writing import whole

if TYPE_CHECKING:
    import h5py
    import xarray

ROOT = "/"


def write_groups(path: Path, groups: Mapping[str, "xarray.Dataset"]) -> Path:
    """Save datasets as the groups of one file, whole or not at all; "/" is its root.

    Opens with xarray, `arviz.from_netcdf` (groups "posterior", "sample_stats") or any HDF5 reader.
    """
    with whole(path) as file:
        for mode, (name, group) in zip("w" + "a" * len(groups), groups.items(), strict=False):
            place = None if name == ROOT else name
            group.to_netcdf(file, mode=mode, group=place, engine="h5netcdf")  # pyright: ignore[reportCallIssue, reportArgumentType]
    return path


def read_groups(path: Path) -> dict[str, "xarray.Dataset"]:
    """Every group of a file, loaded.

    Raises:
        InputError: the file is missing, locked or unreadable; is damaged; or holds what no result
            holds (links to other files, references, objects).
    """
    import xarray

    names = _checked_groups(path)
    try:
        return {
            name: xarray.load_dataset(
                path, engine="h5netcdf", group=None if name == ROOT else name, decode_times=False
            )
            for name in names
        }
    except Exception as problem:  # damaged bytes raise anything inside HDF5's readers
        raise damaged(path) from problem


def damaged(path: Path) -> InputError:
    """The error for a file that is not what it should be."""
    return InputError(f"{path} is not a dmjax result (damaged NetCDF); delete it and run again")


def _checked_groups(path: Path) -> list[str]:
    """Names of the groups, after a look at every link and type of the file."""
    import h5py

    try:
        with path.open("rb") as file:
            begun = file.read(8)
    except OSError as problem:
        raise InputError(f"cannot read {path}: {problem.strerror or problem}") from problem
    if begun != b"\x89HDF\r\n\x1a\n":
        raise damaged(path)
    try:
        with h5py.File(path, "r") as file:
            found = [ROOT, *(n for n in map(str, file) if _is_group(file, n))]
            _check_members(file)
    except InputError as problem:
        raise InputError(f"{path} {problem}: not a dmjax result") from problem
    except OSError as problem:
        if "lock" in str(problem):
            raise InputError(
                f"cannot read {path}: another program has it locked; it may be whole"
            ) from problem
        raise damaged(path) from problem
    except Exception as problem:
        raise damaged(path) from problem
    return found


def _is_group(file: "h5py.File", name: str) -> bool:
    import h5py

    return isinstance(file.get(name, getlink=True), h5py.HardLink) and isinstance(
        file[name], h5py.Group
    )


def _check_members(group: "h5py.Group") -> None:
    """Refuse links, object types and groups inside groups."""
    import h5py

    for name in group:
        if not isinstance(group.get(name, getlink=True), h5py.HardLink):
            raise InputError(f"holds a link ('{name}')")
        member = group[name]
        if isinstance(member, h5py.Group):
            if group.name != ROOT:
                raise InputError(f"holds a group in a group ('{name}')")
            _check_members(member)
        elif isinstance(member, h5py.Dataset):
            if member.external or member.is_virtual:
                raise InputError(f"holds data of other files ('{name}')")
            if member.dtype.kind not in "biufSU" and h5py.check_string_dtype(member.dtype) is None:
                raise InputError(f"holds objects ('{name}')")
