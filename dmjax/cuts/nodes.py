"""Where edges of windows may lie: the detector's own bins cut into equal parts."""

from collections.abc import Sequence

import numpy as np

LEAST = 96
"""Steps along an axis."""
PARTS = (1, 2, 4, 5, 8, 10, 20, 25, 50, 100)
"""Into which a bin may be cut, so that edges are round numbers."""
_SAME = 1e-6
"""Nodes nearer than this share of the axis are one."""


def axis_nodes(native: Sequence[float], marked: Sequence[float] = ()) -> np.ndarray:
    """Nodes of an axis: every bin in as many equal parts as make `LEAST` steps, and marked places.

    Args:
        native: edges of the detector's bins, increasing.
        marked: edges of a published selection, steps of a spectrum; those outside are left out.

    Returns:
        Increasing nodes, the native edges and marked places among them.

    >>> found = axis_nodes((0.0, 6.0, 12.0), (1.51,))
    >>> found.size, 1.51 in found, found[:3].round(2).tolist()
    (102, True, [0.0, 0.12, 0.24])
    """
    edges = np.asarray(native, float)
    parts = next((m for m in PARTS if m * (edges.size - 1) >= LEAST), PARTS[-1])
    inner = edges[:-1, None] + np.diff(edges)[:, None] * np.arange(1, parts) / parts
    asked = np.asarray([x for x in marked if edges[0] < x < edges[-1]], float)
    close = _SAME * (edges[-1] - edges[0])
    kept = np.unique(edges)
    for more in (asked, inner.ravel()):
        apart = np.abs(more[:, None] - kept[None, :]).min(axis=1) > close
        kept = np.union1d(kept, more[apart])
    return kept


def place(nodes: np.ndarray, value: float) -> int:
    """Index of the node nearest to a value.

    >>> place(np.array([0.0, 1.0, 2.0]), 1.2)
    1
    """
    return int(np.argmin(np.abs(nodes - value)))
