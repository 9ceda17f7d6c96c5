"""NetCDF files of several groups: plain numbers and texts only, checked before they are opened."""

import io
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from dmjax.errors import InputError
from dmjax.store.reading import content
from dmjax.store.writing import whole

if TYPE_CHECKING:
    import h5py
    import xarray

ROOT = "/"
_MOST_PACKED = 1100
"""Bytes of numbers for each of the file: what deflation reaches on zeros."""


def write_groups(path: Path, groups: Mapping[str, "xarray.Dataset"]) -> Path:
    """Save datasets as the groups of one file, whole or not at all; "/" is its root.

    Opens with xarray, `arviz.from_netcdf` (groups "posterior", "sample_stats") or any HDF5 reader.
    """
    image = _image(groups)
    with whole(path) as file:
        file.write_bytes(image)
    return path


def _image(groups: Mapping[str, "xarray.Dataset"]) -> bytes:
    """The file's bytes. HDF5 never sees the disk: it cannot close a file that a full disk cut."""
    import h5netcdf
    from xarray.backends import H5NetCDFStore

    memory = io.BytesIO()
    with h5netcdf.File(memory, "w") as file:
        for name, group in groups.items():
            place = None if name == ROOT else name
            group.dump_to_store(H5NetCDFStore(file, group=place, mode="a"))
    return memory.getvalue()


def read_groups(path: Path) -> dict[str, "xarray.Dataset"]:
    """Every group of a file, loaded.

    Raises:
        InputError: the file is missing, locked or unreadable; is damaged; or holds what no result
            holds (links to other files, references, objects, more numbers than bytes).
    """
    import xarray

    image = content(path)
    names = _checked_groups(path, image)
    try:
        return {
            name: xarray.load_dataset(
                io.BytesIO(image),
                engine="h5netcdf",
                group=None if name == ROOT else name,
                decode_times=False,
            )
            for name in names
        }
    except Exception as problem:  # damaged bytes raise anything inside HDF5's readers
        raise damaged(path) from problem


def damaged(path: Path) -> InputError:
    """The error for a file that is not what it should be."""
    return InputError(f"{path} is not a dmjax result (damaged NetCDF); delete it and run again")


def _checked_groups(path: Path, image: bytes) -> list[str]:
    """Names of the groups, after a look at every link and type of the file."""
    import h5py

    if not image.startswith(b"\x89HDF\r\n\x1a\n"):
        raise damaged(path)
    try:
        with h5py.File(io.BytesIO(image), "r") as file:
            found = [ROOT, *(n for n in map(str, file) if _is_group(file, n))]
            if _check_members(file) > _MOST_PACKED * len(image):
                raise InputError("holds more numbers than a file of its size can")
    except InputError as problem:
        raise InputError(f"{path} {problem}: not a dmjax result") from problem
    except Exception as problem:
        raise damaged(path) from problem
    return found


def _is_group(file: "h5py.File", name: str) -> bool:
    import h5py

    return isinstance(file.get(name, getlink=True), h5py.HardLink) and isinstance(
        file[name], h5py.Group
    )


def _check_members(group: "h5py.Group") -> int:
    """Refuse links, object types and groups inside groups; the bytes that its arrays will take."""
    import h5py

    size = 0
    for name in group:
        if not isinstance(group.get(name, getlink=True), h5py.HardLink):
            raise InputError(f"holds a link ('{name}')")
        member = group[name]
        if isinstance(member, h5py.Group):
            if group.name != ROOT:
                raise InputError(f"holds a group in a group ('{name}')")
            size += _check_members(member)
        elif isinstance(member, h5py.Dataset):
            if member.external or member.is_virtual:
                raise InputError(f"holds data of other files ('{name}')")
            if member.dtype.kind not in "biufSU" and h5py.check_string_dtype(member.dtype) is None:
                raise InputError(f"holds objects ('{name}')")
            size += member.nbytes
    return size
