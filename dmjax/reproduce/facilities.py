"""Stopped-pion facilities compared: what each is expected to exclude, in one convention."""

from typing import Any, NamedTuple

import numpy as np
from matplotlib.figure import Figure

from dmjax.conventions import D20, Conventions
from dmjax.experiments import experiment
from dmjax.plots.canvas import new_figure
from dmjax.plots.limits import LABELS
from dmjax.prediction.backgrounds import exposed
from dmjax.reproduce.asked import terms
from dmjax.reproduce.made import Check, Made, said
from dmjax.studies.limits import run_limit
from dmjax.studies.settings import LimitSettings

MASSES = np.array([3.0, 10.0, 30.0, 75.0, 100.0, 120.0, 130.0, 137.0])
"""m_V [MeV]."""

YEARS = 3.0
DETECTORS = {
    "coherent-csi": ("SNS, CsI[Na] 14.6 kg", "#b2182b", "-"),
    "coherent-lar": ("SNS, LAr 24 kg", "#2166ac", "-"),
    "coherent-lar-610": ("SNS, LAr 610 kg", "#2166ac", "--"),
    "coherent-ge": ("SNS, Ge 10.7 kg", "#1b7837", "-"),
    "coherent-csi-cryo": ("SNS, cryogenic CsI 10 kg", "#b2182b", "--"),
    "ccm200": ("Lujan, LAr 7 t", "#000000", "-"),
    "jsns2": ("MLF, Gd-LS 17 t (electrons)", "#e08214", "-"),
    "ess-csi": ("ESS, cryogenic CsI 32 kg", "#762a83", "-"),
    "ess-xe": ("ESS, Xe gas 20 kg", "#762a83", "--"),
    "csns-csi": ("CSNS, cryogenic CsI 12 kg", "#8c6d00", "-"),
    "pip2-bd": ("PIP-II, LAr 100 t", "#666666", "-"),
}
STATED = (10.0, 75.0, 120.0)
NOTE = ""


class Facility(NamedTuple):
    """One detector.

    Attributes:
        experiment, title: which.
        mass_kg, distance_m, pot: of three years.
        time_bins: of the likelihood.
        background: events of all kinds in its bins.
        y: median expected limit on Y at `MASSES`.
        methods: of the limit at each mass.
    """

    experiment: str
    title: str
    mass_kg: float
    distance_m: float
    pot: float
    time_bins: int
    background: float
    y: np.ndarray
    methods: list[str]


def make(conventions: Conventions = D20) -> Made:
    """One figure and one table of every facility."""
    found = [_facility(name, conventions) for name in DETECTORS]
    rows: list[dict[str, Any]] = [
        {key: value for key, value in one._asdict().items() if key not in ("y", "methods")}
        | {f"y_{m:g}_mev": y for m, y in zip(MASSES, one.y, strict=True)}
        for one in found
    ]
    return Made({"m_v": MASSES, "facilities": found}, rows, _draw(found), _checks(found), NOTE)


def _facility(name: str, conventions: Conventions) -> Facility:
    m_v = tuple(MASSES.tolist())
    asked = LimitSettings(where=(name,), m_v=m_v, expected=True, years=YEARS, **terms(conventions))
    limit = run_limit(asked)
    detector = exposed(experiment(name), YEARS, None)
    return Facility(
        experiment=name,
        title=DETECTORS[name][0],
        mass_kg=float(detector.mass_kg),
        distance_m=float(detector.distance_m),
        pot=float(detector.pot),
        time_bins=len(detector.time_edges) - 1,
        background=sum((limit.background or {})[name].values()),
        y=np.asarray(limit.expected)[:, limit.sigmas.index(0.0)],
        methods=list(limit.methods or []),
    )


def _checks(found: list[Facility]) -> tuple[Check, ...]:
    at = {one.experiment: dict(zip(MASSES, one.y, strict=True)) for one in found}
    grows = at["coherent-lar-610"][75.0] / at["coherent-lar"][75.0]
    return (
        said(
            "Y of LAr 610 kg over 24 kg at SNS, 75 MeV",
            "below 1: more of the same",
            grows,
            grows < 1.0,
        ),
        said(
            "Y of cryogenic CsI over CsI[Na], 75 MeV",
            "below 1: more light",
            at["coherent-csi-cryo"][75.0] / at["coherent-csi"][75.0],
            at["coherent-csi-cryo"][75.0] < at["coherent-csi"][75.0],
        ),
    )


def _draw(found: list[Facility]) -> Figure:
    figure, axes = new_figure(4.4, 6.0)
    for one in found:
        text, colour, style = DETECTORS[one.experiment]
        axes.plot(MASSES, one.y, color=colour, ls=style, lw=1.5, label=text)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlim(MASSES[0], MASSES[-1])
    axes.set_xlabel(r"$m_V$ [MeV]")
    axes.set_ylabel(LABELS["Y"])
    axes.set_title(
        r"Expected 90 % limits, 3 years each: dark photon, Dirac $\chi$, $\alpha_D$ = 0.5, "
        r"$m_V = 3m_\chi$",
        fontsize=8.0,
    )
    axes.legend(fontsize=6.5, frameon=False, ncols=2, loc="upper left")
    return figure
