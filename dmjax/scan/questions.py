"""The questions of a scan: data sets, model and method of each of its choices, made ready."""

from dataclasses import replace
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from dmjax.analyses.projections import projected, projected_model
from dmjax.errors import InputError
from dmjax.experiments.missing_energy import MissingEnergy
from dmjax.likelihood.changes import changed
from dmjax.likelihood.joint import JointModel, observed_data, off_term_of
from dmjax.limits.test_statistics import strength
from dmjax.prediction.points import kind_of
from dmjax.prediction.search import Search
from dmjax.prediction.signal import EVENTS, Signal
from dmjax.prediction.templates import AnySearch, SignalCounts
from dmjax.scan.programs import How, Question, counts_of_rows
from dmjax.scan.rows import example_signal, numbers_of_rows
from dmjax.scan.settings import CHOICES, PROJECTION, ScanSettings
from dmjax.studies.setting import Setting, model_of, searches_of, setting_of

_OF_DATA = ("systematics", "off_term", "integrate")


def chosen_settings(settings: ScanSettings, choices: dict[str, Any]) -> ScanSettings:
    """Settings with every choice made, and the method that suits where none is named."""
    axes = tuple((name, values) for name, values in settings.grid if name not in CHOICES)
    made = replace(settings, **choices, grid=axes)
    usual = "chi2" if made.experiment is None else "asymptotic"
    return replace(made, method=made.method or usual)


def check_settings(settings: ScanSettings) -> None:
    """Raise InputError where settings with every choice made do not fit together."""
    named = [name for name, _ in settings.grid]
    if bool(settings.datasets) == (settings.experiment is not None):
        raise InputError(
            "a scan asks data sets (datasets = [...]) or a detector (experiment = ...)"
        )
    if settings.model == EVENTS:
        raise InputError("a scan needs a model with masses, not a plain number of events")
    if not 0.5 < settings.cl < 1.0:
        raise InputError(f"method.cl must lie between 0.5 and 1, got {settings.cl:g}")
    of_data = [name for name in _OF_DATA if getattr(settings, name) is not None]
    if settings.experiment is not None and of_data:
        raise InputError(f"data.{of_data[0]} goes with datasets")
    usual = ScanSettings()
    idle = [name for name in PROJECTION if getattr(settings, name) != getattr(usual, name)]
    if settings.experiment is None and idle:
        raise InputError(f"data.{idle[0]} goes with experiment")
    if settings.refine_level is None and settings.refine_steps != usual.refine_steps:
        raise InputError("refine.steps goes with refine.level")
    if settings.method != "events" and (settings.reference is not None or "reference" in named):
        raise InputError("reference goes with method events: limits need none")
    if settings.method == "events" and settings.cl != usual.cl:
        raise InputError("method.cl goes with limits, not with method events")
    if settings.method != "asymptotic" and not settings.cls:
        raise InputError("method.cls goes with method asymptotic")
    if "m_chi" in named and "mass_ratio" in named:
        raise InputError("grid.m_chi and grid.mass_ratio say the same: leave one out")


def question_of(settings: ScanSettings) -> tuple[Question, Signal, dict[str, Any]]:
    """What is asked with every choice made: (question, its signal, what to state of it).

    Raises:
        InputError: what does not fit together.
    """
    check_settings(settings)
    signal = example_signal(settings)
    joint, data, chosen = None, None, None
    about: dict[str, Any] = {"off_term": None}
    searches, model = _asked(settings, signal)
    how = How(
        kind=kind_of(signal),
        conventions=signal.conventions,
        channels=signal.channels,
        source_errors=signal.source_errors,
        quantity=signal.coupling or "",
        method=settings.method or "",
        cls=settings.cls,
        median=settings.experiment is not None and settings.method == "asymptotic",
    )
    if settings.method != "events":
        joint = model(_blank(how, searches, signal))
        data, chosen = observed_data(joint), strength(joint)
        about = {"off_term": off_term_of(joint)}
    how = how._replace(chosen=chosen)
    cl = jnp.asarray(settings.cl, float)
    templates_in = jax.tree.map(lambda x: _typed(x, settings.dtype), searches)
    return Question(how, templates_in, joint, data, cl), signal, about


def _typed(leaf: Any, dtype: str) -> Any:
    """Floating-point leaves in the precision of the templates."""
    floating = eqx.is_array(leaf) and jnp.issubdtype(leaf.dtype, jnp.floating)
    return leaf.astype(dtype) if floating else leaf


def _asked(settings: ScanSettings, signal: Signal):
    """(searches, counts → joint model) of data sets or of a projection."""
    if settings.experiment is None:
        setting: Setting = setting_of(settings.datasets, settings, signal)
        return _scattering(searches_of(setting)), lambda counts: model_of(setting, counts)
    planned = projected(
        settings.experiment,
        years=settings.years,
        pot=settings.pot,
        background=settings.background,
        cuts=settings.window == "cuts",
        all_windows=settings.all_windows,
    )

    def model(counts: tuple[SignalCounts, ...]) -> JointModel:
        made = projected_model(planned, counts[0], conventions=signal.conventions)
        return JointModel(changed([made], dict(settings.nuisance), dict(settings.fix)))

    return (planned.search,), model


def _scattering(searches: tuple[AnySearch, ...]) -> tuple[Search, ...]:
    """Searches for χ that scatters; InputError where one counts missing energy."""
    for one in searches:
        if isinstance(one, MissingEnergy):
            raise InputError(
                f"{one.name} counts missing energy: a scan is of χ that scatters, ask for its limit"
            )
    return tuple(one for one in searches if isinstance(one, Search))


def _blank(how: How, searches: tuple[Search, ...], signal: Signal) -> tuple[SignalCounts, ...]:
    """Signals of one event in each bin: a model needs their shape, programs put others in."""
    row = numbers_of_rows(signal, {"m_v": np.array([75.0])}, "float64")
    shapes = eqx.filter_eval_shape(counts_of_rows, how, searches, row)
    return jax.tree.map(lambda x: jnp.ones(x.shape[1:], x.dtype), shapes)
