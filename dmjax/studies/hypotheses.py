"""What is compared on CsI 2017: dark matter, NSI and backgrounds alone, with their priors."""

from typing import Any, NamedTuple

from dmjax._version import __version__
from dmjax.analyses.csi2017 import NAME
from dmjax.analyses.datasets import load_dataset
from dmjax.analyses.nsi2017 import csi2017_nsi
from dmjax.bayes.hypothesis import dark_hypothesis, joint_hypothesis
from dmjax.bayes.nested import Hypothesis
from dmjax.bayes.priors import DARK_PRIORS, dark_priors
from dmjax.errors import InputError, unknown_name
from dmjax.likelihood.joint import JointModel
from dmjax.prediction.tables import SignalTable, mass_nodes, signal_table
from dmjax.prediction.templates import at_index
from dmjax.studies.plan import configuration
from dmjax.studies.setting import (
    Setting,
    model_of,
    profile_of,
    searches_of,
    setting_of,
    signal_of,
)
from dmjax.studies.settings import EvidenceSettings, ModelOptions

SIGNALS = ("none", "dark-photon", "nsi")
_NODES = 400


class DarkSetting(NamedTuple):
    """Dark matter in the bins of a window.

    Attributes:
        setting: data set and signal.
        joint: with a signal of free strength.
        table: its templates against the mass.
    """

    setting: Setting
    joint: JointModel
    table: SignalTable


def check_evidence(settings: EvidenceSettings) -> None:
    """Raise InputError unless there is something to compare, with enough points and good priors."""
    if settings.dataset != NAME:
        raise unknown_name("data set with evidences", settings.dataset, (NAME,))
    for name in settings.signals:
        if name not in SIGNALS:
            raise unknown_name("signal", name, SIGNALS)
    if settings.live < 20 or settings.draws < 100:
        raise InputError(
            "nested sampling needs at least 20 live points and 100 draws, got "
            f"{settings.live} and {settings.draws}"
        )
    if not (settings.signals and settings.priors):
        raise InputError("name at least one signal and one prior")
    for choice in priors_of(settings):
        dark_priors(choice, settings.m_v_range, settings.y_range)


def priors_of(settings: EvidenceSettings) -> tuple[str, ...]:
    """Choices of priors; "all" for every one."""
    return tuple(DARK_PRIORS) if settings.priors == ("all",) else settings.priors


def window_of(settings: EvidenceSettings) -> str:
    """The window that is compared."""
    return settings.window or "no-cuts"


def dark_setting(settings: EvidenceSettings, window: str | None = None) -> DarkSetting:
    """Dark matter and data of a window (None: that of the settings)."""
    signal = signal_of(settings)
    if signal.coupling != "Y":
        raise InputError(f"evidences are of (m_V, Y), not of {signal.coupling}")
    options = ModelOptions(window=window or window_of(settings))
    setting = setting_of((settings.dataset,), options, signal)
    table = signal_table(searches_of(setting), signal, mass_nodes(*settings.m_v_range, _NODES))
    return DarkSetting(setting, model_of(setting, at_index(table.counts, 0)), table)


def hypotheses(settings: EvidenceSettings, dark: DarkSetting | None) -> dict[str, Hypothesis]:
    """Every hypothesis of the settings by name; `dark` once per prior, None: without."""
    found = {}
    if "none" in settings.signals:
        found["none"] = joint_hypothesis("none", backgrounds(settings))
    if dark is not None:
        for choice in priors_of(settings):
            name = f"dark-photon {choice}"
            priors = dark_priors(choice, settings.m_v_range, settings.y_range)
            found[name] = dark_hypothesis(dark.joint, dark.table, priors, name=name)
    if "nsi" in settings.signals:
        whole = load_dataset(settings.dataset, "no-cuts", profile_of(settings))
        model = csi2017_nsi(
            window_of(settings), settings.quarks, eps_range=settings.eps_range, data=whole
        )
        found["nsi"] = joint_hypothesis("nsi", JointModel(model))
    return found


def backgrounds(settings: EvidenceSettings) -> JointModel:
    """The data set without a signal."""
    options = ModelOptions(window=window_of(settings))
    setting = setting_of((settings.dataset,), options, None)
    data = load_dataset(settings.dataset, window_of(settings), profile_of(settings))
    return JointModel(setting.analyses[0].build(data=data))


def describe_evidence(settings: EvidenceSettings) -> dict[str, Any]:
    """Settings as saved, with every prior in words and the version."""
    stated = {
        choice: f"m_v {DARK_PRIORS[choice][0]} in {settings.m_v_range} MeV, "
        f"Y {DARK_PRIORS[choice][1]} in {settings.y_range}"
        for choice in priors_of(settings)
    }
    stated["nsi"] = f"eps_ee, eps_mumu uniform in {settings.eps_range}, quarks {settings.quarks}"
    stated["alpha"] = "normal, 0 +- 0.28, above -1"
    stated["window"] = window_of(settings)
    return configuration(settings) | {"prior_densities": stated, "version": __version__}
