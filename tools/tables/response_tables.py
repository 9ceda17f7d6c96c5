"""Tables of detector response: made by `python -m tools.tables.build SOURCE_DIR`."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from dmjax.data import Table

LAR = "COHERENT LAr 2020 data release, Analysis A, arXiv:2006.12659, doi:10.5281/zenodo.3903810"
LAR_GRID = (12, 8, 10)
FEWEST_EVENTS = 1e-3
"""Below this many predicted events an energy bin has no measured shape in F90."""


def lar_efficiency(source: Path) -> Table:
    """Acceptance of the LAr selection at reconstructed energies."""
    energy, _, efficiency = np.loadtxt(source / "lar2020" / "CENNS10AnlAEfficiency.txt").T
    meta = {
        "title": "acceptance of COHERENT LAr, Analysis A, by reconstructed energy",
        "source": LAR,
        "licence": "released for public use with citation",
        "units": "energy keVee (bin centre, width 0.5); efficiency 1",
    }
    return Table(meta, {"energy": energy, "efficiency": efficiency})


def lar_f90(source: Path) -> Table:
    """P(F90 bin | energy bin) of nuclear recoils: the CEvNS prediction summed over time.

    An energy bin without recoils takes the fractions of the bin below it.
    """
    rows = np.loadtxt(source / "lar2020" / "cevnspdf.txt")
    energy, f90 = (rows[:, column].reshape(LAR_GRID)[..., 0].ravel() for column in (0, 1))
    counts = rows[:, 3].reshape(LAR_GRID).sum(2)
    for i in range(1, len(counts)):
        if counts[i].sum() < FEWEST_EVENTS:
            counts[i] = counts[i - 1]
    fractions = counts / counts.sum(1, keepdims=True)
    meta = {
        "title": "share of nuclear recoils in each F90 bin at given energy, COHERENT LAr 2020",
        "source": LAR + "; energies above 50 keVee, where none is predicted, as at 45 keVee",
        "licence": "released for public use with citation",
        "units": "energy keVee (bin centre, width 10); f90 1 (bin centre, width 0.05); fraction 1",
    }
    return Table(meta, {"energy": energy, "f90": f90, "fraction": fractions.ravel()})


BUILDERS: dict[str, Callable[[Path], Table]] = {
    "lar2020_efficiency": lar_efficiency,
    "lar2020_f90": lar_f90,
}
