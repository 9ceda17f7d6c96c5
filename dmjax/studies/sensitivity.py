"""Limits expected of detectors without data."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np

from dmjax.analyses.analysis import SCATTERING
from dmjax.analyses.missing_energy import MissingProjection, missing_model, missing_projection
from dmjax.analyses.projection_chi2 import RISE, chi2_of
from dmjax.analyses.projections import (
    Projection,
    projected,
    projected_backgrounds,
    projected_model,
)
from dmjax.errors import InputError, unknown_name
from dmjax.experiments.missing_layout import SIGNATURE
from dmjax.likelihood.changes import changed
from dmjax.likelihood.count_model import CountModel
from dmjax.likelihood.joint import JointModel, observed_data
from dmjax.likelihood.signals import with_signals
from dmjax.limits.asymptotic_limits import asymptotic_limits
from dmjax.limits.asymptotics import SIGMAS
from dmjax.limits.low_counts import (
    FEW,
    deciding_counts,
    low_count_limits,
    means_of,
    median_p_values,
)
from dmjax.limits.test_statistics import strength
from dmjax.prediction.growth import missing_coupling
from dmjax.prediction.points import REFERENCE, coupling_of
from dmjax.prediction.signal import EVENTS, Signal
from dmjax.prediction.templates import SignalCounts, at_index, signal_events, templates
from dmjax.studies.setting import check_signature

Planned = Projection | MissingProjection
METHODS = ("auto", "asymptotic", "chi2-d20")
"""Methods of `expected_limit`; auto: asymptotic from `FEW` effective counts on, else exact."""


class ExpectedLimits(NamedTuple):
    """Limits expected without signal, against the mass.

    Attributes:
        detectors: names.
        quantity: of the limits, e.g. "Y".
        m_v: [MeV], (masses,); None for "events".
        expected: (masses, bands), at `sigmas`; inf where no coupling is excluded.
        sigmas: of the bands; (0.0,) for chi2-d20, which has none.
        methods: of each mass: "asymptotic", "exact" (CLs from Poisson probabilities), "averaged"
            (the same, averaged over the nuisances) or "chi2-d20".
        background: detector → {name: events in its bins}.
        signal_events: at the median limit, (masses,).
        p_sb, p_b: of the median data at the median limit, (masses,); NaN for chi2-d20.
        cl: confidence level.
    """

    detectors: tuple[str, ...]
    quantity: str
    m_v: np.ndarray | None
    expected: np.ndarray
    sigmas: tuple[float, ...]
    methods: list[str]
    background: dict[str, dict[str, float]]
    signal_events: np.ndarray
    p_sb: np.ndarray
    p_b: np.ndarray
    cl: float


def expected_limit(
    where: str | Sequence[str],
    signal: Signal,
    m_v: Sequence[float] = (),
    *,
    years: float | None = None,
    pot: float | None = None,
    background: str | None = None,
    cuts: bool = False,
    all_windows: bool = False,
    method: str = "auto",
    cl: float = 0.90,
    cls: bool = True,
    nuisance: Mapping[str, str] | None = None,
    fix: Mapping[str, float | None] | None = None,
) -> ExpectedLimits:
    """Upper limits expected of one or several detectors without signal, with bands.

    The Poisson likelihood in the detectors' own bins, with neutrinos, steady states and neutrons of
    their files, and their errors as nuisances; see `projected_model`.

    Args:
        where: presets, or paths of detector files.
        signal: what is searched for.
        m_v: masses [MeV]; not used by the model "events".
        years, pot, background, cuts, all_windows: see `projected`.
        method: one of `METHODS`. "auto": Asimov data (arXiv:1007.1727), or below `FEW` counts the
            exact Poisson probabilities of `low_count_limits`. "asymptotic": Asimov data always.
            "chi2-d20": where the χ² of [D20] Eqs. 6.6, 6.7 is 2.71, without bands.
        cl, cls: confidence level; CLs or p of signal and background.
        nuisance, fix: other constraints, and held values, of nuisances; see `changed`.

    Raises:
        InputError: an unknown method, a bad detector file, or an option without effect.

    >>> found = expected_limit("ccm-tight", Signal(), [75.0], years=3.0, cuts=True)
    >>> found.methods, round(found.background["ccm-tight"]["delayed"], 1)
    (['averaged'], 3.5)
    """
    if method not in METHODS:
        raise unknown_name("method of an expected limit", method, METHODS)
    if method == "chi2-d20" and (cl != 0.90 or not cls):
        raise InputError("method 'chi2-d20' is for 90 % and has no CLs: leave cl and cls out")
    if method == "chi2-d20" and (nuisance or fix):
        raise InputError("method 'chi2-d20' has no nuisances: leave nuisance and fix out")
    names = (where,) if isinstance(where, str) else tuple(where)
    options = {
        "years": years,
        "pot": pot,
        "background": background,
        "cuts": cuts,
        "all_windows": all_windows,
    }
    settings = [missing_projection(name, **options) or projected(name, **options) for name in names]
    signatures = tuple(_signature(setting) for setting in settings)
    check_signature(signatures, signal, names)
    counts = templates([setting.search for setting in settings], signal, np.asarray(m_v, float))
    events = np.asarray(signal_events(counts))
    if method == "chi2-d20":
        strengths, methods = _chi2_strengths(settings, counts, signal), [method] * len(events)
        p_values = np.full((2, len(events)), np.nan)
    else:
        pairs = zip(settings, at_index(counts, 0), strict=True)
        models = [_model(a, n, signal) for a, n in pairs]
        joint = JointModel(changed(models, nuisance or {}, fix or {}))
        strengths, methods, p_values = _strengths(joint, counts, method, cl, cls)
    masses = None if signal.model == EVENTS else np.atleast_1d(np.asarray(m_v, float))
    return ExpectedLimits(
        detectors=tuple(setting.name for setting in settings),
        quantity=signal.coupling or "",
        m_v=masses,
        expected=_couplings(signal, masses, strengths, signatures[0] == SCATTERING),
        sigmas=SIGMAS if strengths.shape[1] > 1 else (0.0,),
        methods=methods,
        background={setting.name: _totals(setting, signal) for setting in settings},
        signal_events=_events_at(events, strengths[:, strengths.shape[1] // 2]),
        p_sb=p_values[0],
        p_b=p_values[1],
        cl=cl,
    )


def _events_at(events: np.ndarray, strengths: np.ndarray) -> np.ndarray:
    """Signal events at strengths; NaN where none is excluded."""
    there = np.isfinite(strengths)
    return np.where(there, events * np.where(there, strengths, 1.0), np.nan)


def _signature(setting: Planned) -> str:
    return SIGNATURE if isinstance(setting, MissingProjection) else SCATTERING


def _model(setting: Planned, counts: SignalCounts, signal: Signal) -> CountModel:
    if isinstance(setting, MissingProjection):
        return missing_model(setting.search, counts, expected=True)
    return projected_model(setting, counts, conventions=signal.conventions)


def _totals(setting: Planned, signal: Signal) -> dict[str, float]:
    if isinstance(setting, MissingProjection):
        return {"background": setting.search.counted.background}
    known = projected_backgrounds(setting, signal.conventions)
    return {name: float(jnp.sum(counts)) for name, counts in known.items()}


def _couplings(
    signal: Signal, masses: np.ndarray | None, strengths: np.ndarray, scatters: bool
) -> np.ndarray:
    reference = REFERENCE[signal.coupling or ""]
    rows = (
        np.zeros_like(strengths)
        if masses is None
        else np.repeat(masses[:, None], strengths.shape[1], axis=1)
    )
    found = (coupling_of if scatters else missing_coupling)(signal, rows, strengths, reference)
    return np.asarray(found, float)


def _chi2_strengths(
    settings: list[Planned], counts: tuple[SignalCounts, ...], signal: Signal
) -> np.ndarray:
    if not all(isinstance(setting, Projection) for setting in settings):
        raise InputError("method 'chi2-d20' is of detectors of recoils")
    each = [
        np.asarray(chi2_of(setting, one, signal.conventions))
        for setting, one in zip(settings, counts, strict=True)
        if isinstance(setting, Projection)
    ]
    total = np.sum(each, axis=0)[:, None]
    return np.where(total > 0.0, np.sqrt(RISE / np.where(total > 0.0, total, 1.0)), np.inf)


def _strengths(
    joint: JointModel,
    counts: tuple[SignalCounts, ...],
    method: str,
    cl: float,
    cls: bool,
) -> tuple[np.ndarray, list[str], np.ndarray]:
    """(strengths (masses, bands), method of each, p_sb and p_b of the medians)."""
    chosen = strength(joint)
    signals = np.concatenate([np.asarray(one.nominal) for one in counts], axis=1)
    under = deciding_counts(joint, chosen, signals)
    few = (under < FEW) & (method == "auto")
    found = np.full((under.size, len(SIGMAS)), np.inf)
    # Of the median Asimov data CL_b is ½.
    p_values = np.tile([[0.5 * (1.0 - cl) if cls else 1.0 - cl], [0.5]], under.size)
    if not few.all():
        data = observed_data(joint)
        made = asymptotic_limits(joint, chosen, data, counts, cl, "qtilde", cls)
        found[~few] = np.asarray(made.expected)[~few]
    nuisances = np.isfinite(np.asarray(joint.parameters.sigmas)).any()
    for i in np.flatnonzero(few):
        means = means_of(with_signals(joint, at_index(counts, int(i))), chosen)
        found[i] = low_count_limits(means, cl, cls)
        p_values[:, i] = median_p_values(means, found[i, len(SIGMAS) // 2])
    name = "averaged" if nuisances else "exact"
    return found, [name if each else "asymptotic" for each in few], p_values
