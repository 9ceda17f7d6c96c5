"""Small results of every kind, as studies make them."""

import numpy as np

from dmjax.studies.coverage import CoverageResult
from dmjax.studies.limit_result import LimitResult
from dmjax.studies.toys import ToyResult

SIGNAL = {"model": "dark-photon", "dm": "dirac", "mass_ratio": 3.0, "alpha_d": 0.5}
SIGNAL |= {"channels": ["pi0", "piminus"]}
CONVENTIONS = {"name": "d20", "changed": {"width": "narrow"}}
MASSES = [30.0, 75.0, 200.0]
LIMIT = [1.7e-10, 4.7e-10, np.inf]
BANDS = np.array([1.0, 1.3, 2.0, 2.9, 4.1])
EXPECTED = np.outer([1e-10, 3e-10, np.inf], BANDS)
COMMON = {"quantity": "Y", "conventions": CONVENTIONS}


def made_limit(**changes) -> LimitResult:
    """A limit of three masses, the last of which has none."""
    zero = np.zeros(3)
    made = COMMON | {
        "method": "asymptotic",
        "cl": 0.9,
        "datasets": ["csi2017"],
        "signal": SIGNAL,
        "m_v": np.array(MASSES),
        "limit": np.array(LIMIT),
        "lower": zero,
        "limit_error": zero,
        "lower_error": zero,
        "sigmas": (-2.0, -1.0, 0.0, 1.0, 2.0),
        "expected": EXPECTED,
        "expected_error": np.zeros((3, 5)),
        "best_fit": np.array([1e-10, 3e-10, np.nan]),
        "best_fit_events": np.array([14.0, 15.0, np.nan]),
        "status": ["ok", "ok", "unconstrained"],
        "expected_status": [["ok"] * 5, ["ok"] * 5, ["unconstrained"] * 5],
        "toys": 0,
        "failed": [0, 0, 0],
        "configuration": {"window": "cuts", "systematics": False, "seed": 2017},
    }
    return LimitResult(**(made | changes))


def made_toys() -> ToyResult:
    return ToyResult(
        **COMMON,
        test="q0",
        datasets=["ccm120"],
        signal={"model": "events"},
        m_v=None,
        events=0.0,
        observed=0.002,
        p_value=0.47,
        p_error=0.03,
        asymptotic_p=0.48,
        quantiles={"0.5": 0.0, "0.9": 1.6},
        best_fit=16.5,
        toys=300,
        failed=0,
        status="ok",
        configuration={"toys": 300},
    )


def made_coverage() -> CoverageResult:
    return CoverageResult(
        **COMMON,
        method="fc",
        cl=0.9,
        datasets=["ccm120"],
        signal={"model": "events"},
        m_v=None,
        shift={"ccm_signal": 1.0},
        events=np.array([0.0, 400.0]),
        values=np.array([0.0, 400.0]),
        coverage=np.array([0.91, np.nan]),
        error=np.array([0.02, np.nan]),
        toys=150,
        failed=[0, 150],
        configuration={},
    )


MADE = {"limit": made_limit, "toys": made_toys, "coverage": made_coverage}
"""Kind → a function that makes one."""
