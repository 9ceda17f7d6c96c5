"""`events`: expected dark-matter events as a pure function, differentiable in all it is given."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer
from jaxtyping import Array, ArrayLike, Float

from dmjax.conventions import CHANNELS, DMJAX, Conventions, check_channels
from dmjax.errors import InputError
from dmjax.experiments import Experiment
from dmjax.models import DoubleMediator, VectorMediator
from dmjax.prediction.ceiling import recoil_ceiling_kev
from dmjax.prediction.points import FLIGHT_FLOOR_M, in_flight, mean_flight_m, point_of
from dmjax.prediction.recoils import N_MOMENTA, expected_counts
from dmjax.prediction.search import Search
from dmjax.prediction.signal import EVENTS, Signal
from dmjax.response import RecoilGrid, accepted_recoils, cumulative_recoils
from dmjax.units import M_PER_US, US_PER_NS

PE_PER_KEV = 4.0
"""Most photo-electrons per keV of recoil for which the largest recoil is still counted."""
Point = VectorMediator | DoubleMediator


def events(
    search: Search,
    signal: Signal | Point,
    m_v: ArrayLike | None = None,
    coupling: ArrayLike | None = None,
    *,
    energy_edges: ArrayLike | None = None,
    time_edges: ArrayLike | None = None,
    conventions: Conventions | None = None,
    channels: tuple[str, ...] | None = None,
    long_lived: bool | None = None,
) -> Float[Array, "energies times"]:
    """Dark-matter events per energy and time bin, all channels together.

    Pure: it can be compiled, batched (`jax.vmap`) and differentiated, forward and in reverse, in
    the mass, the coupling, every leaf of the search's detector, the energy and the time edges.

    Args:
        search: detector and bins.
        signal: a `Signal`, or a mediator with its couplings.
        m_v: mass of V [MeV], a number; with a `Signal` alone.
        coupling: in `signal.coupling`; None: the reference; with a `Signal` alone.
        energy_edges: in the detector's observable, increasing, in place of the search's own. An
            efficiency beyond the detector's own bins is taken at the centre of what lies there.
        time_edges: [µs], increasing, in place of the search's own.
        conventions, channels: with a mediator alone; None: `dmjax`, all.
        long_lived: whether what makes χ flies before it decays. None: if it gets further than
            1 cm; at a traced mass, if the signal's `lifetime_ns` or its X says so by itself.

    Returns:
        Events, (energy bins, time bins); a third axis of the search is summed over. Exactly 0,
        with zero gradient, where every channel is closed.

    Raises:
        InputError: edges that do not increase, an argument that the signal does not use, a beam
            traced together with a mediator that flies.

    >>> from dmjax.analyses.lar2020 import lar2020_search
    >>> lar = lar2020_search()
    >>> slope = jax.jit(jax.jacfwd(lambda m: events(lar, Signal(), m).sum()))
    >>> bool(slope(75.0) < 0.0)
    True
    """
    point, profile, names = _resolve(signal, m_v, coupling, conventions, channels)
    energies = None if energy_edges is None else _edges(energy_edges, "energy_edges")
    times = search.time_edges if time_edges is None else _edges(time_edges, "time_edges")
    flies = _flies(signal, point) if long_lived is None else long_lived
    if flies:
        search = _in_flight(search)
    highest = _highest(search.experiment, energy_edges)
    return _events(search, point, energies, times, profile, names, flies, highest)


def is_traced(*trees) -> bool:
    """Whether any leaf is traced by jax.jit, vmap or grad."""
    return any(isinstance(leaf, Tracer) for leaf in jax.tree.leaves(trees))


@eqx.filter_jit
def _events(
    search: Search,
    point: Point,
    energies: Array | None,
    times: Array,
    conventions: Conventions,
    channels: tuple[str, ...],
    long_lived: bool,
    highest: float,
) -> Float[Array, "energies times"]:
    recoils = _recoils(search, energies, highest)
    counts = expected_counts(
        search.experiment, point, recoils, times, conventions, channels, N_MOMENTA, long_lived
    )
    return counts.sum(0)


def _recoils(search: Search, energies: Array | None, highest: float) -> RecoilGrid:
    response = search.experiment.response
    if energies is not None:
        return cumulative_recoils(response, energies, search.experiment.edges, highest)
    if search.energy_edges:
        return accepted_recoils(response, np.asarray(search.energy_edges))
    return search.recoils


def _highest(experiment: Experiment, edges: ArrayLike | None) -> float:
    """A mean observable that no recoil exceeds, known without tracing."""
    highest = recoil_ceiling_kev(experiment)
    if experiment.response.observable == "pe":
        highest *= PE_PER_KEV
    known = [] if edges is None or is_traced(edges) else [float(np.asarray(edges)[-1])]
    return max(highest, 2.0 * experiment.edges[-1], *known)


def _resolve(
    signal: Signal | Point,
    m_v: ArrayLike | None,
    coupling: ArrayLike | None,
    conventions: Conventions | None,
    channels: tuple[str, ...] | None,
) -> tuple[Point, Conventions, tuple[str, ...]]:
    """The point, and what of the prediction is static."""
    if not isinstance(signal, Signal):
        if m_v is not None or coupling is not None:
            raise InputError("a mediator has its mass and couplings: leave m_v and coupling out")
        names = CHANNELS if channels is None else channels
        check_channels(names)
        return signal, conventions or DMJAX, names
    if conventions is not None or channels is not None:
        raise InputError("a signal has its conventions and channels: set them in signal(...)")
    if signal.model == EVENTS:
        raise InputError("model 'events' has no events per bin to predict")
    if m_v is None:
        raise InputError("give m_v [MeV], the mass at which the signal is predicted")
    if np.ndim(m_v) or (coupling is not None and np.ndim(coupling)):
        raise InputError("events takes one mass and one coupling: use jax.vmap for many")
    if not is_traced(m_v) and not (np.isfinite(m_v) and float(np.asarray(m_v)) > 0.0):
        raise InputError(f"m_v must be finite and positive in MeV, got {float(np.asarray(m_v)):g}")
    return _point(signal, m_v, coupling), signal.conventions, signal.channels


def _point(signal: Signal, m_v: ArrayLike, coupling: ArrayLike | None) -> Point:
    """Known numbers stay known, inside a traced function too."""
    if is_traced(m_v, coupling):
        return point_of(signal, m_v, coupling)
    with jax.ensure_compile_time_eval():
        return point_of(signal, m_v, coupling)


def _edges(edges: ArrayLike, name: str) -> Array:
    found = jnp.asarray(edges, float)
    if found.ndim != 1 or found.shape[0] < 2:
        raise InputError(f"{name} must be a list of at least two edges, got shape {found.shape}")
    if not is_traced(edges):
        known = np.asarray(edges, float)
        if not (np.all(np.isfinite(known)) and np.all(np.diff(known) > 0.0)):
            raise InputError(f"{name} must be finite and increasing, got {known.tolist()}")
    return found


def _flies(signal: Signal | Point, point: Point) -> bool:
    if not is_traced(point):
        with jax.ensure_compile_time_eval():
            return bool(mean_flight_m(point) > FLIGHT_FLOOR_M)
    if not isinstance(signal, Signal):
        return False
    if signal.double and signal.m_chi is not None:
        return _flies(signal, _point(signal, 3.0 * signal.m_chi, None))
    given = signal.lifetime_ns
    return given is not None and given * US_PER_NS * M_PER_US > FLIGHT_FLOOR_M


def _in_flight(search: Search) -> Search:
    if is_traced(search.experiment.beam):
        raise InputError(
            "a mediator that flies needs a beam that is not traced: differentiate in fewer leaves, "
            "or set long_lived=False"
        )
    with jax.ensure_compile_time_eval():
        prepared = in_flight(search.experiment)
    return eqx.tree_at(lambda s: s.experiment.beam, search, prepared.beam)
