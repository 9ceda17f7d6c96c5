"""The Zarr group of a scan before it has numbers: axes, arrays, attributes."""

import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from dmjax.scan.axes import Grid, axes_plain, label_of
from dmjax.scan.memory import STATUS
from dmjax.scan.status import STATUS_TEXT, PointStatus

if TYPE_CHECKING:
    import zarr

SUMS = "sha256"
"""The array of checksums, 32 bytes for each chunk."""


def described(grid: Grid, names: tuple[str, ...], head: dict[str, Any]):
    """The group in memory, (group, key → bytes): axes, arrays without numbers, attributes."""
    import zarr
    from zarr.storage import MemoryStore

    memory: dict[str, Any] = {}
    store = MemoryStore(memory)
    group = zarr.create_group(store, attributes=head)
    shared = {
        "shape": grid.shape,
        "chunks": grid.chunk,
        "dimension_names": grid.dimensions,
        "config": {"write_empty_chunks": True},  # a chunk that is made again replaces the old one
    }
    for name in names:
        kind = "int8" if name == STATUS else "float64"
        empty = PointStatus.PENDING.value if name == STATUS else np.nan
        about: dict[str, Any] = _flags() if name == STATUS else {"units": "1"}
        group.create_array(name, dtype=kind, fill_value=empty, attributes=about, **shared)
    group.create_array(
        SUMS,
        dtype="uint8",
        shape=(grid.count, 32),
        chunks=(1, 32),
        fill_value=0,
        dimension_names=("chunk", "byte"),
    )
    for name, axis in axes_plain(grid).items():
        _add_axis(group, name, axis)
    with warnings.catch_warnings():
        # The specification of Zarr 3 has no word for it yet; readers without it look file by file.
        warnings.filterwarnings("ignore", "Consolidated metadata", UserWarning)
        zarr.consolidate_metadata(store)
    return group, memory


def _add_axis(group: "zarr.Group", name: str, axis: Mapping[str, Any]) -> None:
    values = np.asarray([label_of(x) for x in axis["values"]])
    kind = {"f": "float64", "i": "int64"}.get(values.dtype.kind, "str")
    about: dict[str, Any] = {"units": axis["unit"]} if kind != "str" else {}
    made = group.create_array(
        name,
        dtype=kind,
        shape=values.shape,
        chunks=values.shape,
        dimension_names=(name,),
        attributes=about,
    )
    made[:] = values


def _flags() -> dict[str, Any]:
    """How CF conventions say what codes mean."""
    return {
        "flag_values": [code.value for code in PointStatus],
        "flag_meanings": " ".join(code.name.lower() for code in PointStatus),
        "flag_texts": list(STATUS_TEXT),
    }
