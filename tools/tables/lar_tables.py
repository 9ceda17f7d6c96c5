"""Table of the COHERENT LAr 2020 data release (Analysis A): counts and shapes in three axes."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from dmjax.data import Table

RELEASE = "COHERENT LAr 2020 data release, Analysis A, arXiv:2006.12659, doi:10.5281/zenodo.3903810"
FILES = {
    "data": "datanobkgsub.txt",
    "cevns": "cevnspdf.txt",
    "brn_prompt": "brnpdf.txt",
    "brn_delayed": "delbrnpdf.txt",
    "steady": "bkgpdf.txt",
    "cevns_f90_up": "SystErrors/cevnspdf+1sigF90.txt",
    "cevns_f90_down": "SystErrors/cevnspdf-1sigF90.txt",
    "cevns_time": "SystErrors/cevnspdfCEvNSTimingMeanSyst.txt",
    "brn_energy_up": "SystErrors/brnpdf+1sigEnergy.txt",
    "brn_energy_down": "SystErrors/brnpdf-1sigEnergy.txt",
    "brn_time_up": "SystErrors/brnpdf+1sigBRNTimingMean.txt",
    "brn_time_down": "SystErrors/brnpdf-1sigBRNTimingMean.txt",
    "brn_width": "SystErrors/brnpdfBRNTimingWidthSyst.txt",
}


def lar_counts(source: Path) -> Table:
    """Counts, predictions and their alternates on the grid of energy, F90 and time."""
    read = {key: np.loadtxt(source / "lar2020" / name) for key, name in FILES.items()}
    places = read["data"][:, :3]
    for key, rows in read.items():
        if not np.array_equal(rows[:, :3], places):
            raise ValueError(f"{FILES[key]} has other bins than {FILES['data']}")
    counts = {key: rows[:, 3] for key, rows in read.items()}
    counts["brn_time_up"] *= counts["brn_prompt"].sum() / counts["brn_time_up"].sum()
    meta = {
        "title": "COHERENT LAr 2020: counts, predictions and their one-sigma alternates",
        "source": RELEASE + "; brn_time_up scaled from 523.67 to the nominal sum 497",
        "licence": "released for public use with citation",
        "units": "energy keVee (centre, width 10); f90 1 (centre, width 0.05); "
        "time us (centre, width 0.5); others counts; steady was measured in a window 5 times as "
        "long, so its sum of 3152 has the error sqrt(5 x 3152)/5 = 25",
    }
    axes = dict(zip(("energy", "f90", "time"), places.T, strict=True))
    return Table(meta, axes | counts)


BUILDERS: dict[str, Callable[[Path], Table]] = {"lar2020_counts": lar_counts}
