"""Fig. 7 of arXiv:2006.09386 with data in place of projections: CsI 2017, LAr 2020, CsI 2021."""

import numpy as np
from matplotlib.figure import Figure

from dmjax.conventions import D20, Conventions
from dmjax.plots.canvas import new_figure
from dmjax.plots.limits import LABELS
from dmjax.recast.curve import Curve
from dmjax.reproduce.fig7 import LOOKS, OTHERS, RELIC, TERMS, Y_LIMITS, at
from dmjax.reproduce.lines import Look, draw_curves
from dmjax.reproduce.made import Check, Made, said
from dmjax.reproduce.reach import curve_numbers, curve_rows, measured, published, target

MASSES = np.array([3.0, 10.0, 20.0, 40.0, 60.0, 80.0, 100.0, 115.0, 125.0, 132.0, 137.0])
"""m_V [MeV]."""

DATA = {
    "CsI 2017 (cuts)": (("csi2017",), Look("#b2182b")),
    "LAr 2020": (("lar2020",), Look("#2166ac")),
    "CsI 2021": (("csi2021",), Look("#e08214")),
    "LAr 2020 + CsI 2021": (("lar2020", "csi2021"), Look("#e08214", "--")),
    "CsI 2017 + LAr 2020": (("csi2017", "lar2020"), Look("#b2182b", "--")),
}
AT = 80.0
NOTE = ""


def curves(conventions: Conventions) -> dict[str, Curve]:
    """Limits of data alone and joint, published limits, the target; by label."""
    ours = {}
    for label, (where, _) in DATA.items():
        window = {"window": "cuts"} if "csi2017" in where else {}
        ours[label] = measured(where, MASSES, conventions, **window)
    theirs = {label: published(name, TERMS) for label, (name, _) in OTHERS.items()}
    return ours | theirs | {RELIC: target(MASSES / 3.0, TERMS)}


def make(conventions: Conventions = D20) -> Made:
    """The figure, its numbers, and how the limits compare."""
    found = curves(conventions)
    return Made(curve_numbers(found), curve_rows(found), _draw(found), _checks(found), NOTE)


def _checks(found: dict[str, Curve]) -> tuple[Check, ...]:
    y = {label: at(found[label], AT) for label in DATA}
    joint = y["LAr 2020 + CsI 2021"] / min(y["LAr 2020"], y["CsI 2021"])
    seen = [label for label, value in y.items() if value < min(at(found[o], AT) for o in OTHERS)]
    return (
        said("Y of LAr 2020 + CsI 2021 over the better one", "about 1", joint, 0.5 < joint < 1.3),
        said("data sets below all earlier limits at 80 MeV", "CsI + LAr", len(seen), bool(seen)),
    )


def _draw(found: dict[str, Curve]) -> Figure:
    figure, axes = new_figure(4.4, 6.0)
    looks = LOOKS | {label: look for label, (_, look) in DATA.items()}
    draw_curves(axes, found, looks, Y_LIMITS)
    axes.set_xlim(MASSES[0], MASSES[-1])
    axes.set_xlabel(r"$m_V$ [MeV]")
    axes.set_ylabel(LABELS["Y"])
    axes.set_title(
        r"Fig. 7 of arXiv:2006.09386 with data: dark photon, Dirac $\chi$, $\alpha_D$ = 0.5, "
        r"$m_V = 3m_\chi$, 90 % C.L.",
        fontsize=8.0,
    )
    axes.legend(fontsize=7, frameon=False, ncols=2, loc="upper left")
    return figure
