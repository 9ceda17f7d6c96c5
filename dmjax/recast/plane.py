"""Limits on ε⁴α_D against both masses, as two-dimensional tables."""

from typing import NamedTuple

import numpy as np

from dmjax.errors import InputError

Column = tuple[float, np.ndarray, np.ndarray]


class Plane(NamedTuple):
    """ε⁴α_D at 90 or 95 % C.L. on columns of m_V, each with its own values of m_χ.

    Attributes:
        m_v: [MeV] of the columns, rising.
        m_chi: [MeV] of each column, rising.
        limit: of each column.
    """

    m_v: np.ndarray
    m_chi: list[np.ndarray]
    limit: list[np.ndarray]


def plane_of(m_v: np.ndarray, m_chi: np.ndarray, limit: np.ndarray) -> Plane:
    """A plane of rows (m_V, m_χ [MeV], limit) in any order; columns of one row are left out."""
    rows = np.lexsort((m_chi, m_v))
    m_v, m_chi, limit = m_v[rows], m_chi[rows], limit[rows]
    heavier, starts, counts = np.unique(m_v, return_index=True, return_counts=True)
    kept = [(m, i, n) for m, i, n in zip(heavier, starts, counts, strict=True) if n > 1]
    return Plane(
        np.array([m for m, _, _ in kept]),
        [m_chi[i : i + n] for _, i, n in kept],
        [limit[i : i + n] for _, i, n in kept],
    )


def limit_at(plane: Plane, m_v: float, m_chi: float) -> float:
    """The limit on ε⁴α_D at one point; NaN outside of the table.

    Log–log: along a column in ln m_χ, between two columns along straight lines in (ln m_V, ln m_χ)
    that keep the place between the ends of the columns. Below the lightest m_χ of the columns,
    where limits no longer depend on it, the limit there. Towards m_V = 2m_χ the table ends, and
    nothing is extrapolated.

    Args:
        plane: the table.
        m_v, m_chi: [MeV].
    """
    if not plane.m_v[0] <= m_v <= plane.m_v[-1] or m_v <= 2.0 * m_chi:
        return float("nan")
    right = int(np.clip(np.searchsorted(plane.m_v, m_v), 1, len(plane.m_v) - 1))
    pair = (right - 1, right)
    low, high = np.log(plane.m_v[list(pair)])
    share = (np.log(m_v) - low) / (high - low)
    weights = (1.0 - share, share)
    bottom, top = (
        sum(w * np.log(plane.m_chi[i][end]) for w, i in zip(weights, pair, strict=True))
        for end in (0, -1)
    )
    place = (np.log(m_chi) - bottom) / (top - bottom)
    if place > 1.0 + 1e-12:
        return float("nan")
    place = float(np.clip(place, 0.0, 1.0))
    return float(
        np.exp(sum(w * _column(plane, i, place) for w, i in zip(weights, pair, strict=True)))
    )


def _column(plane: Plane, i: int, place: float) -> float:
    """ln of the limit at a place between the ends of a column, 0 to 1."""
    masses = np.log(plane.m_chi[i])
    at = masses[0] + place * (masses[-1] - masses[0])
    return float(np.interp(at, masses, np.log(plane.limit[i])))


def slice_of(
    plane: Plane, name: str, mass_ratio: float | None, m_chi: float | None
) -> tuple[np.ndarray, np.ndarray]:
    """(m_V, ε⁴α_D) on the columns, at a fixed m_V/m_χ or m_χ; NaN where the table has nothing.

    Raises:
        InputError: neither is given, or the table has nothing there.
    """
    if mass_ratio is None and m_chi is None:
        raise InputError(f"{name} is a table in m_V and m_chi: give --mass-ratio or --mchi")
    found = np.array(
        [
            limit_at(plane, m, m / mass_ratio if mass_ratio is not None else m_chi or 0.0)
            for m in plane.m_v
        ]
    )
    if not np.any(np.isfinite(found)):
        raise InputError(f"{name} has no limit there: its table ends before m_V = 2 m_chi")
    return plane.m_v, found
