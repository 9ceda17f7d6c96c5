"""Eq. 6.4 with α alone: limits of CsI 2017 as an independent stack gave them.

That stack removed α by bracketed Newton steps or Gauss nodes of its own and scanned the strength on
a ladder; it shared the counts, the predictions and the integral over the background alone.
"""

import numpy as np
import pytest

from dmjax.conventions import conventions
from dmjax.prediction.points import strength_of
from dmjax.prediction.signal import Signal
from dmjax.studies.limits import run_limit
from dmjax.studies.rules import settle
from dmjax.studies.settings import LimitSettings
from tolerances import tolerance

MASSES = (30.0, 75.0, 120.0, 160.0)
LIMITS = {
    ("d20", "cuts", "profile"): [
        1.356216516e-10,
        3.059102378e-10,
        7.137200229e-10,
        3.181076069e-06,
    ],
    ("d20", "cuts", "marginal"): [
        1.314624353e-10,
        2.964004685e-10,
        6.913011958e-10,
        3.083421085e-06,
    ],
    ("d20", "no-cuts", "profile"): [
        1.148338994e-10,
        3.371970182e-10,
        8.248903157e-10,
        3.872903579e-06,
    ],
    ("d20", "no-cuts", "marginal"): [
        1.084041612e-10,
        3.190767995e-10,
        7.819261745e-10,
        3.692179521e-06,
    ],
    ("dmjax", "cuts", "profile"): [
        1.657777445e-10,
        4.672796166e-10,
        2.969545543e-09,
        2.844016895e-08,
    ],
    ("dmjax", "cuts", "marginal"): [
        1.606791012e-10,
        4.527029121e-10,
        2.876407065e-09,
        2.752886958e-08,
    ],
    ("dmjax", "no-cuts", "profile"): [
        1.321828213e-10,
        4.90423953e-10,
        3.344446555e-09,
        3.22074132e-08,
    ],
    ("dmjax", "no-cuts", "marginal"): [
        1.24922423e-10,
        4.645564099e-10,
        3.177510205e-09,
        3.058081609e-08,
    ],
}
"""(conventions, window, α profiled or integrated) → 90 % limits on Y at `MASSES`."""

THEN = {
    "transition_form_factors": False,
    "capture_phase_space": False,
    "two_term_form": False,
    "radiative_weak_charge": False,
}
"""What that stack's predictions were made without.

Its templates had other momentum nodes, so that numbers agree within the error of a template; with
one template they agreed to 1e-6.
"""


@pytest.mark.parametrize("case", LIMITS)
def test_limits_with_alpha_alone_are_what_they_were(case):
    profile, window, how = case
    asked = {"where": "csi2017", "m_v": MASSES, "window": window, "conventions": profile}
    asked |= {"source_errors": False, "choose": tuple(THEN.items())}
    if how == "marginal":
        asked |= {"integrate": "csi_signal"}
    found = run_limit(settle(LimitSettings, asked))
    wanted = np.array(LIMITS[case])
    assert found.off_term == "integral" and found.integrate == asked.get("integrate")
    # There Y followed the square root of the strength, without the branching ratio into χχ̄.
    signal = Signal(conventions=conventions(profile, **THEN))
    strengths = np.array(
        [float(strength_of(signal, m, y, 1e-10)) for m, y in zip(MASSES, found.limit, strict=True)]
    )
    assert np.allclose(1e-10 * np.sqrt(strengths), wanted, rtol=tolerance("template"), atol=0.0)
