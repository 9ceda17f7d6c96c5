"""What a physicist asks of a whole fit, in a line each."""

from collections.abc import Sequence
from typing import Any

import numpy as np

_EDGES = ("mass", "coupling")


def conclusions(
    posteriors: dict[str, dict[str, Any]],
    limits: dict[str, dict[str, Any]],
    masses: Sequence[float],
) -> list[str]:
    """Limits at some masses, the test of no signal, and best fits at an edge of the prior.

    Args:
        posteriors: window → summary of its posterior.
        limits: window → saved limit.
        masses: [MeV], among those of the limits.
    """
    lines = []
    for window, limit in limits.items():
        rows = [int(np.argmin(np.abs(np.asarray(limit["m_v"]) - m))) for m in masses]
        said = ", ".join(
            f"{limit['quantity']} < {_number(limit['limit'][i])} at {limit['m_v'][i]:g} MeV"
            for i in rows
        )
        q = ", ".join(f"{limit['test_statistic_null'][i]:.1f}" for i in rows)
        how = f"off counts: {limit['off_term']}"
        lines.append(f"{window}: {limit['cl']:.0%} C.L. ({limit['method']}, {how}): {said}")
        lines.append(f"{window}: -2 Delta ln L of no signal there: {q}")
    for window, found in posteriors.items():
        for name, at_edge in zip(_EDGES, found["at_edge"], strict=True):
            if at_edge:
                lines.append(
                    f"{window}: the best fit (m_V = {found['best_m_v']:.3g} MeV, Y = "
                    f"{found['best_y']:.2g}) lies at the edge of the prior's range of the {name}"
                )
    return lines


def _number(value: float | None) -> str:
    return "no limit" if value is None else f"{value:.2e}"
