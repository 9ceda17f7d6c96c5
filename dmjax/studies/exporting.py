"""`export pyhf` of settings: the likelihood of data sets as a workspace."""

import math
from typing import NamedTuple

from dmjax.errors import InputError
from dmjax.fits.fit import Fit, best_fit
from dmjax.fits.goodness import profiled
from dmjax.likelihood.joint import JointModel
from dmjax.likelihood.parameters import index_of
from dmjax.studies.best_fit import fitted_model
from dmjax.studies.setting import strength_at
from dmjax.studies.settings import PyhfSettings


class ToExport(NamedTuple):
    """What is exported.

    Attributes:
        joint: the model, with its off measurements profiled.
        units: free parameter → its value that is written as 1.
        best: the best fit, where the unit of the signal follows from it.
    """

    joint: JointModel
    units: dict[str, float]
    best: Fit | None


def to_export(settings: PyhfSettings) -> ToExport:
    """The joint model of settings, and the strength that is written as 1.

    It is that of the coupling given, times the power of ten that brings the error of the fitted
    strength near 1: minimisers of other programs stop early, or nowhere, where it is far from it.
    """
    setting, joint = fitted_model(settings.where, settings, settings.mass)
    joint = profiled(joint)
    if settings.mass is None or setting.signal is None:
        return ToExport(joint, {}, None)
    value = settings.reference
    if value is not None and not 0.0 < value < float("inf"):
        raise InputError(f"--y must be a number above 0, got {value:g}")
    one = 1.0 if value is None else strength_at(setting, settings.mass, value)
    best = best_fit(joint)
    error = float(best.errors[index_of(joint.parameters.names, "signal")])
    far = error / one if 0.0 < error < float("inf") else 1.0
    return ToExport(joint, {"signal": one * 10.0 ** round(math.log10(far))}, best)
