"""Small results of the verbs that choose windows and say what to improve."""

import numpy as np

from dmjax.cuts.cuts_result import STATUS, CutsResult
from dmjax.cuts.design_result import DesignResult
from made_answers import SIGNAL

COMMON = {
    "signal": SIGNAL,
    "conventions": {"name": "dmjax", "changed": {}},
    "configuration": {"cl": 0.9},
    "cl": 0.9,
    "cls": True,
}


def made_cuts(**changes) -> CutsResult:
    """Two masses, of which the second has no signal; two pulses."""
    window = [[0.0, 0.25], [0.54, 0.79]]
    made = COMMON | {
        "experiment": "jsns2",
        "objective": "limit",
        "counting": True,
        "quantity": "Y",
        "m_v": np.array([30.0, 900.0]),
        "energy_kev": np.array([[3e4, 2e5], [3e4, 1e6]]),
        "energy": np.array([[3e4, 2e5], [3e4, 1e6]]),
        "observable": "keV",
        "time_us": [window, window],
        "value": np.array([1e-10, np.inf]),
        "value_table5": np.array([1.2e-10, np.inf]),
        "gain": np.array([1.2, np.nan]),
        "status": [STATUS[0], STATUS[2]],
        "signal_events": np.array([3.1, np.nan]),
        "background_events": {"delayed": [0.5, 0.5]},
        "table5": {"energy_kev": [3e4, 1e6], "time_us": window},
        "learned": {
            "value": [0.9e-10, None],
            "all_bins": [0.8e-10, None],
            "all_bins_trusted": [True, True],
            "toys": {
                "learned": {
                    "median": [0.9e-10, None],
                    "low": [0.8e-10, None],
                    "high": [1e-10, None],
                    "covered": [0.9, None],
                }
            },
            "energy": [0.0, 1e6],
            "time_us": [0.0, 0.5, 1.0],
            "kept": [["10"], ["00"]],
        },
    }
    return CutsResult(**(made | changes))


def made_design(**changes) -> DesignResult:
    """Three knobs, a forecast and a place."""
    made = COMMON | {
        "experiment": "ccm-tight",
        "counting": True,
        "m_v": 75.0,
        "coupling": "Y",
        "value": 1e-10,
        "elasticities": {"mass": -0.4, "distance": 0.8, "background:neutrinos": 0.1},
        "background": {"neutrinos": 1.2},
        "signal_events": 3.0,
        "expected_at": 1e-9,
        "sigma_ln_m_v": 0.2,
        "sigma_ln_coupling": 0.3,
        "correlation": 0.9,
        "place": {"distance_m": 10.0, "angle_deg": 40.0, "value": 5e-11, "gain": 2.0},
    }
    return DesignResult(**(made | changes))


MADE = {"cuts": made_cuts, "design": made_design}
"""Kind → a function that makes one."""
