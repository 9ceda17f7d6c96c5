"""Differentiable likelihoods for light dark matter at stopped-pion and beam-dump experiments.

Names load on first use, so that `import dmjax` (and the command line's `--help`) stays light.
Nothing here changes JAX's configuration: enable x64 yourself before you fit.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from dmjax._version import __version__ as __version__

if TYPE_CHECKING:
    from dmjax.combined import DarkPhoton as DarkPhoton
    from dmjax.combined import fit_datasets as fit_datasets
    from dmjax.errors import InputError as InputError
    from dmjax.experiments import Experiment as Experiment
    from dmjax.experiments import experiment as experiment
    from dmjax.fitting import FitSettings as FitSettings
    from dmjax.fitting import run_fit as run_fit
    from dmjax.inference.counting import counting as counting
    from dmjax.inference.curve import limit as limit
    from dmjax.likelihood.analyses import analysis as analysis
    from dmjax.likelihood.count_model import CountModel as CountModel
    from dmjax.likelihood.datasets import load_dataset as load_dataset
    from dmjax.likelihood.joint import JointModel as JointModel
    from dmjax.likelihood.parameters import Parameter as Parameter
    from dmjax.likelihood.signal import signal as signal
    from dmjax.models import Charges as Charges
    from dmjax.models import DoubleMediator as DoubleMediator
    from dmjax.models import VectorMediator as VectorMediator
    from dmjax.models import convert as convert
    from dmjax.models import double_mediator as double_mediator
    from dmjax.models import lifetime_ns as lifetime_ns
    from dmjax.models import mediator as mediator
    from dmjax.prediction import predict as predict
    from dmjax.profiles import Conventions as Conventions
    from dmjax.profiles import conventions as conventions
    from dmjax.scattering import nsi as nsi

_HOMES = {
    "Charges": "dmjax.models",
    "Conventions": "dmjax.profiles",
    "CountModel": "dmjax.likelihood.count_model",
    "DarkPhoton": "dmjax.combined",
    "DoubleMediator": "dmjax.models",
    "Experiment": "dmjax.experiments",
    "FitSettings": "dmjax.fitting",
    "InputError": "dmjax.errors",
    "JointModel": "dmjax.likelihood.joint",
    "Parameter": "dmjax.likelihood.parameters",
    "VectorMediator": "dmjax.models",
    "analysis": "dmjax.likelihood.analyses",
    "conventions": "dmjax.profiles",
    "convert": "dmjax.models",
    "counting": "dmjax.inference.counting",
    "double_mediator": "dmjax.models",
    "experiment": "dmjax.experiments",
    "fit_datasets": "dmjax.combined",
    "lifetime_ns": "dmjax.models",
    "limit": "dmjax.inference.curve",
    "load_dataset": "dmjax.likelihood.datasets",
    "mediator": "dmjax.models",
    "nsi": "dmjax.scattering",
    "predict": "dmjax.prediction",
    "run_fit": "dmjax.fitting",
    "signal": "dmjax.likelihood.signal",
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


def __getattr__(name: str):
    if name not in _HOMES:
        raise AttributeError(f"module 'dmjax' has no attribute '{name}'")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return __all__
