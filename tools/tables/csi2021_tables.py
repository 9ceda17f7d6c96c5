"""Tables of the COHERENT CsI[Na] 2021 data: binned events and neutron shapes."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from dmjax.data import Table

RELEASE = "COHERENT CsI[Na] full data, ancillary files of arXiv:2110.07730"
PE_EDGES = np.concatenate([np.arange(0.0, 60.0, 2.0), np.arange(60.0, 251.0, 10.0)])
TIME_EDGES = np.arange(49) * 0.125


def counts(source: Path) -> Table:
    """Coincidence (on) and anticoincidence (off) events in bins; empty bins are left out."""
    on, off = (
        np.histogram2d(*np.loadtxt(source / "csi2021" / name).T, bins=(PE_EDGES, TIME_EDGES))[0]
        for name in ("dataBeamOnC.txt", "dataBeamOnAC.txt")
    )
    pe, time = np.meshgrid(*(0.5 * (e[1:] + e[:-1]) for e in (PE_EDGES, TIME_EDGES)), indexing="ij")
    filled = (on + off) > 0
    meta = {
        "title": "COHERENT CsI 2021 beam-on counts: coincidence (on), anticoincidence (off)",
        "source": RELEASE,
        "licence": "public with the paper, with citation",
        "units": "pe photo-electrons (centre; width 2 below 60, 10 above); time us (centre, width "
        "0.125); on, off 1; bins not listed are empty",
    }
    columns = {"pe": pe, "time": time, "on": on, "off": off}
    return Table(meta, {key: value[filled] for key, value in columns.items()})


def neutron_energies(source: Path) -> Table:
    """Shapes in photo-electrons of the two neutron backgrounds."""
    brn, nin = (np.loadtxt(source / "csi2021" / f"{name}PE.txt").T for name in ("brn", "nin"))
    meta = {
        "title": "neutrons in COHERENT CsI 2021 by photo-electrons: beam-related, neutrino-induced",
        "source": RELEASE,
        "licence": "public with the paper, with citation",
        "units": "pe photo-electrons (centre, width 1); brn, nin per bin, sum 1 below 60",
    }
    return Table(meta, {"pe": brn[0], "brn": brn[1], "nin": nin[1]})


def neutron_times(source: Path) -> Table:
    """Shapes in time of the two neutron backgrounds."""
    brn, nin = (np.loadtxt(source / "csi2021" / f"{name}Trec.txt").T for name in ("brn", "nin"))
    meta = {
        "title": "neutrons in COHERENT CsI 2021 by time: beam-related, neutrino-induced",
        "source": RELEASE,
        "licence": "public with the paper, with citation",
        "units": "time us (centre, width 0.01); brn, nin 1 per bin, sum 1",
    }
    shares = {"brn": brn[1] / brn[1].sum(), "nin": nin[1] / nin[1].sum()}
    return Table(meta, {"time": brn[0]} | shares)


BUILDERS: dict[str, Callable[[Path], Table]] = {
    "csi2021_counts": counts,
    "csi2021_neutron_energies": neutron_energies,
    "csi2021_neutron_times": neutron_times,
}
