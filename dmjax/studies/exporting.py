"""`export pyhf` of settings: the likelihood of data sets as a workspace."""

from typing import Any, NamedTuple

from dmjax.errors import InputError
from dmjax.fits.goodness import profiled
from dmjax.likelihood.joint import JointModel
from dmjax.studies.best_fit import fitted_model
from dmjax.studies.setting import strength_at
from dmjax.studies.settings import PyhfSettings


class ToExport(NamedTuple):
    """What is exported.

    Attributes:
        joint: the model, with its off measurements profiled.
        units: free parameter → its value that is written as 1.
    """

    joint: JointModel
    units: dict[str, float]


def to_export(settings: PyhfSettings) -> ToExport:
    """The joint model of settings, and the strength that is written as 1."""
    setting, joint = fitted_model(settings.where, settings, settings.mass)
    units: dict[str, Any] = {}
    if settings.mass is not None and setting.signal is not None:
        value = settings.reference
        if value is not None and not 0.0 < value < float("inf"):
            raise InputError(f"--y must be a number above 0, got {value:g}")
        units["signal"] = 1.0 if value is None else strength_at(setting, settings.mass, value)
    return ToExport(profiled(joint), units)
