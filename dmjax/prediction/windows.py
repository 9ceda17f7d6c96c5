"""A detector as an analysis looks at it in time: its windows, and the clock of its pulses."""

from dataclasses import replace
from typing import NamedTuple

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from dmjax.conventions import Conventions
from dmjax.errors import InputError
from dmjax.experiments import Experiment
from dmjax.response import TimeWindows
from dmjax.timing import own_clock


class TimeBins(NamedTuple):
    """Time bins of some windows.

    Attributes:
        edges: [µs], of the windows and of the gaps between them, (bins + 1).
        kept: whether a bin is in a window, (bins,).
    """

    edges: np.ndarray
    kept: np.ndarray


def closed_by(window: np.ndarray, native: tuple[float, ...]) -> np.ndarray:
    """Native edges inside the window, closed by the window's own ends."""
    edges = np.asarray(native)
    inside = edges[(edges > window[0]) & (edges < window[1])]
    return np.concatenate([window[:1], inside, window[1:]])


def time_bins(windows: tuple[tuple[float, float], ...], native: tuple[float, ...]) -> TimeBins:
    """Native bins inside windows [µs] that follow each other; one empty bin per gap.

    >>> bins = time_bins(((0.0, 0.25), (0.54, 0.79)), (0.0, 0.1, 0.6, 1.0))
    >>> bins.edges.tolist(), bins.kept.tolist()
    ([0.0, 0.1, 0.25, 0.54, 0.6, 0.79], [True, True, False, True, True])
    """
    parts = [closed_by(np.array(window, float), native) for window in windows]
    edges = np.unique(np.concatenate(parts))
    middle = 0.5 * (edges[1:] + edges[:-1])
    kept = np.any([(low < middle) & (middle < high) for low, high in windows], axis=0)
    return TimeBins(edges, kept)


def selected_windows(experiment: Experiment, every: bool) -> tuple[tuple[float, float], ...]:
    """Time windows of a detector's selection [µs]: the first, or `every` one.

    Raises:
        InputError: every one of a detector whose selection has one.

    >>> from dmjax.experiments import experiment
    >>> selected_windows(experiment("jsns2"), True)
    ((0.0, 0.25), (0.54, 0.79))
    """
    chosen = experiment.selection
    first = (chosen.time_min_us, chosen.time_max_us)
    if every and not chosen.more_us:
        raise InputError(f"{experiment.name}: its selection has one time window: no all_windows")
    return (first, *chosen.more_us) if every else (first,)


def in_windows(experiment: Experiment, windows: tuple[tuple[float, float], ...]) -> Experiment:
    """The detector with an efficiency of 0 outside of time windows [µs]."""
    starts, stops = jnp.asarray(windows, float).T
    now = experiment.response.time_efficiency
    seen = TimeWindows(starts, stops, now.inside if isinstance(now, TimeWindows) else now)
    return eqx.tree_at(
        lambda e: e.response.time_efficiency, experiment, seen, is_leaf=lambda x: x is None
    )


def window_share(
    experiment: Experiment, time_edges: Float[Array, " times_plus_1"]
) -> Float[Array, " times"]:
    """Share of each time bin [µs] that is in the windows of `in_windows`; 1 without them."""
    seen = experiment.response.time_efficiency
    if not isinstance(seen, TimeWindows):
        return jnp.ones(time_edges.shape[0] - 1, time_edges.dtype)
    return TimeWindows(seen.starts, seen.stops, None).averages(time_edges)


def clocked(experiment: Experiment, conventions: Conventions) -> Experiment:
    """The detector with the clock that the conventions choose.

    `one_clock` True: times count from the first pulse of the beam; False: from the start of each
    pulse, so that a window has all protons in it ([D20] Table 5 for JSNS²).
    """
    if conventions.one_clock:
        return experiment
    times = ("prompt_time", "delayed_time", "kaon_time", "inflight_time")
    own = {name: own_clock(getattr(experiment.neutrinos, name)) for name in times}
    neutrinos = replace(experiment.neutrinos, **own)
    return replace(experiment, pulse=own_clock(experiment.pulse), neutrinos=neutrinos)


def check_clock(conventions: Conventions) -> None:
    """Raise unless several windows count from the same pulse."""
    if not conventions.one_clock:
        raise InputError(
            "all_windows needs one clock for all pulses: with these conventions every window "
            "counts from its own pulse (choose one_clock=true)"
        )
