"""Expected counts: flux × cross section × response in (energy, time) bins.

Momentum nodes k_i are those of the beam, where channels in flight are smooth, and those of each
channel at rest. The cross section into every bin is read at every node from `moments`.
"""

import math
from dataclasses import replace
from functools import partial

import jax
import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float

from dmjax.constants import M_ELECTRON
from dmjax.conventions import CHANNELS, DMJAX, Conventions
from dmjax.experiments.experiment import Experiment
from dmjax.flux import chi_flux
from dmjax.flux.long_lived import delay_nodes, delay_shares
from dmjax.kinematics import momentum_min
from dmjax.models import DoubleMediator, VectorMediator, lifetime_ns, producer_of, scatterer_of
from dmjax.numerics import cast_floats
from dmjax.prediction.moments import cross_sections
from dmjax.prediction.states import State, share_at, states_of
from dmjax.prediction.windows import clocked
from dmjax.response import RecoilGrid, time_acceptance
from dmjax.timing import arrival_fractions, between_delays, delay_ladder, flight_delay
from dmjax.units import M2_PER_INVERSE_MEV2, US_PER_NS

Scalar = Float[Array, ""]
N_MOMENTA = 80
TEMPLATE_ERROR = 5e-3
"""Largest error of a template at 80 momenta, relative to all of its events, in the sum and in any
bin, for m_V from 1 to 200 MeV and m_V/m_χ from 2.0005 up: tests compare with dense nodes."""
USUAL_ERROR = 2e-3
"""The same for m_V up to 130 MeV and m_V/m_χ from 2.02 up; 1e-3 in CsI 2017."""
SLOWEST_MEV = 0.2
OFFSET_MEV = 5.0
"""Momentum below which nodes are equally far apart."""
FIRST_STEP = 0.5
"""The first step over the mean one, in the logarithm."""


def lowest_momentum(experiment: Experiment, state: State, recoils: RecoilGrid) -> Scalar:
    """Smallest momentum [MeV] that gives a recoil that counts.

    Never below 0.2 MeV: no source makes a number of slower χ that counts. χ that give up mass
    recoil at any speed: for them it is where their steps turn from equal ones to a ladder.
    """
    masses = [jnp.asarray(M_ELECTRON, recoils.t.dtype)]
    if experiment.recoil == "nucleus":
        masses = [nucleus.mass for nucleus in experiment.nuclei]
    reaching = momentum_min(jnp.min(jnp.stack(masses)), state.hit.m_chi, recoils.ends[0])
    return jnp.clip(reaching, SLOWEST_MEV, 0.5 * experiment.beam.k_max)


def momentum_nodes(state: State, lowest: Scalar, highest: Scalar, n: int) -> Float[Array, " n"]:
    """Momenta [MeV] in steps of ln(k + offset), closer to each other where recoils set in."""
    start = jnp.full_like(lowest, SLOWEST_MEV) if state.excited else lowest
    offset = lowest if state.excited else jnp.full_like(lowest, OFFSET_MEV)
    u = jnp.linspace(0.0, 1.0, n, dtype=lowest.dtype)
    steps = u * (FIRST_STEP + (1.0 - FIRST_STEP) * u)
    span = jnp.log((highest + offset) / (start + offset))
    return start + (start + offset) * jnp.expm1(span * steps)


def nodes_by_channel(
    experiment: Experiment,
    state: State,
    recoils: RecoilGrid,
    conventions: Conventions,
    channels: tuple[str, ...],
    n: int,
) -> list[tuple[tuple[str, ...], Float[Array, " nodes"]]]:
    """Channels of the beam that share momentum nodes [MeV], and those nodes."""
    lowest = lowest_momentum(experiment, state, recoils)
    common = momentum_nodes(state, lowest, experiment.beam.k_max, n)
    smooth, apart = (), []
    for name in channels:
        if name not in experiment.beam.channels:
            continue
        own = experiment.beam.channels[name].momenta(state.make, conventions, common[0], n)
        if own is None:
            smooth = (*smooth, name)
        else:
            apart.append(((name,), jnp.minimum(own, common[-1])))
    return [(smooth, common), *apart] if smooth else apart


def log_norm(
    experiment: Experiment, make: VectorMediator, hit: VectorMediator, per_kg: Scalar
) -> Scalar:
    """ln of [POT N_targets/L² (ħc)² κ_X² κ_V² κ_D²]: every large and small number at once."""
    targets = jnp.log(experiment.mass_kg) + jnp.log(per_kg)
    geometry = jnp.log(experiment.pot) + targets - 2.0 * jnp.log(experiment.distance_m)
    coupling = 2.0 * (make.log_kappa + hit.log_kappa) + hit.log_alpha_d + math.log(4.0 * math.pi)
    return geometry + coupling + math.log(M2_PER_INVERSE_MEV2)


def arrivals(
    experiment: Experiment, delay: Float[Array, " n"], time_edges: Float[Array, " times_plus_1"]
) -> Float[Array, "n times"]:
    """Share of χ with each delay [µs] that is recorded in each time bin."""
    over_delays = jax.vmap(arrival_fractions, in_axes=(None, 0, None))
    fractions = over_delays(experiment.pulse, delay, time_edges)
    return fractions * time_acceptance(experiment.response, time_edges)[None, :]


def expected_counts(
    experiment: Experiment,
    point: VectorMediator | DoubleMediator,
    recoils: RecoilGrid,
    time_edges: Float[Array, " times_plus_1"],
    conventions: Conventions = DMJAX,
    channels: tuple[str, ...] = CHANNELS,
    n_momenta: int = N_MOMENTA,
    long_lived: bool = False,
    *,
    nodes_of: RecoilGrid | None = None,
    clock_us: ArrayLike = 0.0,
) -> Float[Array, "channels bins times"]:
    """Dark-matter events per channel, energy bin and time bin.

    N = POT · N_T/L² ∫dk dN/dkdΩ ∫dT dσ/dT ε(T) P(t | k), with every coupling of `point` applied.

    Args:
        experiment, point: detector and model (one point; vmap for grids).
        recoils: energy bins, from `accepted_recoils` or `all_recoils`.
        time_edges: [µs].
        conventions, channels: profile and production channels (static).
        n_momenta: momentum nodes; 80 keep counts within `TEMPLATE_ERROR`.
        long_lived: let the mediator fly for its lifetime (static); the beam must come from
            `with_harmonics`. False: it decays where it is made.
        nodes_of: recoils that the momentum nodes are made for; None: `recoils`.
        clock_us: everything from the beam is this much later on the clock of the data [µs].

    Returns:
        Counts, (channels, energy bins, time bins). Closed channels are exactly 0.
    """
    dtype = producer_of(point).m_v.dtype
    experiment = clocked(cast_floats(experiment, dtype), conventions)
    recoils, edges = cast_floats(recoils, dtype), jnp.asarray(time_edges, dtype)
    if long_lived:
        conventions = replace(conventions, width="narrow")
    make, hit = producer_of(point), scatterer_of(point)
    fold = partial(
        _counts_of,
        experiment,
        recoils,
        edges,
        conventions,
        channels,
        long_lived,
        n_momenta,
        recoils if nodes_of is None else cast_floats(nodes_of, dtype),
        jnp.asarray(clock_us, dtype),
    )
    states = states_of(make, hit, conventions, experiment.distance_m)
    return sum((fold(state) for state in states[1:]), fold(states[0]))


def _counts_of(
    experiment: Experiment,
    recoils: RecoilGrid,
    edges: Float[Array, " times_plus_1"],
    conventions: Conventions,
    channels: tuple[str, ...],
    long_lived: bool,
    n_momenta: int,
    nodes_of: RecoilGrid,
    late: Scalar,
    state: State,
) -> Float[Array, "channels bins times"]:
    """Events of one kind of dark matter."""
    make, hit = state.make, state.hit
    groups = nodes_by_channel(experiment, state, nodes_of, conventions, channels, n_momenta)
    nothing = jnp.zeros((recoils.fold.shape[0], edges.shape[0] - 1), edges.dtype)
    if not groups:
        return jnp.stack([nothing] * len(channels))
    every = jnp.concatenate([k for _, k in groups])
    response, per_kg = cross_sections(experiment, hit, recoils, every, conventions)
    if long_lived:
        times = arrivals(experiment, delay_nodes(every.dtype) + late, edges)
    else:
        delay = jax.vmap(flight_delay, in_axes=(None, None, 0))(
            experiment.distance_m, make.m_chi, every
        )
        ladder = arrivals(experiment, delay_ladder(every.dtype) + late, edges)
        times = between_delays(ladder, delay)
    start, found = 0, {}
    for names, k in groups:
        here = slice(start, start := start + k.shape[0])
        flux = share_at(state, k)[None, :] * chi_flux(experiment.beam, make, k, conventions, names)
        seen = flux[:, None, :] * response[None, :, here]
        if long_lived:
            lifetime = lifetime_ns(make) * US_PER_NS
            shares = delay_shares(
                experiment.beam, make, k, lifetime, experiment.distance_m, conventions, names
            )
            counts = (seen @ shares) @ times
        else:
            counts = seen @ times[here]
        found |= dict(zip(names, counts, strict=True))
    rows = jnp.stack([found.get(name, nothing) for name in channels])
    return jnp.exp(log_norm(experiment, make, hit, per_kg)) * rows
