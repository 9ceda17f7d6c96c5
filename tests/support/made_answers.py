"""Small results of the verbs that answer what experiments publish beside limits."""

import numpy as np

from dmjax.studies.regions import RegionResult

SIGNAL = {"model": "dark-photon", "dm": "dirac", "mass_ratio": 3.0, "alpha_d": 0.5}
COMMON = {
    "quantity": "Y",
    "conventions": {"name": "d20", "changed": {}},
    "configuration": {"seed": 2017},
    "datasets": ["csi2017"],
    "signal": SIGNAL,
}
MASSES = np.array([10.0, 30.0, 75.0])


def made_regions(**changes) -> RegionResult:
    """Three masses and four couplings; the best point inside."""
    couplings = np.geomspace(1e-11, 1e-8, 4)
    t = (np.log(MASSES / 30.0)[:, None] ** 2 + np.log(couplings / 1e-10)[None, :] ** 2).round(6)
    made = COMMON | {
        "method": "fc",
        "degrees": None,
        "levels": (0.68, 0.9),
        "m_v": MASSES,
        "coupling": couplings,
        "events": np.outer(np.ones(3), couplings * 1e11),
        "statistic": t,
        "p_value": np.exp(-0.5 * t),
        "p_error": 0.02 * np.ones(t.shape),
        "best_m_v": 30.0,
        "best_coupling": 1e-10,
        "best_events": 10.0,
        "null": 5.3,
        "p_null": 0.07,
        "p_null_error": 0.01,
        "status": "converged",
        "toys": 100,
        "failed": 2,
    }
    return RegionResult(**(made | changes))


MADE = {"regions": made_regions}
"""Kind → a function that makes one."""
