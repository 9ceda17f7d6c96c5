"""What is asked of data sets along masses: a signal, its templates, the model and the data."""

from typing import Generic, NamedTuple, Protocol, TypeVar

import numpy as np

from dmjax.experiments.missing_energy import MissingEnergy
from dmjax.likelihood.joint import Data, JointModel, observed_data
from dmjax.limits.test_statistics import Strength, strength
from dmjax.prediction.signal import EVENTS
from dmjax.prediction.templates import AnySearch, at_index, signal_events, templates
from dmjax.prediction.validity import Detector
from dmjax.studies.setting import (
    DEFAULT_MASSES,
    Counts,
    Setting,
    model_of,
    needed_signal,
    searches_of,
)


class Masses(Protocol):
    """What settings say of masses."""

    @property
    def m_v(self) -> tuple[float, ...] | None:
        """[MeV]; None: `DEFAULT_MASSES`."""
        ...


Settings = TypeVar("Settings", bound=Masses)


class Asked(NamedTuple, Generic[Settings]):
    """A question about data sets, and what answers it.

    Attributes:
        setting, settings: what is asked.
        masses: [MeV]; none of a plain number of events.
        searches: the data sets' detectors in their bins.
        counts, joint, chosen, data: the signal at strength 1, model, its strength, data.
        events: signal events at strength 1, (masses,); one entry for a number of events.
    """

    setting: Setting
    settings: Settings
    masses: np.ndarray
    searches: tuple[AnySearch, ...]
    counts: Counts
    joint: JointModel
    chosen: Strength
    data: Data
    events: np.ndarray


def detectors_of(searches: tuple[AnySearch, ...]) -> list[Detector]:
    """What the notes of a result are asked about: detectors, or counts of missing energy."""
    return [one if isinstance(one, MissingEnergy) else one.experiment for one in searches]


def asked_of(setting: Setting, settings: Settings) -> Asked[Settings]:
    """The question of settings about data sets and a signal."""
    signal = needed_signal(setting)
    counted = signal.model == EVENTS
    chosen = DEFAULT_MASSES if settings.m_v is None and not counted else settings.m_v or ()
    masses = np.asarray(chosen, float)
    searches = searches_of(setting)
    counts = templates(searches, signal, masses)
    joint = model_of(setting, at_index(counts, 0))
    return Asked(
        setting,
        settings,
        masses,
        searches,
        counts,
        joint,
        strength(joint),
        observed_data(joint),
        np.asarray(signal_events(counts), float),
    )
