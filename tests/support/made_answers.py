"""Small results of the verbs that answer what experiments publish beside limits."""

import numpy as np

from dmjax.recast.curve import Curve
from dmjax.scan.result import ScanResult
from dmjax.scan.status import STATUS_TEXT
from dmjax.studies.injecting import InjectionResult
from dmjax.studies.regions import RegionResult
from dmjax.studies.relic import RelicResult
from dmjax.studies.significance import SignificanceResult

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


def made_significance(**changes) -> SignificanceResult:
    """Three masses, with toys and the p-values expected of a signal."""
    q0 = np.array([0.0, 4.0, 1.0])
    p = np.array([0.5, 0.023, 0.159])
    made = COMMON | {
        "m_v": MASSES,
        "q0": q0,
        "z": np.sqrt(q0),
        "p_local": p,
        "best_fit": np.array([0.0, 1e-10, 2e-10]),
        "best_fit_events": np.array([0.0, 12.0, 5.0]),
        "expected_at": 1e-10,
        "expected": np.outer([0.01, 0.05, 0.2], [2.5, 1.6, 1.0, 0.5, 0.2]),
        "p_toys": p,
        "p_toys_error": 0.01 * np.ones(3),
        "best_m_v": 30.0,
        "largest": 4.0,
        "p_global": 0.06,
        "p_global_error": 0.01,
        "p_upcrossings": 0.055,
        "p_upcrossings_error": 0.004,
        "upcrossings": 0.2,
        "upcrossings_error": 0.02,
        "level": 1.0,
        "status": ["converged"] * 3,
        "toys": 100,
        "failed": 0,
    }
    return SignificanceResult(**(made | changes))


def made_injection(**changes) -> InjectionResult:
    """Two injected signals."""
    pair = np.array([0.2, 0.1])
    made = COMMON | {
        "m_v": 30.0,
        "events": np.array([0.0, 10.0]),
        "values": np.array([0.0, 1e-10]),
        "fitted": np.array([2.0, 10.1]),
        "fitted_error": pair,
        "bias": np.array([2.0, 0.1]),
        "median": np.array([0.5, 9.9]),
        "pull": np.array([0.4, 0.0]),
        "pull_error": pair,
        "width": np.array([0.6, 1.0]),
        "width_error": pair,
        "at_zero": np.array([0.5, 0.0]),
        "levels": (0.6827, 0.9),
        "coverage": np.array([[0.8, 0.95], [0.68, 0.9]]),
        "coverage_error": 0.01 * np.ones((2, 2)),
        "toys": 100,
        "failed": [0, 1],
    }
    return InjectionResult(**(made | changes))


def made_relic(**changes) -> RelicResult:
    """Three masses, the last without a target."""
    made = {
        "quantity": "eps",
        "omega_h2": 0.12,
        "signal": SIGNAL | {"splitting": 0.0},
        "m_chi": np.array([3.0, 20.0, 100.0]),
        "m_v": np.array([9.0, 60.0, 300.0]),
        "coupling": np.array([1e-5, 4e-5, np.inf]),
        "y": np.array([1e-13, 2e-12, np.inf]),
        "relative_error": np.array([0.2, 0.2, 0.3]),
        "p_ann": np.array([1e-23, 2e-24, np.nan]),
        "cmb_y": np.array([3e-18, 3e-16, np.inf]),
        "status": ["ok", "ok", "no coupling"],
        "caveats": ["about 20 %"],
        "configuration": {"chi_masses": [3.0, 20.0, 100.0]},
    }
    return RelicResult(**(made | changes))


def made_spectrum() -> dict:
    """Post-fit counts along one axis."""
    parts = {"signal": [1.0, 2.0], "steady": [5.0, 4.0], "own": [1.0, 1.0]}
    made = {"axis": "time_us", "edges": [0.0, 1.0, 3.0], "data": [8.0, 6.0], "components": parts}
    return made | {"total": [7.0, 7.0], "error": [1.0, None]}


def made_scan(**changes) -> ScanResult:
    """Three masses of V and two of χ, one point of which is closed."""
    made = COMMON | {
        "meaning": "upper limit at 90 % C.L. (chi2)",
        "axes": {
            "m_v": {"values": MASSES.tolist(), "unit": "MeV"},
            "m_chi": {"values": [3.0, 6.0], "unit": "MeV"},
        },
        "value": np.array([1e-10, np.nan, 3e-10, 4e-10, 5e-10, 6e-10]),
        "status": np.array([0, 4, 0, 0, 0, 0]),
        "status_text": list(STATUS_TEXT),
        "best_fit": np.array([0.0, np.nan, 1e-10, 1e-10, 1e-10, 1e-10]),
        "q0": np.array([0.0, np.nan, 1.0, 1.0, 1.2, 1.2]),
        "chunks": (2, 2),
    }
    return ScanResult(**(made | changes))


def made_curve(**changes) -> Curve:
    """Two pieces with a band."""
    y = np.array([1e-4, 2e-4, 3e-4])
    made = {
        "name": "mine",
        "label": "Mine",
        "x": np.array([10.0, 20.0, 40.0]),
        "y": y,
        "x_quantity": "m_V",
        "y_quantity": "eps",
        "low": 0.5 * y,
        "high": 2.0 * y,
        "piece": np.array([0, 0, 1]),
        "model": "dark-photon",
        "dm": "scalar",
        "alpha_d": 0.5,
        "mass_ratio": 3.0,
        "cl": 0.9,
        "made": "electron",
        "detected": "invisible",
        "target": {},
        "provenance": "made",
        "source": "a test",
        "licence": "MIT",
        "notes": ["made for a test"],
        "configuration": {"curve": "mine"},
    }
    return Curve(**(made | changes))


MADE = {
    "curve": made_curve,
    "scan": made_scan,
    "regions": made_regions,
    "relic": made_relic,
    "significance": made_significance,
    "injection": made_injection,
}
"""Kind → a function that makes one."""
