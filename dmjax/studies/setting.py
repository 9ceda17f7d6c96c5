"""What a study is about: a signal in some data sets, and how these are modelled."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import ArrayLike

from dmjax.analyses.analysis import SCATTERING
from dmjax.analyses.catalogue import Analysis, dataset
from dmjax.conventions import CHANNELS, DMJAX, Conventions, conventions
from dmjax.errors import InputError
from dmjax.likelihood.changes import changed
from dmjax.likelihood.joint import Data, JointModel, observed_data
from dmjax.likelihood.signals import with_signals
from dmjax.limits.test_statistics import Strength, strength
from dmjax.prediction.growth import missing_coupling, missing_strength
from dmjax.prediction.points import REFERENCE, coupling_of, strength_of
from dmjax.prediction.signal import EVENTS, Signal, describe_conventions, describe_signal, signal
from dmjax.prediction.templates import (
    AnySearch,
    SignalCounts,
    at_index,
    signal_events,
    templates,
)
from dmjax.studies.settings import CheckSettings, ModelOptions, SignalOptions, signal_fields

DEFAULT_MASSES = tuple(np.geomspace(1.0, 138.0, 50).tolist())
"""[MeV], where `limit` is given none."""

Counts = tuple[SignalCounts, ...]
"""A signal in every data set."""


@dataclass(frozen=True)
class Setting:
    """A signal in data sets.

    Attributes:
        analyses: the data sets, each once.
        signal: what is searched for, or None: backgrounds alone.
        window, systematics, off_term, integrate: see `options.MODEL_OPTIONS`; None: what suits.
        nuisance: name → another constraint; see `changed`.
        fix: name → value that a nuisance is held at; None: its centre.
    """

    analyses: tuple[Analysis, ...]
    signal: Signal | None = None
    window: str | None = None
    systematics: bool | None = None
    off_term: str | None = None
    integrate: str | None = None
    nuisance: tuple[tuple[str, str], ...] = ()
    fix: tuple[tuple[str, float | None], ...] = ()

    def __post_init__(self):
        names = [one.name for one in self.analyses]
        if not names:
            raise InputError("name at least one data set")
        for name in names:
            if names.count(name) > 1:
                raise InputError(f"data set '{name}' is given twice: name each once")
        for option in ("window", "off_term"):
            value = getattr(self, option)
            if value is not None and not any(option in one.options for one in self.analyses):
                raise InputError(f"{option} '{value}' has no effect on {', '.join(names)}")
        switched = self.systematics is not None
        if switched and not any("systematics" in one.options for one in self.analyses):
            raise InputError(f"systematics has no effect on {', '.join(names)}")
        check_signature(tuple(one.signature for one in self.analyses), self.signal, names)

    @property
    def scatters(self) -> bool:
        """Whether χ must scatter to be seen; else V alone is missed."""
        return self.analyses[0].signature == SCATTERING

    @property
    def names(self) -> tuple[str, ...]:
        """Of the data sets."""
        return tuple(one.name for one in self.analyses)


def check_signature(
    signatures: tuple[str, ...], chosen: Signal | None, names: Sequence[str]
) -> None:
    """Raise InputError where signatures differ, or missing energy does not use a signal's field."""
    if len(set(signatures)) > 1:
        raise InputError(
            f"{', '.join(names)}: counts of missing energy grow as coupling^2, those of scattering "
            "as its fourth power: ask for them apart"
        )
    if chosen is None or signatures[0] == SCATTERING:
        return
    unused = {
        "channels": chosen.channels != CHANNELS,
        "lifetime_ns": chosen.lifetime_ns is not None,
        "m_x": chosen.double,
        "conventions": chosen.conventions != DMJAX,
    }
    for name, given in unused.items():
        if given:
            raise InputError(f"{name} has no effect on missing energy: {', '.join(names)}")


def profile_of(options: SignalOptions | CheckSettings) -> Conventions:
    """The conventions of options: a profile with its changed choices."""
    return conventions(options.conventions, **dict(options.choose))


def signal_of(options: SignalOptions, coupling: str | None = None) -> Signal:
    """The signal that options describe, quoted in another coupling if wanted."""
    held = signal_fields(options)
    held["coupling"] = coupling or held["coupling"]
    del held["choose"]
    held["conventions"] = profile_of(options)
    if held["charges"] is not None:
        held["charges"] = dict(held["charges"])
    return signal(**held)


def setting_of(where: tuple[str, ...], model: ModelOptions, chosen: Signal | None) -> Setting:
    """The setting of data sets by name or path."""
    return Setting(
        tuple(dataset(name) for name in where),
        chosen,
        model.window,
        model.systematics,
        model.off_term,
        model.integrate,
        model.nuisance,
        model.fix,
    )


def searches_of(setting: Setting) -> tuple[AnySearch, ...]:
    """The detectors of the data sets in their bins."""
    window = {} if setting.window is None else {"window": setting.window}
    return tuple(
        one.search(**(window if "window" in one.options else {})) for one in setting.analyses
    )


def counts_of(setting: Setting, masses, couplings=None) -> Counts:
    """Templates of the signal at masses [MeV]; see `templates`."""
    return templates(searches_of(setting), needed_signal(setting), masses, couplings)


def needed_signal(setting: Setting) -> Signal:
    """The signal of the setting; InputError without."""
    if setting.signal is None:
        raise InputError("a signal is needed: give its mass, e.g. --mv 30")
    return setting.signal


def model_of(setting: Setting, counts: Counts | None = None) -> JointModel:
    """The joint model, with a signal of free strength or without.

    CEvNS is free without a signal and predicted with one.

    Args:
        setting: data sets.
        counts: of one mass, or None.
    """
    wanted: dict[str, Any] = {"cevns": "free" if counts is None else "predicted"}
    if setting.signal is not None:
        wanted["conventions"] = setting.signal.conventions
    for option in ("window", "off_term", "systematics"):
        value = getattr(setting, option)
        wanted |= {} if value is None else {option: value}
    models = []
    every = counts or (None,) * len(setting.analyses)
    for one, signal_counts in zip(setting.analyses, every, strict=True):
        options = {key: value for key, value in wanted.items() if key in one.options}
        models.append(one.build(signal_counts, **options))
    return JointModel(changed(models, dict(setting.nuisance), dict(setting.fix)), setting.integrate)


def at_mass(joint: JointModel, counts: Counts, i: int) -> JointModel:
    """The joint model of mass number i."""
    return with_signals(joint, at_index(counts, i))


def one_mass(setting: Setting, m_v: float | None) -> tuple[JointModel, Strength, Data, float]:
    """(joint model, strength, observed data, signal events at strength 1) of one mass."""
    chosen = needed_signal(setting)
    if m_v is None and chosen.model != EVENTS:
        raise InputError("a signal needs its mass, e.g. --mv 30")
    counts = counts_of(setting, [] if m_v is None else [m_v])
    joint = model_of(setting, at_index(counts, 0))
    events = float(signal_events(counts)[0])
    if not events > 0:
        raise InputError(f"no signal events at m_v = {m_v} MeV: choose an open mass")
    return joint, strength(joint), observed_data(joint), events


def to_coupling(setting: Setting, m_v, strengths, reference=None) -> np.ndarray:
    """Couplings of strengths, (masses,) or (masses, anything); templates made at `reference`."""
    chosen = needed_signal(setting)
    values = np.asarray(strengths, float)
    reference = REFERENCE[chosen.coupling or ""] if reference is None else reference
    if chosen.model == EVENTS:
        return values
    masses = np.asarray(m_v, float).reshape((-1,) + (1,) * (values.ndim - 1))
    masses = np.broadcast_to(masses, values.shape)
    inverse = coupling_of if setting.scatters else missing_coupling
    return np.asarray(inverse(chosen, masses, values, reference))


def coupling_error(setting: Setting, m_v, strengths, errors) -> np.ndarray:
    """Error of `to_coupling` from the error of the strength; inf where there is no limit."""
    strengths, errors = np.asarray(strengths, float), np.asarray(errors, float)
    if needed_signal(setting).model == EVENTS:
        return errors
    exists = np.isfinite(strengths) & (strengths > 0) & np.isfinite(errors)
    safe = np.where(exists, strengths, 1.0)
    step = 1e-4
    up, down = (to_coupling(setting, m_v, safe * (1.0 + sign * step)) for sign in (1.0, -1.0))
    exists &= np.isfinite(up) & np.isfinite(down)
    change = np.where(exists, up, 0.0) - np.where(exists, down, 0.0)
    slope = change / (2.0 * step * safe)
    return np.where(exists, slope * np.where(exists, errors, 0.0), np.inf)


def strengths_at(setting: Setting, m_v: ArrayLike, values: ArrayLike) -> np.ndarray:
    """Strengths, at the reference templates, of couplings at masses that broadcast with them."""
    chosen = needed_signal(setting)
    grown = strength_of if setting.scatters else missing_strength
    return np.asarray(grown(chosen, m_v, values, REFERENCE[chosen.coupling or ""]), float)


def strength_at(setting: Setting, m_v: float, value: float) -> float:
    """Strength, at the reference templates, of a coupling."""
    return float(strengths_at(setting, m_v, value))


def describe_setting(setting: Setting) -> dict[str, Any]:
    """Data sets, signal, conventions and model choices as plain JSON types."""
    found: dict[str, Any] = {"datasets": list(setting.names)}
    for name in ("window", "systematics", "off_term", "integrate"):
        found[name] = getattr(setting, name)
    found["nuisance"], found["fix"] = dict(setting.nuisance), dict(setting.fix)
    if setting.signal is None:
        return found
    return found | {
        "signal": describe_signal(setting.signal),
        "conventions": describe_conventions(setting.signal.conventions),
        "quantity": setting.signal.coupling,
    }
