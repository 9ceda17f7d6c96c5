"""Everything that a detector counts, predicted once on a fine grid of energy and time."""

from collections.abc import Sequence
from functools import partial

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, ArrayLike, Float, Int

from dmjax.analyses.projections import Projection, projected_backgrounds
from dmjax.cuts.nodes import axis_nodes
from dmjax.cuts.selection import Held
from dmjax.cuts.yields import Rules
from dmjax.errors import InputError
from dmjax.experiments import Experiment, Selection
from dmjax.prediction.neutrinos import endpoints_kev
from dmjax.prediction.search import Search
from dmjax.prediction.signal import EVENTS, Signal
from dmjax.prediction.templates import templates
from dmjax.response import accepted_recoils, observable_at, recoil_at
from dmjax.units import KEV_PER_MEV, MEV_PER_KEV


class CutTables(eqx.Module):
    """Cumulative counts at the nodes of energy and time: a window is four of them.

    N(E₁ < E < E₂, t₁ < t < t₂) = C(E₂, t₂) − C(E₁, t₂) − C(E₂, t₁) + C(E₁, t₁), exact at nodes, as
    C sums bins that are predicted as those of a data set are.

    Attributes:
        signal: (masses, energies, times, parts): all of it at the reference coupling, then what
            each pull of the sources adds at 1.
        background: (energies, times, components).
        source_errors: relative errors of the sources, (masses, sources).
        energy, time: nodes, in the observable and in µs.
        rules: names and errors (static).
    """

    signal: Float[Array, "masses energies times parts"]
    background: Float[Array, "energies times components"]
    source_errors: Float[Array, "masses sources"]
    energy: Float[Array, " energies"]
    time: Float[Array, " times"]
    rules: Rules = eqx.field(static=True)


def held_of(tables: CutTables, mass: Int[ArrayLike, ""]) -> Held:
    """The tables of one mass, by its index."""
    rows = tables.signal.reshape(-1, *tables.signal.shape[2:])
    first = jnp.asarray(mass) * tables.signal.shape[1]
    return Held(rows, tables.background, tables.source_errors[mass], first)


def cumulative(counts: np.ndarray) -> np.ndarray:
    """Sums of all bins below each pair of edges, of (..., energies, times).

    >>> cumulative(np.ones((1, 2))).tolist()
    [[0.0, 0.0, 0.0], [0.0, 1.0, 2.0]]
    """
    ends = ((0, 0),) * (counts.ndim - 2) + ((1, 0), (1, 0))
    return np.pad(counts.cumsum(-1).cumsum(-2), ends)


def finely(setting: Projection) -> Projection:
    """A detector in the nodes of its windows.

    Its own bins, cut into equal parts, with the ends of its published selection and the steps of
    its spectra.
    """
    detector = setting.search.experiment
    ends, chosen = selected_energy(detector), detector.selection
    times = [chosen.time_min_us, chosen.time_max_us, *(t for pair in chosen.more_us for t in pair)]
    energy = axis_nodes(setting.energy_edges.tolist(), [*ends, *endpoints_kev(detector)])
    time = axis_nodes(setting.time_edges.tolist(), times)
    grid = accepted_recoils(detector.response, energy, breaks=endpoints_kev(detector))
    search = Search(detector, grid, jnp.asarray(time, float), None)
    return setting._replace(search=search, energy_edges=energy, time_edges=time)


def selected_energy(detector: Experiment) -> tuple[float, float]:
    """Ends of the published selection in the observable, held inside the detector's bins."""
    chosen: Selection = detector.selection
    to_observable = partial(observable_at, detector.response)
    low = float(to_observable(jnp.asarray(chosen.recoil_min_kev * MEV_PER_KEV)))
    high = detector.edges[-1]
    if chosen.recoil_max_kev is not None:
        high = float(to_observable(jnp.asarray(chosen.recoil_max_kev * MEV_PER_KEV)))
    return max(low, detector.edges[0]), min(high, detector.edges[-1])


def recoil_kev(detector: Experiment, observable: np.ndarray) -> np.ndarray:
    """Recoil energies [keV] whose mean observable is given; 0 stays 0."""
    values, back = np.unique(observable, return_inverse=True)
    some = jnp.asarray(np.maximum(values, 1e-9))
    found = np.asarray(jax.vmap(partial(recoil_at, detector.response))(some)) * KEV_PER_MEV
    return np.where(values > 0.0, found, 0.0)[back].reshape(observable.shape)


def rules_of(setting: Projection, names: Sequence[str], sources: Sequence[str]) -> Rules:
    """Which nuisance moves which background; see `projected_model`.

    Args:
        setting: the detector.
        names: of the backgrounds with events.
        sources: names of the pulls of the signal's sources.
    """
    shared = setting.search.experiment.signal_error
    pulls = [f"{setting.name}_signal"] if shared > 0.0 else []
    own = {one.name: one for one in setting.backgrounds}
    kinds, moved, errors = [], [], []
    for name in names:
        one = own.get(name)
        kinds.append("neutrino" if one is None else one.kind)
        error = shared if one is None else one.error
        if one is not None and error > 0.0 and one.pull not in pulls:
            pulls.append(one.pull)
        pull = 0 if one is None else (pulls.index(one.pull) if error > 0.0 else -1)
        moved.append(pull if error > 0.0 else -1)
        errors.append(error)
    every = (*pulls, *sources)
    return Rules(
        tuple(names), tuple(kinds), tuple(moved), tuple(errors), every, shared, len(sources)
    )


def cut_tables(setting: Projection, signal: Signal, masses: np.ndarray) -> CutTables:
    """Predict a detector on the nodes of `finely` at many masses.

    Args:
        setting: from `finely`.
        signal: what is searched for.
        masses: [MeV], (masses,).

    Raises:
        InputError: the model "events"; or nothing is expected, neither signal nor background.
    """
    if signal.model == EVENTS:
        raise InputError("a plain number of events has no energy and no time: name a model")
    shape = (len(setting.energy_edges) - 1, len(setting.time_edges) - 1)
    known = projected_backgrounds(setting, signal.conventions)
    (found,) = templates([setting.search], signal, masses)
    nominal = np.asarray(found.nominal).reshape(-1, *shape)
    if not known and not nominal.sum() > 0.0:
        raise InputError(f"{setting.name} expects neither signal nor background: nothing to cut")
    raised = [np.asarray(one).reshape(-1, *shape) - nominal for one in found.raised.values()]
    parts = np.stack([nominal, *raised], axis=1)
    ordered = sorted(known, key=lambda name: name in {one.name for one in setting.backgrounds})
    rows = [np.asarray(known[name]).reshape(shape) for name in ordered] or [np.zeros(shape)]
    errors = [np.asarray(one) for one in found.errors.values()]
    sources = np.stack(errors, axis=1) if errors else np.zeros((len(nominal), 0))
    rules = rules_of(setting, ordered or ("none",), tuple(found.raised))
    return CutTables(
        signal=jnp.asarray(np.moveaxis(cumulative(parts), 1, -1)),
        background=jnp.asarray(np.moveaxis(cumulative(np.stack(rows)), 0, -1)),
        source_errors=jnp.asarray(sources),
        energy=jnp.asarray(setting.energy_edges),
        time=jnp.asarray(setting.time_edges),
        rules=rules,
    )
