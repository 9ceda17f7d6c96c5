"""Limits and Feldman–Cousins intervals of published data sets at many masses."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from dmjax.analyses.catalogue import notes_of
from dmjax.analyses.missing_energy import names_missing
from dmjax.errors import InputError, unknown_name
from dmjax.experiments import experiment
from dmjax.experiments.missing_energy import missing_energy
from dmjax.likelihood.joint import asimov_off_term
from dmjax.limits.asymptotic_limits import LIMIT_TEXT, LimitStatus, asymptotic_limits
from dmjax.limits.asymptotics import SIGMAS
from dmjax.limits.likelihood_limits import likelihood_limits
from dmjax.prediction.points import REFERENCE, kappa_of, visible_share
from dmjax.prediction.signal import EVENTS
from dmjax.store.progress import Say, nothing
from dmjax.studies.bayes_limits import run_bayes_limit
from dmjax.studies.expected import run_expected
from dmjax.studies.limit_by_row import by_rows
from dmjax.studies.limit_method import FORMULAS, METHODS, chosen_methods
from dmjax.studies.limit_notes import median_strengths, noted
from dmjax.studies.limit_result import LimitResult
from dmjax.studies.plan import stated
from dmjax.studies.question import Asked, asked_of, detectors_of
from dmjax.studies.setting import (
    Counts,
    counts_of,
    needed_signal,
    setting_of,
    signal_of,
    to_coupling,
)
from dmjax.studies.settings import LimitSettings

ROUNDS, MOVED = 4, 1e-5
"""How often a limit is made again with templates at itself, and the change that is none."""


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
    ([608], ['ok'])
    """
    if settings.expected:
        detectors = [
            missing_energy(name) if names_missing(name) else experiment(name)
            for name in settings.where
        ]
        return noted(run_expected(settings), signal_of(settings), experiments=detectors)
    method = settings.method or METHODS[0]
    if method == "bayes":
        return run_bayes_limit(settings, say)
    if method not in METHODS:
        raise unknown_name("method", method, (*METHODS, "bayes"))
    if settings.bands and method in ("auto", "chi2", "fc"):
        named = "the default method" if method == "auto" else method
        raise InputError(f"{named} has no expected bands: use asymptotic, exact or toys")
    if not 0.0 < settings.cl < 1.0:
        raise InputError(f"cl must lie between 0 and 1, got {settings.cl:g}")
    asked = asked_of(setting_of(settings.where, settings, signal_of(settings)), settings)
    choice = chosen_methods(asked.joint, asked.chosen, asked.counts, method)
    used = set(choice.methods)
    formulas = "chi2" if method == "auto" else method
    found = _strengths(asked, asked.counts, formulas)
    solved = _solved(asked, found, formulas)
    label = choice.methods[0] if len(used) == 1 else "auto"
    solved = replace(solved, method=label, methods=choice.methods, notes=choice.notes)
    sensitivity = _sensitivity(asked, found)
    if not used <= set(FORMULAS):
        if method == "auto" and "toys" in used:
            found = _strengths(asked, asked.counts, "toys")
        solved = by_rows(asked, found, solved, out, say)
    detectors = detectors_of(asked.searches)
    return noted(solved, needed_signal(asked.setting), sensitivity, detectors)


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
        p_sb=_known(limit, found.p_sb),
        p_b=_known(limit, found.p_b),
        cls_at_limit=_known(limit, np.asarray(found.p_sb) / np.asarray(found.p_b)),
        cls_error=zero,
        toys=0,
        failed=[0] * len(seen),
        caveats=notes_of(asked.setting.names),
    )


def _known(limit: np.ndarray, values) -> np.ndarray:
    """Values where there is a limit, else NaN."""
    return np.where(np.isfinite(limit), values, np.nan)


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
    for _ in range(ROUNDS):
        known = np.isfinite(limit) & (limit > 0)
        at = np.where(known, limit, REFERENCE[signal.coupling or ""])
        kappa = np.asarray(kappa_of(signal, asked.masses, at))
        rows = np.flatnonzero(known & (share * kappa**2 > MOVED))
        if rows.size == 0:
            return limit
        counts = counts_of(asked.setting, asked.masses[rows], at[rows])
        found = _strengths(asked, counts, method)
        new = to_coupling(asked.setting, asked.masses[rows], np.asarray(found.limit), at[rows])
        moved = np.abs(new / limit[rows] - 1.0)
        limit = limit.copy()
        limit[rows] = new
        if not np.any(moved > MOVED):
            return limit
    return limit
