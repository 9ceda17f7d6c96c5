"""Differentiable likelihoods for light dark matter at stopped-pion and beam-dump experiments.

Names load on first use, so that `import dmjax` (and the command line's `--help`) stays light.
Nothing here changes JAX's configuration: enable x64 yourself before you fit. On machines with few
cores the import asks for more threads than cores; see `dmjax.threads`.
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

from dmjax._version import __version__ as __version__
from dmjax.threads import ensure_threads

ensure_threads()

if TYPE_CHECKING:
    from dmjax.analyses.catalogue import Analysis as Analysis
    from dmjax.analyses.catalogue import dataset as dataset
    from dmjax.answers import inject as inject
    from dmjax.answers import regions as regions
    from dmjax.answers import relic as relic
    from dmjax.answers import significance as significance
    from dmjax.comparing import explore as explore
    from dmjax.comparing import export_curve as export_curve
    from dmjax.comparing import plot_world as plot_world
    from dmjax.comparing import recast as recast
    from dmjax.conventions import Conventions as Conventions
    from dmjax.conventions import conventions as conventions
    from dmjax.cuts.cuts_result import CutsResult as CutsResult
    from dmjax.cuts.design_result import DesignResult as DesignResult
    from dmjax.data.releases import add_release as add_release
    from dmjax.errors import InputError as InputError
    from dmjax.experiments import Experiment as Experiment
    from dmjax.experiments import experiment as experiment
    from dmjax.export.functions import functions_of as functions_of
    from dmjax.export.pyhf_import import import_pyhf as import_pyhf
    from dmjax.fits.diagnostics import DiagnosisResult as DiagnosisResult
    from dmjax.likelihood.count_model import CountModel as CountModel
    from dmjax.likelihood.joint import JointModel as JointModel
    from dmjax.likelihood.parameters import Parameter as Parameter
    from dmjax.models import Charges as Charges
    from dmjax.models import Coupling as Coupling
    from dmjax.models import DoubleMediator as DoubleMediator
    from dmjax.models import VectorMediator as VectorMediator
    from dmjax.models import convert as convert
    from dmjax.models import double_mediator as double_mediator
    from dmjax.models import lifetime_ns as lifetime_ns
    from dmjax.models import mediator as mediator
    from dmjax.planning import design as design
    from dmjax.planning import optimize_cuts as optimize_cuts
    from dmjax.prediction.events import events as events
    from dmjax.prediction.predict import predict as predict
    from dmjax.prediction.prediction import Prediction as Prediction
    from dmjax.prediction.search import Search as Search
    from dmjax.prediction.signal import Signal as Signal
    from dmjax.prediction.signal import signal as signal
    from dmjax.prediction.templates import SignalCounts as SignalCounts
    from dmjax.prediction.templates import templates as templates
    from dmjax.programs import keep_programs as keep_programs
    from dmjax.recast.curve import Curve as Curve
    from dmjax.scan.result import ScanResult as ScanResult
    from dmjax.scanning import merge as merge
    from dmjax.scanning import scan as scan
    from dmjax.scattering import Nsi as Nsi
    from dmjax.store.result import AbstractResult as AbstractResult
    from dmjax.studies.best_fit import FitResult as FitResult
    from dmjax.studies.check_result import CheckResult as CheckResult
    from dmjax.studies.counting import CountingResult as CountingResult
    from dmjax.studies.coverage import CoverageResult as CoverageResult
    from dmjax.studies.evidence import EvidenceResult as EvidenceResult
    from dmjax.studies.injecting import InjectionResult as InjectionResult
    from dmjax.studies.limit_result import LimitResult as LimitResult
    from dmjax.studies.load import load as load
    from dmjax.studies.nsi import NsiResult as NsiResult
    from dmjax.studies.posterior_result import PosteriorResult as PosteriorResult
    from dmjax.studies.regions import RegionResult as RegionResult
    from dmjax.studies.relic import RelicResult as RelicResult
    from dmjax.studies.significance import SignificanceResult as SignificanceResult
    from dmjax.studies.toys import ToyResult as ToyResult
    from dmjax.studies.whole_fit import WholeFitResult as WholeFitResult
    from dmjax.verbs import check as check
    from dmjax.verbs import coverage as coverage
    from dmjax.verbs import diagnose as diagnose
    from dmjax.verbs import evidence as evidence
    from dmjax.verbs import export_hepdata as export_hepdata
    from dmjax.verbs import export_pyhf as export_pyhf
    from dmjax.verbs import fit as fit
    from dmjax.verbs import info as info
    from dmjax.verbs import limit as limit
    from dmjax.verbs import nsi as nsi
    from dmjax.verbs import plot as plot
    from dmjax.verbs import posterior as posterior
    from dmjax.verbs import reproduce as reproduce
    from dmjax.verbs import toys as toys

_HOMES = {
    "AbstractResult": "dmjax.store.result",
    "Analysis": "dmjax.analyses.catalogue",
    "Charges": "dmjax.models",
    "CheckResult": "dmjax.studies.check_result",
    "Conventions": "dmjax.conventions",
    "CountModel": "dmjax.likelihood.count_model",
    "Coupling": "dmjax.models",
    "CountingResult": "dmjax.studies.counting",
    "CoverageResult": "dmjax.studies.coverage",
    "Curve": "dmjax.recast.curve",
    "CutsResult": "dmjax.cuts.cuts_result",
    "DesignResult": "dmjax.cuts.design_result",
    "DiagnosisResult": "dmjax.fits.diagnostics",
    "DoubleMediator": "dmjax.models",
    "EvidenceResult": "dmjax.studies.evidence",
    "Experiment": "dmjax.experiments",
    "FitResult": "dmjax.studies.best_fit",
    "InjectionResult": "dmjax.studies.injecting",
    "InputError": "dmjax.errors",
    "JointModel": "dmjax.likelihood.joint",
    "LimitResult": "dmjax.studies.limit_result",
    "Nsi": "dmjax.scattering",
    "NsiResult": "dmjax.studies.nsi",
    "Parameter": "dmjax.likelihood.parameters",
    "PosteriorResult": "dmjax.studies.posterior_result",
    "Prediction": "dmjax.prediction.prediction",
    "RegionResult": "dmjax.studies.regions",
    "RelicResult": "dmjax.studies.relic",
    "ScanResult": "dmjax.scan.result",
    "Search": "dmjax.prediction.search",
    "Signal": "dmjax.prediction.signal",
    "SignalCounts": "dmjax.prediction.templates",
    "SignificanceResult": "dmjax.studies.significance",
    "ToyResult": "dmjax.studies.toys",
    "VectorMediator": "dmjax.models",
    "WholeFitResult": "dmjax.studies.whole_fit",
    "add_release": "dmjax.data.releases",
    "check": "dmjax.verbs",
    "conventions": "dmjax.conventions",
    "convert": "dmjax.models",
    "coverage": "dmjax.verbs",
    "dataset": "dmjax.analyses.catalogue",
    "design": "dmjax.planning",
    "diagnose": "dmjax.verbs",
    "double_mediator": "dmjax.models",
    "events": "dmjax.prediction.events",
    "evidence": "dmjax.verbs",
    "experiment": "dmjax.experiments",
    "explore": "dmjax.comparing",
    "export_curve": "dmjax.comparing",
    "export_hepdata": "dmjax.verbs",
    "export_pyhf": "dmjax.verbs",
    "fit": "dmjax.verbs",
    "functions_of": "dmjax.export.functions",
    "import_pyhf": "dmjax.export.pyhf_import",
    "info": "dmjax.verbs",
    "inject": "dmjax.answers",
    "keep_programs": "dmjax.programs",
    "lifetime_ns": "dmjax.models",
    "limit": "dmjax.verbs",
    "load": "dmjax.studies.load",
    "mediator": "dmjax.models",
    "merge": "dmjax.scanning",
    "nsi": "dmjax.verbs",
    "optimize_cuts": "dmjax.planning",
    "plot": "dmjax.verbs",
    "plot_world": "dmjax.comparing",
    "posterior": "dmjax.verbs",
    "predict": "dmjax.prediction.predict",
    "recast": "dmjax.comparing",
    "regions": "dmjax.answers",
    "relic": "dmjax.answers",
    "reproduce": "dmjax.verbs",
    "scan": "dmjax.scanning",
    "signal": "dmjax.prediction.signal",
    "significance": "dmjax.answers",
    "templates": "dmjax.prediction.templates",
    "toys": "dmjax.verbs",
}

__all__ = [
    "AbstractResult",
    "Analysis",
    "Charges",
    "CheckResult",
    "Conventions",
    "CountModel",
    "CountingResult",
    "Coupling",
    "CoverageResult",
    "Curve",
    "CutsResult",
    "DesignResult",
    "DiagnosisResult",
    "DoubleMediator",
    "EvidenceResult",
    "Experiment",
    "FitResult",
    "InjectionResult",
    "InputError",
    "JointModel",
    "LimitResult",
    "Nsi",
    "NsiResult",
    "Parameter",
    "PosteriorResult",
    "Prediction",
    "RegionResult",
    "RelicResult",
    "ScanResult",
    "Search",
    "Signal",
    "SignalCounts",
    "SignificanceResult",
    "ToyResult",
    "VectorMediator",
    "WholeFitResult",
    "__version__",
    "add_release",
    "check",
    "conventions",
    "convert",
    "coverage",
    "dataset",
    "design",
    "diagnose",
    "double_mediator",
    "events",
    "evidence",
    "experiment",
    "explore",
    "export_curve",
    "export_hepdata",
    "export_pyhf",
    "fit",
    "functions_of",
    "import_pyhf",
    "info",
    "inject",
    "keep_programs",
    "lifetime_ns",
    "limit",
    "load",
    "mediator",
    "merge",
    "nsi",
    "optimize_cuts",
    "plot",
    "plot_world",
    "posterior",
    "predict",
    "recast",
    "regions",
    "relic",
    "reproduce",
    "scan",
    "signal",
    "significance",
    "templates",
    "toys",
]


class _Package(ModuleType):
    """A package whose public names win over submodules of the same name (conventions, scan, …).

    The import system sets every imported submodule as an attribute of its package.
    """

    def __setattr__(self, name: str, value: object) -> None:
        if not (name in _HOMES and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package


def __getattr__(name: str):
    if name not in _HOMES:
        raise AttributeError(f"module 'dmjax' has no attribute '{name}'")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return __all__
