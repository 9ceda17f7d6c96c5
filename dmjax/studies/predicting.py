"""`predict` of settings: a detector, a model point, and what is asked of them."""

from dataclasses import replace
from pathlib import Path

from dmjax.analyses.missing_energy import names_missing
from dmjax.errors import InputError
from dmjax.experiments import experiment
from dmjax.experiments.missing_energy import missing_energy
from dmjax.experiments.missing_layout import SIGNATURE
from dmjax.models import VectorMediator
from dmjax.models.vector import check_masses
from dmjax.prediction.missing_prediction import predict_missing
from dmjax.prediction.points import chi_mass, point_of
from dmjax.prediction.predict import Prediction, predict
from dmjax.prediction.signal import EVENTS, Signal
from dmjax.scattering import Nsi
from dmjax.scattering import nsi as make_nsi
from dmjax.store.progress import Say, nothing
from dmjax.studies.plan import configuration
from dmjax.studies.setting import check_signature, signal_of
from dmjax.studies.settings import PredictSettings

OF_DETECTORS = (
    "pot",
    "background",
    "cuts",
    "all_windows",
    "recoil_min",
    "recoil_max",
    "time_max",
    "efficiency",
    "isotropic",
    "nsi",
    "nsi_mass",
)
"""Options that only detectors of recoils use."""


def run_predict(
    settings: PredictSettings, out: Path | None = None, say: Say = nothing
) -> Prediction:
    """Expected events of one model point, and every background.

    Args:
        settings: detector, point, window.
        out, say: not used: a prediction is short.
    """
    signal, coupling = _quoted(settings)
    if not signal.double:
        check_masses(settings.mass, float(chi_mass(signal, settings.mass)), signal.splitting)
    else:
        check_masses(settings.mass, 1.0, role="scatterer")
    if names_missing(settings.experiment):
        return _missing(settings, signal, coupling)
    found = predict(
        experiment(settings.experiment, isotropic=settings.isotropic),
        point_of(signal, settings.mass, coupling),
        conventions=signal.conventions,
        channels=signal.channels,
        pot=settings.pot,
        cuts=settings.cuts,
        all_windows=settings.all_windows,
        recoil_min=settings.recoil_min,
        recoil_max=settings.recoil_max,
        time_max=settings.time_max,
        efficiency=settings.efficiency,
        nsi=_nsi(settings),
        background=settings.background,
    )
    return replace(found, configuration=configuration(settings))


def _missing(settings: PredictSettings, signal: Signal, coupling: float) -> Prediction:
    """Of a search for missing energy, which uses no option of detectors."""
    name, usual = settings.experiment, PredictSettings(experiment="", mass=settings.mass)
    for option in OF_DETECTORS:
        if getattr(settings, option) != getattr(usual, option):
            raise InputError(f"{option} has no effect on missing energy: {name}")
    check_signature((SIGNATURE,), signal, (name,))
    point = point_of(signal, settings.mass, coupling)
    assert isinstance(point, VectorMediator)
    found = predict_missing(missing_energy(name), point)
    return replace(found, configuration=configuration(settings))


def _quoted(settings: PredictSettings) -> tuple[Signal, float]:
    """The signal, and its coupling as ε or g."""
    if settings.model == EVENTS:
        raise InputError("model 'events' has no physics to predict: name a model")
    if settings.coupling is not None:
        raise InputError("coupling chooses what limits are quoted in: predict takes eps or g")
    plain = signal_of(settings)
    wanted = "eps" if settings.model == "dark-photon" and settings.charges is None else "g"
    given = {"eps": settings.eps, "g": settings.g}
    value = given.pop(wanted)
    name = "custom" if settings.charges is not None else settings.model
    if value is None or any(other is not None for other in given.values()):
        raise InputError(f"model '{name}' takes its coupling as {wanted}, and only that")
    if not 0.0 < value < float("inf"):
        raise InputError(f"{wanted} must be finite and positive, got {value:g}")
    quoted = "kappa_V" if plain.double and wanted == "g" else wanted
    return signal_of(settings, coupling=quoted), value


def _nsi(settings: PredictSettings) -> Nsi | None:
    """NSI from ("ee.u", 0.1) pairs."""
    if settings.nsi is None:
        return None
    strengths: dict[str, dict[str, float]] = {}
    for key, value in settings.nsi:
        flavours, dot, quark = key.partition(".")
        if not dot:
            raise InputError(f"nsi names flavours and quark, e.g. ee.u=0.1, got '{key}'")
        strengths.setdefault(flavours, {})[quark] = value
    return make_nsi(strengths, mediator_mass=settings.nsi_mass)
