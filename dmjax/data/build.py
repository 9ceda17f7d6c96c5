"""Make the shipped tables: `python -m dmjax.data.build SOURCE_DIR [OUT_DIR]`.

SOURCE_DIR holds the COHERENT CsI release (doi 10.5281/zenodo.1228631) and the GEANT4 lists behind
arXiv:2006.09386 in a folder `coherent/`. Everything is re-tabulated: meson lists become weighted
cells, spectra are normalised per proton, counts and time densities become columns on named bins.
"""

import heapq
import itertools
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

from dmjax.data import Table
from dmjax.data.response_tables import RESPONSE_BUILDERS

PROTONS_SIMULATED = 1e5
SCALE = np.array([100.0, 0.6])
"""Kinetic energy [MeV] and cosθ over which the flux changes by order one."""

GEANT4 = "GEANT4 10.5 FTFP_BERT, 1e5 protons of 1 GeV on Hg, behind arXiv:2006.09386"
RELEASE = "COHERENT CsI[Na] 2017 data release, arXiv:1804.09459, doi:10.5281/zenodo.1228631"


def cell_cost(cell: np.ndarray) -> float:
    """What replacing a cell by its mean costs: content times scaled variance."""
    return float((cell.var(axis=0) / SCALE**2).sum() * len(cell))


def split_cells(points: np.ndarray, n_cells: int) -> list[np.ndarray]:
    """Cut points (n, 2) into `n_cells`, always halving the costliest cell at its mean.

    Sparse regions keep single events, so the energetic and forward tails are not blurred.
    """
    ticket = itertools.count()
    heap = [(-cell_cost(points), next(ticket), points)]
    while len(heap) < n_cells:
        _, _, cell = heapq.heappop(heap)
        axis = int(np.argmax(cell.var(axis=0) / SCALE**2))
        above = cell[:, axis] > cell[:, axis].mean()
        for part in (cell[~above], cell[above]):
            heapq.heappush(heap, (-cell_cost(part), next(ticket), part))
    return [cell for _, _, cell in heap]


def meson_cells(source: Path, n_cells: int) -> Table:
    """π⁰ (T, cosθ) as weighted cells; the mean T and cosθ of each cell are exact."""
    rows = np.loadtxt(source / "coherent" / "Pi0_Info.txt")
    points = np.column_stack([rows[:, 5], np.cos(np.radians(rows[:, 0]))])
    cells = split_cells(points, n_cells)
    means = np.array([cell.mean(axis=0) for cell in cells])
    weights = np.array([len(cell) for cell in cells]) / len(points)
    meta = {
        "title": "primary pi0 at the SNS: kinetic energy and angle to the beam, weights sum to 1",
        "source": GEANT4,
        "licence": "MIT (public pyCEvNS analysis branch); re-tabulated as cell means",
        "units": "kinetic_energy MeV; cos_theta 1; weight 1",
    }
    columns = {"kinetic_energy": means[:, 0], "cos_theta": means[:, 1], "weight": weights}
    return Table(meta, columns)


def photon_spectrum(source: Path) -> Table:
    """Photons of the e± cascade per proton in equal energy bins."""
    energy, photons = np.loadtxt(source / "coherent" / "brem.txt").T
    meta = {
        "title": "photons of the electromagnetic cascade at the SNS, per bin and proton on target",
        "source": GEANT4,
        "licence": "MIT (public pyCEvNS analysis branch); normalised per proton",
        "units": "energy MeV (bin centre, equal bins); photons 1/POT",
    }
    return Table(meta, {"energy": energy, "photons": photons / PROTONS_SIMULATED})


def time_densities(source: Path) -> Table:
    """Fractions of prompt ν, delayed ν and prompt neutrons per 0.5 µs bin."""
    names = {
        "prompt": "promptNeutrinos",
        "delayed": "delayedNeutrinos",
        "neutron": "promptNeutrons",
    }
    read = {
        key: np.loadtxt(source / "coherent" / f"arrivalTimePDF_{name}.txt", delimiter=",").T
        for key, name in names.items()
    }
    meta = {
        "title": "arrival-time fractions at COHERENT CsI in bins of 0.5 us",
        "source": RELEASE,
        "licence": "released for public use with citation",
        "units": "time us (bin centre); prompt, delayed, neutron 1 per bin",
    }
    columns = {"time": read["prompt"][0]} | {key: value[1] for key, value in read.items()}
    return Table(meta, columns)


def neutron_spectrum(source: Path) -> Table:
    """Beam-related neutrons per photo-electron and GWh before acceptance."""
    pe, rate = np.loadtxt(source / "coherent" / "promptPDF.txt", delimiter=",").T
    meta = {
        "title": "beam-related neutrons in COHERENT CsI before acceptance",
        "source": RELEASE,
        "licence": "released for public use with citation",
        "units": "pe photo-electrons (bin centre, width 1); rate 1/GWh per bin",
    }
    return Table(meta, {"pe": pe, "rate": rate})


def csi_counts(source: Path) -> Table:
    """Beam-on counts, coincidence (on) and anticoincidence (off), per (PE, time) bin."""
    read = {
        key: np.loadtxt(source / "coherent" / f"data_{name}_beamOn.txt", delimiter=",")
        for key, name in {"on": "coincidence", "off": "anticoincidence"}.items()
    }
    if not np.array_equal(read["on"][:, :2], read["off"][:, :2]):
        raise ValueError("coincidence and anticoincidence files have different bins")
    meta = {
        "title": "COHERENT CsI 2017 beam-on counts: coincidence (on), anticoincidence (off)",
        "source": RELEASE,
        "licence": "released for public use with citation",
        "units": "pe photo-electrons (centre, width 2); time us (centre, width 0.5); on, off 1",
    }
    pe, time, on = read["on"].T
    return Table(meta, {"pe": pe, "time": time, "on": on, "off": read["off"][:, 2]})


BUILDERS: dict[str, Callable[[Path], Table]] = {
    "pi0_sns": lambda source: meson_cells(source, n_cells=2048),
    "photons_sns": photon_spectrum,
    "times_csi2017": time_densities,
    "neutrons_csi2017": neutron_spectrum,
    "counts_csi2017": csi_counts,
    **RESPONSE_BUILDERS,
}


def format_table(table: Table) -> str:
    """The text of a table file: header, names, rows with seven digits."""
    meta = table.meta | {"command": "python -m dmjax.data.build SOURCE_DIR"}
    lines = [f"# {key}: {value}" for key, value in meta.items()]
    lines.append(",".join(table.columns))
    rows = np.column_stack(list(table.columns.values()))
    lines += [",".join(f"{value:.7g}" for value in row) for row in rows]
    return "\n".join(lines) + "\n"


def build(source: Path, out: Path) -> list[Path]:
    """Write every table below `out`; returns the paths written."""
    out.mkdir(parents=True, exist_ok=True)
    written = []
    for name, builder in BUILDERS.items():
        path = out / f"{name}.csv"
        partial = path.with_suffix(".partial")
        partial.write_text(format_table(builder(source)))
        partial.rename(path)
        written.append(path)
    return written


def main(arguments: list[str]) -> int:
    """Command-line entry: SOURCE_DIR, optionally OUT_DIR (default: the package's own tables)."""
    if len(arguments) not in (1, 2) or not (Path(arguments[0]) / "coherent").is_dir():
        sys.stderr.write(f"usage: {BUILD_USAGE}\n")
        return 2
    out = Path(arguments[1]) if len(arguments) == 2 else Path(__file__).parent / "tables"
    for path in build(Path(arguments[0]), out):
        sys.stdout.write(f"{path}\n")
    return 0


BUILD_USAGE = "python -m dmjax.data.build SOURCE_DIR [OUT_DIR], SOURCE_DIR holding coherent/"

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
