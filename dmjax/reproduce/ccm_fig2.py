"""Fig. 2 of arXiv:2109.14146: counts of CCM120, and the shape of dark matter."""

from typing import Any, NamedTuple

import numpy as np
from matplotlib.figure import Figure

from dmjax.analyses.ingredients import exposure
from dmjax.conventions import D20, Conventions
from dmjax.data import load_toml
from dmjax.prediction.search import search
from dmjax.prediction.signal import signal
from dmjax.prediction.templates import templates
from dmjax.reproduce.intervals import fitted_to
from dmjax.reproduce.made import Check, Made, near, said
from dmjax.reproduce.panels import blank

EDGES = np.concatenate([np.arange(50.0, 500.0, 25.0), np.arange(500.0, 1001.0, 100.0)])
"""Of recoil energy [keV]."""

WINDOW = np.array([0.0, 0.19])
M_CHI = np.array([1.0, 3.0, 10.0, 20.0, 30.0, 45.0, 60.0])
"""[MeV]; m_V = 2.1 m_χ."""

EXPECTED, EXCESS, ERROR = 115005.0, 16.5, 338.4
NOTE = (
    "The count, the subtracted background and its error agree: 339.1 is the square root of what "
    "is counted, 338.4 is printed. The shape of dark matter is drawn against the energy of the "
    "recoil, after the efficiency; the paper draws reconstructed energy."
)
MISSING = (
    "counts in bins of reconstructed energy: not public in numbers",
    "the scale from recoil to reconstructed energy",
)


class CcmFig2(NamedTuple):
    """Numbers of Fig. 2.

    Attributes:
        edges_kev: bins of recoil energy.
        m_chi: [MeV].
        shapes: share of dark matter per bin, (m_chi, bins).
        excess, error: counts after subtraction [events].
    """

    edges_kev: np.ndarray
    m_chi: np.ndarray
    shapes: np.ndarray
    excess: float
    error: float


def make(conventions: Conventions = D20) -> Made:
    """The fit of the count, the shapes, and what the paper prints."""
    chosen = signal(
        "leptophobic", dm="scalar", mass_ratio=2.1, channels=("pi0",), conventions=conventions
    )
    where = search(exposure("ccm120"), EDGES, WINDOW)
    counts = np.asarray(templates((where,), chosen, 2.1 * M_CHI)[0].nominal)
    fitted = fitted_to("ccm120", ("n_excess",))["n_excess"]
    shapes = counts / counts.sum(axis=1, keepdims=True)
    result = CcmFig2(EDGES, M_CHI, shapes, *fitted)
    rows: list[dict[str, Any]] = [
        {"m_chi_mev": m, "low_kev": EDGES[i], "high_kev": EDGES[i + 1], "share": share}
        for m, shape in zip(M_CHI, shapes, strict=True)
        for i, share in enumerate(shape)
    ]
    return Made(result, rows, _draw(result), _checks(result), NOTE, MISSING)


def _checks(result: CcmFig2) -> tuple[Check, ...]:
    spec = load_toml("datasets", "ccm120")
    widths = np.diff(EDGES)
    spread = float(np.ptp(result.shapes / widths, axis=0).max() / (result.shapes / widths).max())
    return (
        near("events expected", EXPECTED, spec["background"], 0.0),
        near("events left after subtraction", EXCESS, result.excess, 0.01),
        near("their error", ERROR, result.error, 0.01),
        said("spread of shapes over masses, of the peak", "a thin band", spread, spread < 0.5),
    )


def _draw(result: CcmFig2) -> Figure:
    figure, ((left, right),) = blank(1, 2, 3.0)
    left.errorbar([0.5], [EXCESS], yerr=[ERROR], fmt="ks", mfc="none", label="printed")
    left.errorbar(
        [1.5], [result.excess], yerr=[result.error], fmt="o", color="#2166ac", label="dmjax"
    )
    left.axhline(0.0, color="0.6", lw=0.8)
    left.set_xlim(0.0, 2.0)
    left.set_xticks([])
    left.set_ylabel("events above background", fontsize=8.5)
    left.legend(fontsize=7.5, frameon=False)
    density = result.shapes / np.diff(EDGES)
    for m_chi, shape in zip(result.m_chi, density, strict=True):
        share = (m_chi - M_CHI[0]) / (M_CHI[-1] - M_CHI[0])
        colour = (0.1 + 0.6 * share, 0.4, 0.7 - 0.5 * share)
        label = rf"$m_\chi$ = {m_chi:g} MeV"
        right.stairs(shape, EDGES, baseline=None, color=colour, lw=1.0, label=label)
    right.set_yscale("log")
    right.set_xlim(EDGES[0], 500.0)
    right.set_ylim(1e-3 * density.max(), 2.0 * density.max())
    right.legend(fontsize=6.5, frameon=False)
    right.set_xlabel("nuclear recoil energy [keV]", fontsize=8.5)
    right.set_ylabel("share of dark matter / keV", fontsize=8.5)
    right.set_title("after the efficiency", fontsize=8.5)
    figure.suptitle("arXiv:2109.14146 Fig. 2 by dmjax: CCM120", fontsize=8.5)
    return figure
