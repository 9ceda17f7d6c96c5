"""What a scan holds, in a few plain lines."""

from typing import Any

import numpy as np

from dmjax.scan.result import ScanResult
from dmjax.scan.status import status_counts


def summary(found: ScanResult) -> dict[str, Any]:
    """Axes, chunks, values and statuses as plain types."""
    seen = found.gridded()[found.has_value()]
    return {
        "meaning": found.meaning,
        "quantity": found.quantity,
        "of": found.datasets or [found.experiment],
        "axes": {name: _range(axis) for name, axis in found.axes.items()},
        "points": int(np.prod(found.shape)),
        "chunks": f"{found.chunks[0]} of {found.chunks[1]}",
        "values": [float(seen.min()), float(seen.max())] if seen.size else "none",
        "status": status_counts(found.gridded("status")),
    } | ({} if found.error is None else {"error": found.error})


def _range(axis: dict[str, Any]) -> str:
    values, unit = axis["values"], axis["unit"]
    if isinstance(values[0], str):
        return ", ".join(values)
    ends = f"{values[0]:g}" if len(values) == 1 else f"{values[0]:g} to {values[-1]:g}"
    return f"{ends}{'' if unit == '1' else ' ' + unit} ({len(values)})"
