"""`optimize_cuts`: the best windows of a detector at each mass."""

from dataclasses import replace
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np

from dmjax.analyses.projections import Projection, projected
from dmjax.cuts.binned import whole_range
from dmjax.cuts.comparing import Compared, compare
from dmjax.cuts.cuts_result import STATUS, CutsResult
from dmjax.cuts.nodes import place
from dmjax.cuts.objectives import NOTHING, Aim, check_objective, is_something
from dmjax.cuts.selection import hard_yields
from dmjax.cuts.strength import Level
from dmjax.cuts.tables import CutTables, cut_tables, finely, held_of, recoil_kev, selected_energy
from dmjax.cuts.trials import Trial
from dmjax.cuts.windows import Found, best_windows
from dmjax.data import available
from dmjax.errors import InputError
from dmjax.experiments import experiment
from dmjax.prediction.points import REFERENCE, coupling_of, strength_of
from dmjax.prediction.signal import Signal, describe_conventions, describe_signal
from dmjax.prediction.windows import check_clock, selected_windows
from dmjax.studies.cut_settings import CutSettings
from dmjax.studies.plan import configuration
from dmjax.studies.setting import signal_of

LEAST_TOYS = 100
"""Of which a median and a coverage mean something."""
NEEDS_SIGNAL = ("discovery", "information")
"""Objectives of a signal of given coupling."""


class Asked(NamedTuple):
    """A question about windows.

    Attributes:
        settings, signal: as given.
        setting: the detector in the nodes of its windows.
        windows: published time windows [µs], of which the number is kept.
        tables: cumulative counts.
        aim: what is wanted.
        strengths: of the signal, (masses,).
    """

    settings: CutSettings
    signal: Signal
    setting: Projection
    windows: tuple[tuple[float, float], ...]
    tables: CutTables
    aim: Aim
    strengths: np.ndarray


def run_optimize_cuts(settings: CutSettings) -> CutsResult:
    """Windows in energy and time that make the most of an objective, at each mass.

    Args:
        settings: detector, signal, masses, objective, exposure.

    Returns:
        `CutsResult`; a mass without signal keeps the published selection.

    Raises:
        InputError: a data set instead of a detector, an objective without what it needs, windows
            outside of the detector's bins.

    >>> from dmjax.studies.rules import settle as read
    >>> given = {"experiment": "coherent-csi", "m_v": "75", "objective": "s-over-root-b"}
    >>> found = run_optimize_cuts(read(CutSettings, given))
    >>> found.status, bool(found.gain[0] >= 1.0)
    (['ok'], True)
    """
    asked = _asked(settings)
    published = published_nodes(asked)
    if settings.counting:
        found = best_windows(asked.tables, asked.aim, asked.strengths, published, settings.starts)
    else:
        found = whole_range(asked.tables, asked.aim, asked.strengths, asked.setting, published)
    result = _result(asked, found, published)
    if settings.selection == "windows":
        return result
    made = compare(
        asked.tables,
        asked.aim,
        asked.strengths,
        asked.setting,
        found,
        settings.toys,
        settings.seed,
    )
    return replace(result, learned=_learned(asked, made))


def check_detector(name: str, cl: float) -> None:
    """Raise InputError for a data set, or for a level at which nothing is excluded."""
    if name in available("datasets") and name not in available("experiments"):
        raise InputError(
            f"{name} is a data set: windows are chosen on what is expected of a detector, never on "
            "observed counts: name the detector, e.g. coherent-csi"
        )
    if not 0.5 < cl < 1.0:
        raise InputError(f"cl must lie between 0.5 and 1, got {cl:g}")


def _asked(settings: CutSettings) -> Asked:
    name = settings.experiment
    check_detector(name, settings.cl)
    signal = signal_of(settings)
    if settings.toys < LEAST_TOYS:
        raise InputError(f"toys must be at least {LEAST_TOYS}, got {settings.toys}")
    if settings.objective in NEEDS_SIGNAL and settings.expected_at is None:
        raise InputError(
            f"objective {settings.objective} is of a signal that is there: give its coupling with "
            "--expected-at"
        )
    chosen = experiment(name)
    windows = selected_windows(chosen, settings.all_windows)
    if settings.all_windows:
        check_clock(signal.conventions)
    setting = projected(
        name, years=settings.years, pot=settings.pot, background=settings.background
    )
    setting = finely(setting)
    masses = np.asarray(settings.m_v, float)
    tables = cut_tables(setting, signal, masses)
    check_objective(setting.name, settings.objective, tables.rules)
    at = settings.expected_at
    reference = REFERENCE[signal.coupling or ""]
    strengths = np.ones(masses.size)
    if at is not None:
        strengths = np.asarray(strength_of(signal, masses, at, reference), float)
    aim = Aim(settings.objective, Level(1.0 - settings.cl, settings.cls))
    return Asked(settings, signal, setting, windows, tables, aim, strengths)


def published_nodes(asked: Asked) -> np.ndarray:
    """Nodes of the published selection, (E₁, E₂, t₁, t₂, …).

    Raises:
        InputError: a selection that leaves nothing of the detector's bins.
    """
    low, high = selected_energy(asked.setting.search.experiment)
    energy, time = np.asarray(asked.tables.energy), np.asarray(asked.tables.time)
    ends = [place(energy, low), place(energy, high)]
    for start, stop in asked.windows:
        ends += [place(time, start), place(time, stop)]
    pairs = np.reshape(ends, (-1, 2))
    if not np.all(pairs[:, 0] < pairs[:, 1]):
        raise InputError(f"{asked.setting.name}: its selection leaves nothing of its bins")
    return np.asarray(ends)


def _strengths(asked: Asked, merits: np.ndarray) -> np.ndarray:
    """Of the signal: at the limit, or as asked; inf where nothing limits it."""
    if asked.settings.objective != "limit":
        return asked.strengths
    known = is_something(merits)
    return np.where(known, np.exp(-np.where(known, merits, 0.0)), np.inf)


def _values(asked: Asked, merits: np.ndarray) -> np.ndarray:
    """Figures of merit as they are told: limits as couplings."""
    if asked.settings.objective != "limit":
        known = is_something(merits)
        return np.where(known, np.exp(np.where(known, merits, 0.0)), 0.0)
    masses, reference = np.asarray(asked.settings.m_v), REFERENCE[asked.signal.coupling or ""]
    strengths = _strengths(asked, merits)
    return np.asarray(coupling_of(asked.signal, masses, strengths, reference), float)


def _gain(asked: Asked, value: np.ndarray, published: np.ndarray) -> np.ndarray:
    smaller = asked.settings.objective == "limit"
    better, worse = (published, value) if smaller else (value, published)
    known = np.isfinite(value) & np.isfinite(published) & (worse > 0.0)
    return np.where(known, better / np.where(known, worse, 1.0), np.nan)


def _result(asked: Asked, found: Found, published: np.ndarray) -> CutsResult:
    settings, tables = asked.settings, asked.tables
    merits = np.asarray(found.merit)
    seen = is_something(merits)
    nodes = np.where(seen[:, None], np.asarray(found.nodes), published[None, :])
    energy, time = np.asarray(tables.energy), np.asarray(tables.time)
    value, before = _values(asked, merits), _values(asked, np.asarray(found.merit_start))
    doubtful = 1 if settings.counting else 3
    codes = np.where(seen, np.where(np.asarray(found.settled), 0, doubtful), 2)
    detector = asked.setting.search.experiment
    events, background = _events(tables, nodes)
    strengths = _strengths(asked, merits)
    return CutsResult(
        experiment=settings.experiment,
        objective=settings.objective,
        counting=settings.counting,
        quantity=asked.signal.coupling or "",
        m_v=np.asarray(settings.m_v, float),
        energy_kev=recoil_kev(detector, energy[nodes[:, :2]]),
        energy=energy[nodes[:, :2]],
        observable=detector.response.observable,
        time_us=_times(time[nodes[:, 2:]]),
        value=value,
        value_table5=before,
        gain=_gain(asked, value, before),
        status=[STATUS[code] for code in codes],
        signal_events=np.where(seen, events * np.where(seen, strengths, 0.0), np.nan),
        background_events=background,
        table5=_published(asked, published),
        expected_at=settings.expected_at,
        cl=settings.cl,
        cls=settings.cls,
        signal=describe_signal(asked.signal),
        conventions=describe_conventions(asked.signal.conventions),
        configuration=configuration(settings),
    )


def _learned(asked: Asked, made: Compared) -> dict[str, Any]:
    """`CutsResult.learned`; null where nothing is known."""

    def plain(values: np.ndarray) -> list[float | None]:
        return [float(x) if np.isfinite(x) else None for x in values]

    def toys(trials: list[Trial]) -> dict[str, Any]:
        table = np.array([one[:3] for one in trials])
        told = {
            name: plain(_values(asked, -np.nan_to_num(column, nan=-NOTHING)))
            for name, column in zip(("median", "low", "high"), table.T, strict=True)
        }
        return told | {"covered": plain(np.array([one.covered for one in trials]))}

    values = _values(asked, made.merit)
    tried = (("windows", made.windows), ("learned", made.learned))
    return {
        "value": plain(values),
        "all_bins": plain(_values(asked, made.all_bins)),
        "all_bins_trusted": made.trusted.tolist(),
        "toys": {name: toys(trials) for name, trials in tried if trials},
        "energy": asked.tables.energy.tolist(),
        "time_us": asked.tables.time.tolist(),
        "kept": [["".join("01"[int(x)] for x in row) for row in one] for one in made.kept],
    }


def _times(ends: np.ndarray) -> list[Any]:
    """(start, stop) of each mass, or a list of them where there are several windows."""
    rows = ends.reshape(len(ends), -1, 2).tolist()
    return [row[0] if len(row) == 1 else row for row in rows]


def _published(asked: Asked, nodes: np.ndarray) -> dict[str, Any]:
    energy, time = np.asarray(asked.tables.energy), np.asarray(asked.tables.time)
    ends = recoil_kev(asked.setting.search.experiment, energy[nodes[:2]])
    return {"energy_kev": ends.tolist(), "time_us": _times(time[nodes[None, 2:]])[0]}


def _events(tables: CutTables, nodes: np.ndarray) -> tuple[np.ndarray, dict[str, list[float]]]:
    """Signal at strength 1 in the windows of each mass, and every background there."""
    rows = [
        hard_yields(held_of(tables, mass), jnp.asarray(edges)) for mass, edges in enumerate(nodes)
    ]
    events = np.asarray([float(one.signal[0, 0]) for one in rows])
    background = np.asarray([one.background[:, 0] for one in rows])
    names = tables.rules.components
    return events, {name: background[:, k].tolist() for k, name in enumerate(names)}
