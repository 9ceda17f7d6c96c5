"""What a limit is asked of: signal, masses, model and data."""

from typing import NamedTuple

import numpy as np

from dmjax.likelihood.joint import Data, JointModel, observed_data
from dmjax.limits.test_statistics import Strength, strength
from dmjax.prediction.signal import EVENTS
from dmjax.prediction.templates import at_index, signal_events
from dmjax.studies.setting import (
    DEFAULT_MASSES,
    Counts,
    Setting,
    counts_of,
    model_of,
    needed_signal,
)
from dmjax.studies.settings import LimitSettings


class Asked(NamedTuple):
    """A question about limits, and what answers it.

    Attributes:
        setting, settings: what is asked.
        masses: [MeV].
        counts, joint, chosen, data: the signal at strength 1, model, its strength, data.
        events: signal events at strength 1, (masses,).
    """

    setting: Setting
    settings: LimitSettings
    masses: np.ndarray
    counts: Counts
    joint: JointModel
    chosen: Strength
    data: Data
    events: np.ndarray


def asked_of(setting: Setting, settings: LimitSettings) -> Asked:
    """The question of settings about data sets and a signal."""
    events_only = needed_signal(setting).model == EVENTS
    masses = DEFAULT_MASSES if settings.m_v is None and not events_only else settings.m_v or ()
    counts = counts_of(setting, masses)
    joint = model_of(setting, at_index(counts, 0))
    return Asked(
        setting,
        settings,
        np.asarray(masses, float),
        counts,
        joint,
        strength(joint),
        observed_data(joint),
        np.asarray(signal_events(counts)),
    )
