"""Published limits on dark matter of beams, as compact tables with masses in MeV.

Inputs: `beams/` (copies of the tables of pgdeniverville/Hidden-Sector-Limits, MIT, in GeV) and
`limits/` (curves digitised from the papers).
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from dmjax.data import Table

MIT = "MIT (github.com/pgdeniverville/Hidden-Sector-Limits)"
NUMBERS = "numbers read off a published figure"
MEV_PER_GEV = 1e3
M_PI0_GEV = 0.1349768
NA62 = ((50.0, 6.5e-4), (73.0, 5.2e-4), (106.0, 1.6e-3))
"""(m_V [MeV], ε at 90 %) read off the figure of arXiv:1903.08767."""


def _rows(path: Path) -> np.ndarray:
    return np.loadtxt(path, delimiter=",", comments="#")


def _rising(rows: np.ndarray) -> np.ndarray:
    """Rows up to where the mass no longer rises: a vertical end is no limit at its mass."""
    ends = np.flatnonzero(np.diff(rows[:, 0]) <= 0.0)
    return rows[: ends[0] + 1] if ends.size else rows


def _line(title: str, source: str, licence: str, name: str, rows: np.ndarray, mass: str) -> Table:
    meta = {"title": title, "source": source, "licence": licence, "units": f"{mass} MeV; {name} 1"}
    return Table(meta, {mass: rows[:, 0], name: rows[:, 1]})


def _scaled(rows: np.ndarray) -> np.ndarray:
    return np.column_stack([MEV_PER_GEV * rows[:, 0], *rows.T[1:]])


def babar(source: Path) -> Table:
    """BaBar 2017, ε; its kinematic end, where the digitised curve is vertical, is cut."""
    rows = _scaled(_rising(_rows(source / "beams" / "babar2017_eps.csv")))
    where = "arXiv:1702.03327, digitised"
    return _line("BaBar: e+ e- -> gamma + invisible", where, MIT, "eps", rows, "m_V")


def na64(source: Path) -> Table:
    """NA64 2019, ε."""
    rows = _scaled(_rising(_rows(source / "beams" / "na64_2019_eps.csv")))
    where = "arXiv:1906.00176, digitised"
    return _line("NA64: missing energy of 100 GeV electrons", where, MIT, "eps", rows, "m_V")


def e949(source: Path) -> Table:
    """E949, BR(K⁺ → π⁺X) below and above the π⁰."""
    rows = _scaled(_rows(source / "beams" / "e949_k_pi_x.csv"))
    where = "arXiv:0903.0030, digitised"
    line = _line("E949: K+ -> pi+ + invisible", where, MIT, "br_kaon", rows, "m_V")
    above = (rows[:, 0] > MEV_PER_GEV * M_PI0_GEV).astype(float)
    units = line.meta["units"] + "; piece 1, a number"
    return Table(line.meta | {"units": units}, line.columns | {"piece": above})


def na62(source: Path) -> Table:
    """NA62, ε of π⁰ → γV: three masses."""
    title, where = "NA62: pi0 -> gamma + invisible", "arXiv:1903.08767, digitised at three masses"
    return _line(title, where, NUMBERS, "eps", np.array(NA62), "m_V")


def miniboone_nucleon(source: Path) -> Table:
    """MiniBooNE-DM on nucleons, Y."""
    rows = _scaled(_rows(source / "limits" / "miniboone-n.txt"))
    where = "arXiv:1702.02688, 1807.06137, digitised"
    return _line("MiniBooNE-DM: recoiling nucleons", where, NUMBERS, "y", rows, "m_chi")


def miniboone_electron(source: Path) -> Table:
    """MiniBooNE-DM on electrons, Y."""
    rows = _scaled(_rows(source / "limits" / "miniboone-e.txt"))
    where = "arXiv:1807.06137, digitised"
    return _line("MiniBooNE-DM: recoiling electrons", where, NUMBERS, "y", rows, "m_chi")


def _plane(title: str, where: str, rows: np.ndarray) -> Table:
    units = "m_V, m_chi MeV; eps4_alpha_d 1"
    meta = {"title": title, "source": where, "licence": MIT, "units": units}
    order = np.lexsort((rows[:, 1], rows[:, 0]))
    return Table(meta, dict(zip(("m_V", "m_chi", "eps4_alpha_d"), rows[order].T, strict=True)))


def e137(source: Path) -> Table:
    """E137, ε⁴α_D against both masses."""
    rows = _scaled(_rows(source / "beams" / "e137_eps4alphad.csv"))
    rows[:, 1] *= MEV_PER_GEV
    where = "table of B. Batell for arXiv:1406.2698, every second line, bremsstrahlung alone"
    return _plane("E137: recoiling electrons behind a dump", where, rows)


def lsnd(source: Path) -> Table:
    """LSND, ε⁴α_D against both masses, where V is on its mass shell and decays.

    The source goes on to m_V = 2m_χ and beyond the pion: there V is off its shell, the limit is
    some hundred times weaker and not one on ε⁴α_D.
    """
    rows = _rows(source / "beams" / "lsnd_eps4alphad.csv")
    real = (rows[:, 0] > 2.0001 * rows[:, 1]) & (rows[:, 0] < M_PI0_GEV)
    rows = _scaled(rows[real])
    rows[:, 1] *= MEV_PER_GEV
    where = "arXiv:1107.4580, 1411.1055; rows with 2 m_chi < m_V < m_pi0"
    return _plane("LSND: recoiling electrons", where, rows)


BUILDERS: dict[str, Callable[[Path], Table]] = {
    "limit_babar_2017": babar,
    "limit_e137": e137,
    "limit_e949": e949,
    "limit_lsnd": lsnd,
    "limit_miniboone_electron": miniboone_electron,
    "limit_miniboone_nucleon": miniboone_nucleon,
    "limit_na62_pi0": na62,
    "limit_na64_2019": na64,
}
