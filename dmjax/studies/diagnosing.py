"""`diagnose` of settings: goodness of fit, pulls, impacts and correlations of a best fit."""

from pathlib import Path

from dmjax.fits.diagnostics import Diagnosis, diagnose
from dmjax.store.progress import Say, nothing
from dmjax.studies.best_fit import fitted_model
from dmjax.studies.settings import DiagnoseSettings


def run_diagnose(
    settings: DiagnoseSettings, out: Path | None = None, say: Say = nothing
) -> Diagnosis:
    """Judge the best fit of data sets.

    Args:
        settings: data sets, a signal or none, parameter of interest, toys.
        out, say: not used.
    """
    _, joint = fitted_model(settings.where, settings, settings.mass)
    return diagnose(joint, settings.poi, settings.toys, settings.seed, settings.batch_size)
