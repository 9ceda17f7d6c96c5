"""Table 6 of arXiv:2006.09386: best-fit Y of CsI 2017 in the cuts."""

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from dmjax.conventions import D20, Conventions
from dmjax.plots.canvas import new_figure
from dmjax.plots.limits import LABELS
from dmjax.reproduce.asked import terms
from dmjax.reproduce.made import Made, near
from dmjax.studies.limits import run_limit
from dmjax.studies.settings import LimitSettings

PRINTED = {75.0: 6.3e-11, 100.0: 6.7e-11, 150.0: 9.2e-10, 200.0: 1.7e-9}
"""m_V [MeV] → Y."""

WITHIN = 0.3
NOTE = (
    "The same excess of some 26 events is fitted, nothing is tuned, and our best Y is larger: 3 "
    "to 5 times below the masses of pi0 and pi- capture, where the public analysis code behind "
    "the paper normalised the pi0 flux to a band of solid angle while it counted every direction, "
    "and left out (1 - m^2/m_pi^2)^3 and the 2 of pi0 -> gamma V; a thousand times or more above "
    "them, where the cascade of electrons alone is left. The reason is the suppression f(m_V/E) "
    "of the paper's Fig. 9, 2e-6 on the mean over photons that reach 150 MeV and 1e-6 at 200: the "
    "printed Y is that of cascade photons which become V with eps^2 alone. With f = 1 in place of "
    "Eq. A.3 our Y is 2.9, 4.6, 2.2 and 2.9 times the printed one at 75, 100, 150 and 200 MeV, "
    "the same excess as below the masses of pi0. dmjax keeps f, as the text describes it."
)


def make(conventions: Conventions = D20) -> Made:
    """Best Y at the printed masses beside the printed one.

    Args:
        conventions: profile.
    """
    m_v = tuple(PRINTED)
    asked = LimitSettings(where=("csi2017",), window="cuts", m_v=m_v, **terms(conventions))
    found = run_limit(asked)
    ours = np.asarray(found.best_fit, float)
    rows: list[dict[str, Any]] = [
        {"m_v_mev": m, "y_printed": PRINTED[m], "y_ours": y, "ratio": y / PRINTED[m], "events": n}
        for m, y, n in zip(m_v, ours, found.best_fit_events, strict=True)
    ]
    checks = tuple(
        near(f"Y at {m:g} MeV", PRINTED[m], y, WITHIN) for m, y in zip(m_v, ours, strict=True)
    )
    return Made(found, rows, _draw(ours), checks, NOTE)


def _draw(ours: np.ndarray) -> Figure:
    figure, axes = new_figure(3.2)
    axes.plot(list(PRINTED), list(PRINTED.values()), "ks", label="printed", mfc="none")
    axes.plot(list(PRINTED), ours, "o", color="#2166ac", label="dmjax")
    axes.set_yscale("log")
    axes.set_xlabel(r"$m_V$ [MeV]")
    axes.set_ylabel(LABELS["Y"])
    axes.set_title("arXiv:2006.09386 Table 6: best fits of CsI 2017, cuts", fontsize=8.5)
    axes.legend(fontsize=8, frameon=False)
    return figure
