"""Fig. 7 of arXiv:2006.09386 with data for projections: CsI 2017, LAr 2020, CsI 2021."""

from typing import Any, NamedTuple

import numpy as np
from matplotlib.figure import Figure

from dmjax.conventions import D20, Conventions
from dmjax.plots.canvas import new_figure
from dmjax.recast.curve import Curve, values_at
from dmjax.reproduce.asked import terms
from dmjax.reproduce.fig7 import LOOKS, OTHERS, RELIC, TERMS, at, new_range
from dmjax.reproduce.lines import Look, draw_curves, frame
from dmjax.reproduce.made import Made
from dmjax.reproduce.reach import curve_numbers, curve_rows, published, target
from dmjax.studies.curves import as_curve
from dmjax.studies.limit_result import LimitResult
from dmjax.studies.limits import run_limit
from dmjax.studies.settings import LimitSettings

MASSES = np.array([3.0, 10.0, 20.0, 40.0, 60.0, 80.0, 100.0, 115.0, 125.0, 132.0, 137.0])
"""m_V [MeV]."""

JOINT = "LAr 2020 + CsI 2021"
DATA = {
    "CsI 2017 in the cuts": (("csi2017",), Look("#b2182b")),
    "LAr 2020": (("lar2020",), Look("#2166ac")),
    "CsI 2021": (("csi2021",), Look("#e08214")),
    JOINT: (("lar2020", "csi2021"), Look("#542788", "--")),
}
AT = 80.0
"""m_V [MeV] of the numbers in the note."""

Y_LIMITS = (3e-13, 3e-7)


class Measured(NamedTuple):
    """Limits of data beside what they were expected to be.

    Attributes:
        curves: label → limit, published limit or target.
        expected: label → median expected without signal, at `MASSES`.
        best: label → best fit of Y, at `MASSES`.
    """

    curves: dict[str, Curve]
    expected: dict[str, np.ndarray]
    best: dict[str, np.ndarray]


def make(conventions: Conventions = D20) -> Made:
    """The figure, its numbers, and how the limits compare with each other and with earlier ones.

    Args:
        conventions: profile.
    """
    found = compute(conventions)
    numbers = {
        "curves": curve_numbers(found.curves),
        "m_v": MASSES,
        "expected": found.expected,
        "best_fit": found.best,
    }
    return Made(numbers, _rows(found), _draw(found), (), _note(found))


def compute(conventions: Conventions = D20) -> Measured:
    """Limits of data alone and joint, published limits, the target."""
    ours = {label: _limit(where, conventions) for label, (where, _) in DATA.items()}
    theirs = {label: published(name, TERMS) for label, (name, _) in OTHERS.items()}
    line = target(np.geomspace(MASSES[0], MASSES[-1], 13) / 3.0, TERMS)
    return Measured(
        curves={label: as_curve(one) for label, one in ours.items()} | theirs | {RELIC: line},
        expected={label: np.asarray(one.sensitivity) for label, one in ours.items()},
        best={label: np.asarray(one.best_fit) for label, one in ours.items()},
    )


def _limit(where: tuple[str, ...], conventions: Conventions) -> LimitResult:
    window = "cuts" if where == ("csi2017",) else None
    m_v = tuple(MASSES.tolist())
    return run_limit(LimitSettings(where=where, m_v=m_v, window=window, **terms(conventions)))


def _rows(found: Measured) -> list[dict[str, Any]]:
    """Points of every curve, ours with what was expected and the best fit."""
    more = {
        (label, float(m)): {"Y_expected": expected, "Y_best": best}
        for label in DATA
        for m, expected, best in zip(MASSES, found.expected[label], found.best[label], strict=True)
    }
    rows = curve_rows(found.curves)
    return [row | more.get((row["curve"], float(row["m_V"])), {}) for row in rows]


def _note(found: Measured) -> str:
    """What the numbers say."""
    i = int(np.searchsorted(MASSES, AT))
    y = {label: at(found.curves[label], AT) for label in DATA}
    each = "; ".join(
        f"{label} {value:.2g}, {value / found.expected[label][i]:.2f} of the median expected"
        for label, value in y.items()
    )
    joint, others = found.curves[JOINT], [found.curves[label] for label in OTHERS]
    low, high = new_range(joint, others)
    above = float(np.min(joint.y / values_at(found.curves[RELIC], joint.x)))
    return (
        f"Nothing of this is printed: the paper has projections of three years. Y at {AT:g} MeV: "
        f"{each}. CsI 2017 in the cuts has an excess, and its limit is weaker than expected; CsI "
        "2021 has none, and holds the events of CsI 2017, so that both are never joined. Beside "
        f"LAr its limit moves by {_moved(found, i):+.0f} % at {AT:g} MeV, where LAr has a little "
        f"more than expected, and by {_moved(found, 0):+.0f} % at {MASSES[0]:g} MeV. Both together "
        f"are below every earlier limit drawn from m_V = {low:.0f} MeV on, of the masses computed, "
        f"to the last one, {high:.0f} MeV, and stay {above:.0f} times or more "
        "above the relic line, which is that of Dirac dark matter, uncertain by 20 %. Systematic "
        "errors, clocks among them, are those of the data sets."
    )


def _moved(found: Measured, i: int) -> float:
    """By how much LAr moves the limit of CsI 2021 at mass number i [%]."""
    return 100.0 * float(found.curves[JOINT].y[i] / found.curves["CsI 2021"].y[i] - 1.0)


def _draw(found: Measured) -> Figure:
    figure, axes = new_figure(4.6, 6.4)
    looks = LOOKS | {label: look for label, (_, look) in DATA.items()}
    draw_curves(axes, found.curves, looks, Y_LIMITS)
    for label, (_, look) in DATA.items():
        axes.plot(MASSES, found.expected[label], ":", color=look.colour, lw=1.0)
    axes.plot([], [], "k:", lw=1.0, label="expected without signal")
    frame(
        axes,
        MASSES,
        r"Limits of data on a dark photon: Dirac $\chi$, $\alpha_D$ = 0.5, "
        r"$m_V = 3m_\chi$, 90 % C.L.",
    )
    return figure
