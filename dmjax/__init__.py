"""Differentiable likelihoods for light dark matter at stopped-pion and beam-dump experiments.

Names load on first use, so that `import dmjax` (and the command line's `--help`) stays light.
Nothing here changes JAX's configuration: enable x64 yourself before you fit.
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

from dmjax._version import __version__ as __version__

if TYPE_CHECKING:
    from dmjax.analyses.catalogue import analysis as analysis
    from dmjax.analyses.datasets import load_dataset as load_dataset
    from dmjax.analyses.signal import signal as signal
    from dmjax.conventions import Conventions as Conventions
    from dmjax.conventions import conventions as conventions
    from dmjax.errors import InputError as InputError
    from dmjax.experiments import Experiment as Experiment
    from dmjax.experiments import experiment as experiment
    from dmjax.likelihood.count_model import CountModel as CountModel
    from dmjax.likelihood.joint import JointModel as JointModel
    from dmjax.likelihood.parameters import Parameter as Parameter
    from dmjax.limits.curve import limit as limit
    from dmjax.models import Charges as Charges
    from dmjax.models import DoubleMediator as DoubleMediator
    from dmjax.models import VectorMediator as VectorMediator
    from dmjax.models import convert as convert
    from dmjax.models import double_mediator as double_mediator
    from dmjax.models import lifetime_ns as lifetime_ns
    from dmjax.models import mediator as mediator
    from dmjax.prediction.events import events as events
    from dmjax.prediction.predict import predict as predict
    from dmjax.scattering import nsi as nsi
    from dmjax.studies.best_fit import DarkPhoton as DarkPhoton
    from dmjax.studies.best_fit import fit_datasets as fit_datasets
    from dmjax.studies.counting import counting as counting
    from dmjax.studies.whole_fit import FitSettings as FitSettings
    from dmjax.studies.whole_fit import run_fit as run_fit

_HOMES = {
    "Charges": "dmjax.models",
    "Conventions": "dmjax.conventions",
    "CountModel": "dmjax.likelihood.count_model",
    "DarkPhoton": "dmjax.studies.best_fit",
    "DoubleMediator": "dmjax.models",
    "Experiment": "dmjax.experiments",
    "FitSettings": "dmjax.studies.whole_fit",
    "InputError": "dmjax.errors",
    "JointModel": "dmjax.likelihood.joint",
    "Parameter": "dmjax.likelihood.parameters",
    "VectorMediator": "dmjax.models",
    "analysis": "dmjax.analyses.catalogue",
    "conventions": "dmjax.conventions",
    "convert": "dmjax.models",
    "counting": "dmjax.studies.counting",
    "double_mediator": "dmjax.models",
    "events": "dmjax.prediction.events",
    "experiment": "dmjax.experiments",
    "fit_datasets": "dmjax.studies.best_fit",
    "lifetime_ns": "dmjax.models",
    "limit": "dmjax.limits.curve",
    "load_dataset": "dmjax.analyses.datasets",
    "mediator": "dmjax.models",
    "nsi": "dmjax.scattering",
    "predict": "dmjax.prediction.predict",
    "run_fit": "dmjax.studies.whole_fit",
    "signal": "dmjax.analyses.signal",
}

__all__ = [
    "Charges",
    "Conventions",
    "CountModel",
    "DarkPhoton",
    "DoubleMediator",
    "Experiment",
    "FitSettings",
    "InputError",
    "JointModel",
    "Parameter",
    "VectorMediator",
    "__version__",
    "analysis",
    "conventions",
    "convert",
    "counting",
    "double_mediator",
    "events",
    "experiment",
    "fit_datasets",
    "lifetime_ns",
    "limit",
    "load_dataset",
    "mediator",
    "nsi",
    "predict",
    "run_fit",
    "signal",
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
