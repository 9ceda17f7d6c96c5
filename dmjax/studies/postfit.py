"""Post-fit yields and spectra of a fit, as they are saved and drawn."""

import math
from typing import Any

import numpy as np

from dmjax.fits.fit import Fit
from dmjax.fits.postfit import axis_sums, projections
from dmjax.likelihood.count_model import CountModel
from dmjax.likelihood.joint import JointModel

TOTAL, OBSERVED = "total", "observed"

Yields = dict[str, dict[str, dict[str, float]]]
"""Data set → component, "total" or "observed" → value and error."""


def postfit_of(joint: JointModel, best: Fit) -> tuple[Yields, dict[str, list[dict[str, Any]]]]:
    """(yields, spectra) of a fit; both empty where a parameter is integrated, which no fit knows.

    Args:
        joint: the model that was fitted.
        best: its fit.

    Returns:
        Yields, with √n beside observed counts; data set → one spectrum per axis: axis, edges,
        data, components, total, error.
    """
    if joint.integrate is not None:
        return {}, {}
    yields: Yields = {}
    spectra: dict[str, list[dict[str, Any]]] = {}
    for model in joint.models:
        yields[model.name], spectra[model.name] = _of_model(joint, best, model)
    return yields, spectra


def _of_model(joint: JointModel, best: Fit, model: CountModel):
    sums = axis_sums(model)
    whole, *shown = projections(
        joint, best, model, [np.ones((1, model.observed.on.size)), *sums.values()]
    )
    rows = {
        name: {"value": float(x[0]), "error": float(whole.component_errors[name][0])}
        for name, x in whole.components.items()
    }
    rows[TOTAL] = {"value": float(whole.total[0]), "error": float(whole.error[0])}
    count = float(whole.data[0])
    rows[OBSERVED] = {"value": count, "error": math.sqrt(count)}
    spectra = [
        {
            "axis": label,
            "edges": list(edges),
            "data": one.data.tolist(),
            "components": {name: x.tolist() for name, x in one.components.items()},
            "total": one.total.tolist(),
            "error": one.error.tolist(),
        }
        for (label, edges), one in zip(model.axes, shown, strict=True)
    ]
    return rows, spectra
