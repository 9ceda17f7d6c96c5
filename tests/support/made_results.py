"""Small results of every kind, as studies make them."""

import numpy as np

import made_answers
import made_choices
from dmjax.bayes.evidence import BayesFactor
from dmjax.bayes.hypothesis import MassFit
from dmjax.fits.compatibility import Compatibility
from dmjax.fits.diagnostics import Correlations, DiagnosisResult, Impacts, Pulls
from dmjax.fits.goodness import GoodnessOfFit
from dmjax.prediction.prediction import Prediction
from dmjax.studies.best_fit import FitResult
from dmjax.studies.check_result import CheckResult
from dmjax.studies.counting import Counting, CountingResult
from dmjax.studies.coverage import CoverageResult
from dmjax.studies.dark_regions import DarkRegions
from dmjax.studies.evidence import EvidenceResult
from dmjax.studies.limit_result import LimitResult
from dmjax.studies.nsi import NsiResult
from dmjax.studies.nsi_fit import NsiMinimum, RegionFit
from dmjax.studies.posterior_result import PosteriorResult
from dmjax.studies.toys import ToyResult
from dmjax.studies.whole_fit import WholeFitResult

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


def made_fit() -> FitResult:
    value = {"value": 16.5, "error": 338.0, "lower": None, "upper": 350.0}
    return FitResult(
        datasets=["ccm120"],
        fitted="none",
        m_v=None,
        parameters={"n_excess": value, "ccm": value | {"error": np.inf}},
        significance={"n_excess": 0.05},
        yields={"ccm120": {"excess": {"value": 16.5, "error": np.inf}}},
        spectra={"ccm120": [made_answers.made_spectrum()]},
        two_nll=12.5,
        status="converged",
        quantity=None,
        best_coupling=None,
        off_term=None,
        integrate=None,
        signal=None,
        conventions=None,
        configuration={"where": ["ccm120"]},
    )


def made_diagnosis() -> DiagnosisResult:
    names = ("ccm", "eff")
    return DiagnosisResult(
        datasets=["ccm120"],
        status="converged",
        two_nll=12.5,
        goodness=GoodnessOfFit(1.2, 4, 3, 0.7, None, None, 0, 0),
        pulls=Pulls(names, np.array([0.1, -0.3]), np.array([0.9, np.nan])),
        correlations=Correlations(("n", *names), np.eye(3)),
        impacts=Impacts(
            "n", 9.0, 3.0, names, np.array([-1.0, 0.5]), np.array([1.0, -0.5]), ("ok", "ok")
        ),
    )


def made_nsi() -> NsiResult:
    regions = {
        region: RegionFit(region, 5, 10.0, 0.1, 8.0, 2.0, [NsiMinimum(0.1, 0.2, 0.0, 0.0)], "ok")
        for region in ("cuts", "no-cuts", "outside")
    }
    eps = np.linspace(-0.8, 1.2, 21)
    ring = 10.0 * (np.hypot(eps[:, None] - 0.2, eps[None, :] - 0.2) - 0.4) ** 2 * 10.0
    agree = Compatibility(3.0, 1.0, 2.0, 2, 0.37, 0.3)
    best = MassFit(30.0, 1e-10, 8.0, {"csi_signal": 0.1}, True)
    dark = DarkRegions({"cuts": best}, {"cuts": 2.0}, 1.0, 2.0, agree)
    return NsiResult(
        quarks="u",
        couplings="both",
        off_term="integral",
        regions=regions,
        cuts_at_no_cuts=1.0,
        no_cuts_at_cuts=2.0,
        compatibility=agree,
        eps=eps,
        maps={region: ring + i for i, region in enumerate(regions)},
        dark_photon=dark,
        configuration={"points": 21},
    )


def made_prediction() -> Prediction:
    counts = np.array([[3.0, 1.0], [1.0, 0.5], [0.1, 0.0]])
    return Prediction(
        experiment="coherent-csi",
        conventions="d20",
        conventions_changed={},
        model="dark-photon",
        dm="dirac",
        m_v=75.0,
        m_chi=25.0,
        m_x=None,
        couplings={"eps": 1e-4, "alpha_d": 0.5},
        lifetime_ns=np.inf,
        long_lived=False,
        pot=1e23,
        efficiency=True,
        channels={"pi0": 5.0, "piminus": 0.6},
        total=5.6,
        numerical_error=3e-3,
        background={"prompt": 7.0, "steady state": 0.0},
        energy_edges_kev=np.array([5.0, 15.0, 30.0, 2000.0]),
        time_edges_us=np.array([0.0, 1.5, 6.0]),
        counts=counts,
        background_counts={"prompt": counts * 1.25, "steady state": np.zeros((3, 2))},
    )


def made_check() -> CheckResult:
    counts = np.array([[3.0, 1.0], [1.0, 0.5], [0.1, 0.0]])
    parts = {"prompt": counts, "delayed": 2.0 * counts, "steady": np.ones((3, 2))}
    return CheckResult(
        experiment="mine.toml",
        title="10 kg of germanium",
        beam="SNS",
        recoil="nucleus",
        observable="keVee",
        nuclei={"Ge72": 0.4, "Ge74": 0.6},
        mass_kg=10.0,
        distance_m=20.0,
        angle_deg=90.0,
        pot=1.5e23,
        years=1.0,
        neutrinos_per_pot=0.08,
        events={name: float(n.sum()) for name, n in parts.items()},
        kinds={"prompt": "neutrino", "delayed": "neutrino", "steady": "steady"},
        errors={"prompt": 0.1, "delayed": 0.1, "steady": 0.0},
        recoil_kev=np.geomspace(0.1, 100.0, 7),
        mean=np.geomspace(0.01, 30.0, 7),
        light_kevee=np.geomspace(0.01, 30.0, 7),
        accepted=np.array([0.0, 0.0, 0.1, 0.8, 0.9, 0.9, 0.0]),
        threshold_kev=2.5,
        energy_edges=np.array([0.5, 1.0, 4.0, 20.0]),
        time_edges_us=np.array([0.0, 1.5, 6.0]),
        background_counts=parts,
        assumed=["beam: pulse"],
        warnings=["no neutrino is expected in any bin"],
        configuration={"experiment": "mine.toml"},
    )


def made_posterior() -> PosteriorResult:
    random = np.random.default_rng(1)
    quantiles = {"q16": 20.0, "q50": 40.0, "q84": 90.0, "q90": 120.0, "r_hat": None, "ess": 900.0}
    draws = {"m_v": (1.0, 200.0), "y": (1e-12, 1e-8)}
    return PosteriorResult(
        datasets=["csi2017"],
        method="nuts",
        quantity="Y",
        off_term="integral",
        parameters={"m_v": quantiles, "y": quantiles},
        converged=True,
        status="converged",
        draws=400,
        divergences=0,
        mean_steps=7.1,
        samples={
            name: np.exp(random.uniform(*np.log(ends), (2, 200))) for name, ends in draws.items()
        },
        signal=SIGNAL,
        conventions=CONVENTIONS,
        configuration={"seed": 1},
    )


def made_evidence() -> EvidenceResult:
    run = {"log_z": -49.4, "error": 0.1, "status": "converged", "effective": 800.0}
    return EvidenceResult(
        dataset="csi2017",
        window="cuts",
        runs={"none": run, "nsi": run | {"log_z": -51.0}},
        bayes_factors=[BayesFactor("nsi", "none", -1.6, 0.14)],
        grid={},
        prior_densities={"alpha": "normal"},
        converged=True,
        conventions=CONVENTIONS,
        configuration={"live": 100},
    )


_COUNTING = Counting(142, 105, 6.0, 14.2, 1.9, 14.9, 2.3, 4.7)


def made_counting() -> CountingResult:
    return CountingResult(
        dataset="csi2017",
        **_COUNTING._asdict(),
        results=[_COUNTING, _COUNTING._replace(r_n_fm=5.5)],
        conventions=CONVENTIONS,
        configuration={"counting": True},
    )


def made_whole_fit() -> WholeFitResult:
    best = {"best_m_v": 30.0, "best_y": 1e-10, "converged": True, "reasons": []}
    return WholeFitResult(
        counting=[_COUNTING],
        posterior={"cuts": best, "no-cuts": best},
        converged=True,
        conclusions=["cuts: Y < 1e-10 at 30 MeV"],
        folder="results/csi2017",
        conventions=CONVENTIONS,
        configuration={"draws": 60},
    )


MADE = (
    {
        "limit": made_limit,
        "toys": made_toys,
        "coverage": made_coverage,
        "fit": made_fit,
        "counting": made_counting,
        "whole_fit": made_whole_fit,
        "diagnosis": made_diagnosis,
        "nsi": made_nsi,
        "posterior": made_posterior,
        "evidence": made_evidence,
        "prediction": made_prediction,
        "check": made_check,
    }
    | made_answers.MADE
    | made_choices.MADE
)
"""Kind → a function that makes one."""
