"""Detectors without data in their own bins: the Poisson likelihood of expected counts."""

from functools import partial
from pathlib import Path
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from dmjax.analyses.catalogue import Analysis
from dmjax.analyses.ingredients import or_none, pull, signal_parts, used, yield_factor
from dmjax.conventions import DMJAX, Conventions
from dmjax.errors import InputError
from dmjax.experiments import Background, Experiment, experiment, in_scenario
from dmjax.likelihood.count_model import CountModel
from dmjax.likelihood.effects import Component
from dmjax.likelihood.signals import SignalLike
from dmjax.prediction.backgrounds import exposed, known_backgrounds
from dmjax.prediction.neutrinos import endpoints_kev, neutrino_background
from dmjax.prediction.search import Search
from dmjax.prediction.windows import closed_by, in_windows, selected_windows, window_share
from dmjax.programs import kept
from dmjax.response import accepted_recoils, observable_at
from dmjax.units import MEV_PER_KEV

Bins = Float[Array, " bins"]
_LOWEST = 3.0
"""Standard deviations that a yield may fall short by."""


class Projection(NamedTuple):
    """A detector without data in its bins, after some exposure.

    Attributes:
        name: of the preset, or of the user's file without its ending.
        search: the detector in its bins.
        energy_edges, time_edges: of the bins, in the observable and in µs.
        backgrounds: those that apply beside neutrinos.
    """

    name: str
    search: Search
    energy_edges: np.ndarray
    time_edges: np.ndarray
    backgrounds: tuple[Background, ...]


def projected(
    name_or_path: str,
    *,
    years: float | None = None,
    pot: float | None = None,
    background: str | None = None,
    cuts: bool = False,
    all_windows: bool = False,
) -> Projection:
    """A detector in its own bins, by name or by the path of its file.

    Args:
        name_or_path: see `experiment`.
        years, pot: exposure; None: that of the file. See `exposed`.
        background: alternative of the file, its first where None; "none": neutrinos alone.
        cuts: the selection of the file alone.
        all_windows: every time window of the selection; the gaps between them are empty bins.

    Raises:
        InputError: anything wrong in the file, or cuts that leave nothing of its bins.

    >>> found = projected("coherent-csi", years=3.0, cuts=True)
    >>> f"{float(found.search.experiment.pot):.3g}", found.time_edges.tolist()
    ('4.5e+23', [0.0, 0.5, 1.0, 1.5])
    """
    detector = exposed(experiment(name_or_path), years, pot)
    label = Path(name_or_path).stem if name_or_path.endswith(".toml") else name_or_path
    energy, time = np.asarray(detector.edges), np.asarray(detector.time_edges)
    if all_windows and not cuts:
        raise InputError(f"{label}: all_windows goes with cuts")
    if cuts:
        windows = selected_windows(detector, all_windows)
        energy, time = _selected(label, detector, energy, windows)
        detector = in_windows(detector, windows) if all_windows else detector
    grid = accepted_recoils(detector.response, energy, breaks=endpoints_kev(detector))
    search = Search(detector, grid, jnp.asarray(time, float), None)
    return Projection(
        label, search, energy, time, in_scenario(label, detector.backgrounds, background)
    )


def _selected(
    label: str,
    detector: Experiment,
    energy: np.ndarray,
    windows: tuple[tuple[float, float], ...],
) -> tuple[np.ndarray, np.ndarray]:
    """Edges inside the selection, closed by its ends; the ends of recoil by their mean response."""
    chosen = detector.selection
    ends = [chosen.recoil_min_kev, chosen.recoil_max_kev]
    to_observable = partial(observable_at, detector.response)
    kev = [None if x is None else float(to_observable(jnp.asarray(x * MEV_PER_KEV))) for x in ends]
    high = float(energy[-1]) if kev[1] is None else kev[1]
    times = np.asarray(detector.time_edges)
    inside = [_inside(label, times, *window) for window in windows]
    return _inside(label, energy, kev[0], high), np.unique(np.concatenate(inside))


def _inside(label: str, edges: np.ndarray, low: float | None, high: float) -> np.ndarray:
    ends = (max(low or 0.0, edges[0]), min(high, edges[-1]))
    if not ends[0] < ends[1]:
        raise InputError(f"{label}: its selection leaves nothing of its bins")
    return closed_by(np.array(ends), tuple(edges.tolist()))


@kept
def _known(
    search: Search, backgrounds: tuple[Background, ...], energy_edges: Array, chosen: Conventions
) -> dict[str, Array]:
    detector = search.experiment
    neutrinos = neutrino_background(detector, search.recoils, search.time_edges, chosen)
    others = known_backgrounds(detector, backgrounds, energy_edges, search.time_edges)
    share = window_share(detector, search.time_edges)
    return neutrinos | {name: events * share[None, :] for name, events in others.items()}


def projected_backgrounds(
    setting: Projection, conventions: Conventions = DMJAX
) -> dict[str, Float[Array, " bins"]]:
    """Expected events of every background per bin, neutrinos by component; flat, time fastest.

    A component without any event is left out.

    >>> found = projected_backgrounds(projected("ccm-tight"))
    >>> sorted(found)
    ['delayed', 'prompt']
    """
    edges = jnp.asarray(setting.energy_edges, float)
    found = _known(setting.search, setting.backgrounds, edges, conventions)
    return {name: jnp.ravel(n) for name, n in found.items() if float(jnp.sum(n)) > 0.0}


def projected_model(
    setting: Projection,
    signal: SignalLike | None = None,
    *,
    conventions: Conventions = DMJAX,
) -> CountModel:
    """The Poisson likelihood of a detector without data; its counts are the expected background.

    μ_b = f(θ)(strength N_χ + N_ν) + Σ_k f_k(θ_k) N_k, f = 1 + σθ, or (1 + σ)^θ for σ > 0.2, θ the
    pull "NAME_signal" of the detector's signal error, θ_k the pulls of its backgrounds; see
    docs/detectors.md.

    Args:
        setting: detector, bins, exposure, backgrounds.
        signal: events per bin at strength 1; adds the free parameter "signal".
        conventions: of the neutrinos.

    Returns:
        `CountModel` whose data are Asimov counts at strength 0.

    >>> model = projected_model(projected("coherent-csi", cuts=True))
    >>> [p.name for p in model.parameters]
    ['coherent-csi_signal', 'coherent-csi_steady', 'coherent-csi_neutrons']
    """
    known = projected_backgrounds(setting, conventions)
    error = setting.search.experiment.signal_error
    shared = (pull(f"{setting.name}_signal", error, _LOWEST),) if error > 0.0 else ()
    effects = {name: tuple(yield_factor(p.name, error) for p in shared) for name in known}
    parameters = list(shared)
    for one in setting.backgrounds:
        effects[one.name] = ()
        if one.error > 0.0 and one.name in known:
            parameters.append(pull(one.pull, one.error, _LOWEST))
            effects[one.name] = (yield_factor(one.pull, one.error),)
    added = signal_parts(signal, tuple(yield_factor(p.name, error) for p in shared), shared)
    components = [Component(name, counts, effects[name]) for name, counts in known.items()]
    bins = (len(setting.energy_edges) - 1) * (len(setting.time_edges) - 1)
    return CountModel(
        setting.name,
        [*or_none(components, bins), *added.components],
        [*used(parameters, components), *added.parameters],
        on=sum(known.values(), jnp.zeros(bins)),
        axes=[
            (setting.search.experiment.response.observable, setting.energy_edges),
            ("time_us", setting.time_edges),
        ],
        expected_data=True,
    )


def projection_analysis(name_or_path: str, **options) -> Analysis:
    """A detector without data as an `Analysis`, e.g. to be joined with others.

    Args:
        name_or_path: see `projected`.
        options: of `projected`: years, pot, background, cuts.

    >>> projection_analysis("jsns2", years=3.0).name
    'jsns2'
    """
    setting = projected(name_or_path, **options)
    return Analysis(
        setting.name,
        partial(projected_model, setting),
        lambda: setting.search,
        ("conventions",),
    )
