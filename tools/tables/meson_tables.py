"""Tables of the targets: π⁰ and η as weighted cells, photons of the e± cascade.

All come from GEANT4 runs of 1e5 protons each: one row per π⁰, one row per photon energy bin.
"""

import heapq
import itertools
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from particle import Particle

from dmjax.data import Table
from tools.tables.eta_scaling import scaled_etas

PROTONS_SIMULATED = 1e5
M_PI0 = float(Particle.from_pdgid(111).mass or 0.0)
LICENCE = "MIT (public pyCEvNS analysis branch); "


class Target(NamedTuple):
    """A simulated run: input folder, place, protons, cells that its π⁰ list is cut into."""

    folder: str
    place: str
    protons: str
    n_cells: int

    @property
    def source(self) -> str:
        """The run and its paper."""
        return f"GEANT4 10.5 FTFP_BERT, 1e5 protons of {self.protons}, behind arXiv:2006.09386"


TARGETS = {
    "sns": Target("coherent", "the SNS", "1 GeV on Hg", 2048),
    "lujan": Target("ccm", "the Lujan centre", "800 MeV on W", 2048),
    "mlf": Target("jsns", "the MLF", "3 GeV on Hg", 4096),
}


def flux_scale(cell: np.ndarray) -> np.ndarray:
    """Kinetic energy [MeV] and cosθ over which the flux changes by order one.

    A parent shines into a cone of opening 1/γ, so that cosθ counts in units of 1/γ².
    """
    gamma = 1.0 + cell[:, 0].mean() / M_PI0
    return np.array([100.0, 0.6 / gamma**2])


def scaled_variance(cell: np.ndarray) -> np.ndarray:
    """Variance of (T, cosθ) within a cell in units of `flux_scale`."""
    return cell.var(axis=0) / flux_scale(cell) ** 2


def split_cells(points: np.ndarray, n_cells: int) -> list[np.ndarray]:
    """Cut points (n, 2) into `n_cells`, always halving the costliest cell at its mean.

    The cost is content times scaled variance: what replacing the cell by its mean blurs. Sparse
    regions keep single events.

    >>> points = np.array([[0.0, 0.1], [2.0, 0.1], [500.0, 0.9]])
    >>> sorted(len(cell) for cell in split_cells(points, 2))
    [1, 2]
    """
    ticket = itertools.count()

    def entry(cell: np.ndarray) -> tuple[float, int, np.ndarray]:
        return -float(scaled_variance(cell).sum()) * len(cell), next(ticket), cell

    heap = [entry(points)]
    while len(heap) < n_cells:
        cell = heapq.heappop(heap)[-1]
        axis = int(np.argmax(scaled_variance(cell)))
        above = cell[:, axis] > cell[:, axis].mean()
        for part in (cell[~above], cell[above]):
            heapq.heappush(heap, entry(part))
    return [cell for _, _, cell in heap]


def cell_columns(points: np.ndarray, n_cells: int) -> dict[str, np.ndarray]:
    """(T, cosθ) as weighted cells; the mean T and cosθ of each cell are exact."""
    cells = split_cells(points, n_cells)
    means = np.array([cell.mean(axis=0) for cell in cells])
    weights = np.array([len(cell) for cell in cells]) / len(points)
    return {"kinetic_energy": means[:, 0], "cos_theta": means[:, 1], "weight": weights}


def _meson_table(target: Target, meson: str, how: str, columns: dict[str, np.ndarray]) -> Table:
    meta = {
        "title": f"{meson} at {target.place}: kinetic energy and angle to the beam, "
        "weights sum to 1",
        "source": target.source,
        "licence": LICENCE + how,
        "units": "kinetic_energy MeV; cos_theta 1; weight 1",
    }
    return Table(meta, columns)


def pion_table(source: Path, target: Target) -> Table:
    """Primary π⁰ of a run."""
    rows = np.loadtxt(source / target.folder / "Pi0_Info.txt")
    points = np.column_stack([rows[:, 5], np.cos(np.radians(rows[:, 0]))])
    columns = cell_columns(points, target.n_cells)
    return _meson_table(target, "primary pi0", "re-tabulated as cell means", columns)


def eta_table(source: Path, target: Target, beam_energy: float, n_cells: int) -> Table:
    """η derived from the π⁰ of a run by m_T scaling (`eta_scaling`); the beam runs along −z."""
    _, p_x, p_y, p_z, _, _ = np.loadtxt(source / target.folder / "Pi0_Info.txt").T
    points = scaled_etas(np.hypot(p_x, p_y), -p_z, beam_energy)
    columns = cell_columns(points, n_cells)
    return _meson_table(target, "eta", "derived from its pi0 by m_T scaling", columns)


def photon_table(source: Path, target: Target) -> Table:
    """Photons of the e± cascade per proton in equal energy bins."""
    energy, photons = np.loadtxt(source / target.folder / "brem.txt").T
    meta = {
        "title": f"photons of the electromagnetic cascade at {target.place}, "
        "per bin and proton on target",
        "source": target.source,
        "licence": LICENCE + "normalised per proton",
        "units": "energy MeV (bin centre, equal bins); photons 1/POT",
    }
    return Table(meta, {"energy": energy, "photons": photons / PROTONS_SIMULATED})


BUILDERS: dict[str, Callable[[Path], Table]] = {
    **{f"pi0_{name}": partial(pion_table, target=target) for name, target in TARGETS.items()},
    **{f"photons_{name}": partial(photon_table, target=target) for name, target in TARGETS.items()},
    "eta_mlf": partial(eta_table, target=TARGETS["mlf"], beam_energy=3000.0, n_cells=1024),
}
