"""Tables of the COHERENT CsI[Na] 2017 data release: counts, neutrons, arrival times."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from dmjax.data import Table

RELEASE = "COHERENT CsI[Na] 2017 data release, arXiv:1804.09459, doi:10.5281/zenodo.1228631"


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
    "times_csi2017": time_densities,
    "neutrons_csi2017": neutron_spectrum,
    "counts_csi2017": csi_counts,
}
