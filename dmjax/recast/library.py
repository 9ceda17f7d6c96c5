"""The shipped curves, by name."""

from pathlib import Path

import numpy as np

from dmjax.data import available, load_table, load_toml
from dmjax.errors import unknown_name
from dmjax.recast.curve import Curve
from dmjax.recast.files import SECTION, Described, curve_of, made_of
from dmjax.recast.plane import Plane, slice_of
from dmjax.schema import check

FOLDER = "curves"


def curve_names() -> list[str]:
    """Names of the shipped curves."""
    return available(FOLDER)


def shipped(name: str) -> Curve | tuple[Described, Plane]:
    """A shipped curve, or table in both masses.

    Args:
        name: one of `curve_names`.

    Raises:
        InputError: an unknown name, with the nearest one.

    >>> found = shipped("babar-2017")
    >>> found.x_quantity, found.y_quantity, float(found.y[0])
    ('m_V', 'eps', 0.00095219)
    """
    if name not in curve_names():
        raise unknown_name("curve", name, curve_names())
    held = dict(load_toml(FOLDER, name)[name])
    table = load_table(held.pop("table"))
    for ours, theirs in (("reference", "source"), ("licence", "licence")):
        held[ours] = table.meta[theirs]
    check(f"{name}.toml", name, held, SECTION)
    columns = dict(zip(held["header"], table.columns.values(), strict=True))
    return made_of(Described(name, f"{name}.toml", Path(), held), columns)


def sliced(
    held: Curve | tuple[Described, Plane], mass_ratio: float | None, m_chi: float | None
) -> Curve:
    """A curve as it is, or a table in both masses at a fixed m_V/m_χ or m_χ.

    Raises:
        InputError: a table without either, or without a limit there.
    """
    if isinstance(held, Curve):
        return held
    found, plane = held
    m_v, limit = slice_of(plane, found.name, mass_ratio, m_chi)
    inside = np.isfinite(limit)
    piece = np.cumsum(np.diff(inside.astype(int), prepend=0) > 0)[inside] - 1
    return curve_of(
        found,
        "m_V",
        m_v[inside],
        limit[inside],
        piece,
        mass_ratio=mass_ratio,
        m_chi=None if mass_ratio is not None else m_chi,
    )
