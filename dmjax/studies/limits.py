"""Limits and Feldman–Cousins intervals of published data sets at many masses."""

from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np

from dmjax.errors import InputError, unknown_name
from dmjax.likelihood.joint import Data, JointModel, asimov_off_term, observed_data
from dmjax.limits.asymptotic_limits import LIMIT_TEXT, LimitStatus, asymptotic_limits
from dmjax.limits.asymptotics import SIGMAS
from dmjax.limits.likelihood_limits import likelihood_limits
from dmjax.limits.test_statistics import Strength, strength
from dmjax.prediction.points import REFERENCE, kappa_of, visible_share
from dmjax.prediction.signal import EVENTS
from dmjax.prediction.templates import at_index, signal_events
from dmjax.store.progress import Say, nothing
from dmjax.studies.bayes_limits import run_bayes_limit
from dmjax.studies.expected import run_expected
from dmjax.studies.limit_notes import median_strengths, noted
from dmjax.studies.limit_result import LimitResult
from dmjax.studies.limit_rows import EMPTY, fc_row, toy_row
from dmjax.studies.plan import configuration, open_store, stated, throwing, toy_folder
from dmjax.studies.setting import (
    DEFAULT_MASSES,
    Counts,
    Setting,
    at_mass,
    counts_of,
    coupling_error,
    model_of,
    needed_signal,
    setting_of,
    signal_of,
    to_coupling,
)
from dmjax.studies.settings import LimitSettings

METHODS = ("chi2", "asymptotic", "toys", "fc", "bayes")
"""−2Δ ln L above the best fit, 2.71 at 90 %; CLs by formulas, toys; Feldman–Cousins; Bayes."""

_ROUNDS = 4
_MOVED = 1e-5


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


def run_limit(settings: LimitSettings, out: Path | None = None, say: Say = nothing) -> LimitResult:
    """Upper limits, or Feldman–Cousins intervals, at many masses.

    Args:
        settings: signal, data sets, masses, method.
        out: file of the result; finished blocks of toys are kept beside it.
        say: see `store.progress.Say`.

    Returns:
        `LimitResult`.

    Raises:
        InputError: unknown method, bad masses, too few toys.

    >>> from dmjax.studies.rules import settle
    >>> found = run_limit(settle(LimitSettings, {"where": "ccm120", "model": "events"}))
    >>> [round(float(x)) for x in found.limit], found.status
    ([621], ['ok'])
    """
    if settings.expected:
        return noted(run_expected(settings), signal_of(settings))
    method = settings.method or "chi2"
    if method == "bayes":
        return run_bayes_limit(settings, say)
    if method not in METHODS:
        raise unknown_name("method", method, METHODS)
    if settings.bands and method in ("chi2", "fc"):
        raise InputError(f"{method} has no expected bands: use asymptotic or toys")
    if not 0.0 < settings.cl < 1.0:
        raise InputError(f"cl must lie between 0 and 1, got {settings.cl:g}")
    asked = _asked(setting_of(settings.where, settings, signal_of(settings)), settings)
    found = _strengths(asked, asked.counts, method)
    solved = _solved(asked, found, method)
    if method in ("toys", "fc"):
        solved = _by_toys(asked, found, solved, method, out, say)
    return noted(solved, needed_signal(asked.setting), _sensitivity(asked, found))


def _asked(setting: Setting, settings: LimitSettings) -> Asked:
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


def _strengths(asked: Asked, counts: Counts, method: str) -> Any:
    """Limits on the strength of templates by formulas."""
    how, cl = asked.settings, asked.settings.cl
    question = (asked.joint, asked.chosen, asked.data, counts, cl)
    if method in ("asymptotic", "toys"):
        return asymptotic_limits(*question, "qtilde", how.cls)
    return likelihood_limits(*question)


def _solved(asked: Asked, found: Any, method: str) -> LimitResult:
    """Limits by formulas from their strengths."""
    seen = asked.events > 0
    codes = np.where(seen, found.status, LimitStatus.UNREACHED)
    limit = to_coupling(asked.setting, asked.masses, np.where(seen, found.limit, np.inf))
    zero, best = np.zeros(len(seen)), np.asarray(found.best_fit)
    banded = hasattr(found, "expected")
    settings = asked.settings
    return LimitResult(
        **stated(asked.setting, asked.joint, settings),
        method=method,
        cl=settings.cl,
        test="qtilde" if banded else None,
        cls=settings.cls if banded else None,
        asimov_off_term=asimov_off_term(asked.joint) if banded else None,
        m_v=asked.masses if asked.masses.size else None,
        limit=_consistent(asked, method, limit),
        lower=zero,
        limit_error=zero,
        lower_error=zero,
        expected=_bands(asked, found.expected) if banded else None,
        expected_error=np.zeros((len(seen), len(SIGMAS))) if banded else None,
        sigmas=SIGMAS,
        best_fit=to_coupling(asked.setting, asked.masses, best),
        best_fit_events=best * asked.events,
        test_statistic_null=np.asarray(found.q0),
        status=[LIMIT_TEXT[code] for code in codes],
        expected_status=_texts(found.expected_status) if banded else None,
        toys=0,
        failed=[0] * len(seen),
    )


def _sensitivity(asked: Asked, found: Any) -> np.ndarray:
    """Median limits expected without signal: of the bands, else by the rise of the likelihood."""
    question = (asked.joint, asked.chosen, asked.data, asked.counts, asked.settings.cl)
    banded = hasattr(found, "expected")
    median = found.expected[:, SIGMAS.index(0.0)] if banded else median_strengths(*question)
    return _bands(asked, np.asarray(median)[:, None])[:, 0]


def _bands(asked: Asked, expected) -> np.ndarray:
    seen = (asked.events > 0)[:, None]
    return to_coupling(asked.setting, asked.masses, np.where(seen, expected, np.inf))


def _texts(codes) -> list[list[str]]:
    return [[LIMIT_TEXT[code] for code in row] for row in np.asarray(codes)]


def _consistent(asked: Asked, method: str, limit: np.ndarray) -> np.ndarray:
    """Limits whose templates were made at the limit itself.

    Widths depend on the coupling. `coupling_of` keeps the branching ratio of a narrow V; where
    visible decays matter at the limit, templates are made there again until it stays.
    """
    signal = needed_signal(asked.setting)
    if signal.model == EVENTS or signal.double or method not in ("chi2", "asymptotic"):
        return limit
    share = np.asarray(visible_share(signal, asked.masses))
    for _ in range(_ROUNDS):
        known = np.isfinite(limit) & (limit > 0)
        at = np.where(known, limit, REFERENCE[signal.coupling or ""])
        kappa = np.asarray(kappa_of(signal, asked.masses, at))
        rows = np.flatnonzero(known & (share * kappa**2 > _MOVED))
        if rows.size == 0:
            return limit
        counts = counts_of(asked.setting, asked.masses[rows], at[rows])
        found = _strengths(asked, counts, method)
        new = to_coupling(asked.setting, asked.masses[rows], np.asarray(found.limit), at[rows])
        moved = np.abs(new / limit[rows] - 1.0)
        limit = limit.copy()
        limit[rows] = new
        if not np.any(moved > _MOVED):
            return limit
    return limit


def _by_toys(
    asked: Asked, formulas: Any, base: LimitResult, method: str, out: Path | None, say: Say
) -> LimitResult:
    """One mass after the other, around what the formulas gave."""
    one = toy_row if method == "toys" else fc_row
    rows = []
    with open_store(toy_folder(out), configuration(asked.settings)) as held:
        for i, events in enumerate(asked.events):
            if not events > 0:
                rows.append(EMPTY)
                continue
            how = throwing(asked.settings, held, f"m{i}_", say)
            joint = at_mass(asked.joint, asked.counts, i)
            here = jax.tree.map(lambda x, i=i: x[i], formulas)
            rows.append(one(joint, asked.chosen, asked.data, asked.settings, how, here))
    columns = {key: [row[key] for row in rows] for key in rows[0]}
    return _with_rows(asked, base, columns, method == "toys" and asked.settings.bands)


def _with_rows(asked: Asked, base: LimitResult, columns: dict, banded: bool) -> LimitResult:
    def coupling(name: str) -> np.ndarray:
        return to_coupling(asked.setting, asked.masses, columns[name])

    def error(name: str) -> np.ndarray:
        ends = columns[name], columns[f"{name}_error"]
        return coupling_error(asked.setting, asked.masses, *ends)

    lower = np.asarray(columns["lower"], float)
    return replace(
        base,
        limit=coupling("limit"),
        lower=coupling("lower"),
        limit_error=error("limit"),
        lower_error=np.where(lower > 0, error("lower"), 0.0),
        expected=coupling("expected") if banded else None,
        expected_error=error("expected") if banded else None,
        expected_status=columns["expected_status"] if banded else None,
        status=columns["status"],
        toys=asked.settings.toys,
        failed=columns["failed"],
    )
