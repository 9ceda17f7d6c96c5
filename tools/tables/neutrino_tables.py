"""Builders of the neutrino tables, from the digitised spectra behind arXiv:2006.09386."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from dmjax.data import Table

PIONS_PER_POT = 0.2603
"""π⁺ that decay at rest per proton on target at JSNS² (arXiv:2006.09386 Table 3)."""

MICHEL_END_MEV = 52.83
BIN_EDGES_MEV = np.arange(0.0, 301.0, 5.0)
STEPS_PER_BIN = 50


def _integrals(curve: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """∫ of a digitised curve, straight between its points and zero beyond them, in each bin."""
    fine = np.linspace(edges[:-1], edges[1:], STEPS_PER_BIN + 1)
    return np.trapezoid(np.interp(fine, *curve, right=0.0), fine, axis=0)


def inflight_spectrum(source: Path) -> Table:
    """ν_µ of JSNS² outside the two lines: scaled so that ν̄_µ below m_µ/2 is one per stopped π⁺."""
    numu, numubar = (
        np.loadtxt(source / "jsns" / f"jsns_{name}.txt", delimiter=",").T
        for name in ("nu_mu_nodelta", "nubar_mu")
    )
    stopped = _integrals(numubar, np.array([0.0, MICHEL_END_MEV])).item()
    meta = {
        "title": "nu_mu of 3 GeV protons on Hg at the MLF, without the lines at 29.8 and 235.5 MeV",
        "source": "JSNS2, arXiv:1705.08629, figure digitised for arXiv:2006.09386",
        "licence": "MIT (public pyCEvNS analysis branch); rebinned, 0.2603 anti-nu_mu/POT",
        "units": "low, high MeV (bin edges); per_pot 1/POT per bin",
        "note": "above 100 MeV decay in flight; the plateau below 95 MeV (its end is m_mu less the "
        "binding in Hg) is mostly nu_mu of mu- captured in Hg",
    }
    per_pot = _integrals(numu, BIN_EDGES_MEV) * (PIONS_PER_POT / stopped)
    columns = {"low": BIN_EDGES_MEV[:-1], "high": BIN_EDGES_MEV[1:], "per_pot": per_pot}
    return Table(meta, columns)


BUILDERS: dict[str, Callable[[Path], Table]] = {"numu_inflight_mlf": inflight_spectrum}
