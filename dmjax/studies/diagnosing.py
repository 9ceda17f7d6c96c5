"""`diagnose` of settings: goodness of fit, pulls, impacts and correlations of a best fit."""

from dataclasses import replace
from pathlib import Path

from dmjax.fits.diagnostics import DiagnosisResult, diagnose
from dmjax.store.progress import Say, nothing
from dmjax.studies.best_fit import fitted_model
from dmjax.studies.plan import configuration
from dmjax.studies.setting import describe_setting
from dmjax.studies.settings import DiagnoseSettings


def run_diagnose(
    settings: DiagnoseSettings, out: Path | None = None, say: Say = nothing
) -> DiagnosisResult:
    """Judge the best fit of data sets.

    Args:
        settings: data sets, a signal or none, parameter of interest, toys.
        out, say: not used.
    """
    setting, joint = fitted_model(settings.where, settings, settings.mass)
    found = diagnose(joint, settings.poi, settings.toys, settings.seed, settings.batch_size)
    about = describe_setting(setting)
    return replace(
        found,
        signal=about.get("signal"),
        conventions=about.get("conventions"),
        configuration=configuration(settings),
    )
