"""Post-fit yields and spectra of a fit, as they are saved and drawn."""

import math
from typing import NamedTuple

import numpy as np

from dmjax.fits.fit import Fit
from dmjax.fits.postfit import axis_sums, projections
from dmjax.likelihood.count_model import CountModel
from dmjax.likelihood.joint import JointModel

TOTAL, OBSERVED = "total", "observed"

Yields = dict[str, dict[str, dict[str, float]]]
"""Data set → component, "total" or "observed" → value and error."""


class PostfitSpectrum(NamedTuple):
    """Counts along one axis of a data set after a fit.

    Attributes:
        axis: its name.
        edges: of its bins.
        data: counts.
        components: name → events.
        total, error: their sum, and its error; NaN where it is not known.
    """

    axis: str
    edges: np.ndarray
    data: np.ndarray
    components: dict[str, np.ndarray]
    total: np.ndarray
    error: np.ndarray

    def misfit(self) -> str | None:
        """What does not fit together, or None."""
        if self.edges.ndim != 1 or self.edges.size < 2 or not np.all(np.diff(self.edges) > 0.0):
            return "edges must be two or more that increase"
        columns = (self.data, self.total, self.error, *self.components.values())
        if any(one.shape != (self.edges.size - 1,) for one in columns):
            return "not one entry for each bin"
        known = (self.data, self.total, *self.components.values())
        return None if np.all(np.isfinite(known)) else "counts must be finite"


Spectra = dict[str, list[PostfitSpectrum]]
"""Data set → one for each axis."""


def postfit_of(joint: JointModel, best: Fit) -> tuple[Yields, Spectra]:
    """(yields, spectra) of a fit; both empty where a parameter is integrated, which no fit knows.

    Args:
        joint: the model that was fitted.
        best: its fit.

    Returns:
        Yields, with √n beside observed counts; data set → one spectrum per axis.
    """
    if joint.integrate is not None:
        return {}, {}
    yields: Yields = {}
    spectra: Spectra = {}
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
        PostfitSpectrum(
            axis=label,
            edges=np.asarray(edges, float),
            data=one.data,
            components=one.components,
            total=one.total,
            error=one.error,
        )
        for (label, edges), one in zip(model.axes, shown, strict=True)
    ]
    return rows, spectra
