"""Expected counts: flux × cross section × response in (energy, time) bins.

The fold runs on fixed momentum nodes k_i and recoil nodes T_j. Form factors and acceptance depend
on T_j alone, so under vmap over masses they are computed once; what is left per mass is rational.
A recoil T needs k ≥ p_min(T): the momentum hats are cut there by their integral, which keeps the
prediction once differentiable in every mass.
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
from dmjax.flux.momenta import at_rest_momenta
from dmjax.kinematics import momentum_min
from dmjax.models import DoubleMediator, VectorMediator, lifetime_ns, producer_of, scatterer_of
from dmjax.models.vector import mass_gap
from dmjax.numerics import cast_floats, hat_cumulative, hat_weights, safe_divide
from dmjax.prediction.states import State, share_at, states_of
from dmjax.prediction.windows import clocked
from dmjax.response import RecoilGrid, time_acceptance
from dmjax.scattering import chi_electron, chi_nucleus, form_factor_radii
from dmjax.timing import arrival_fractions, flight_delay
from dmjax.units import M2_PER_INVERSE_MEV2, US_PER_NS

Scalar = Float[Array, ""]
N_MOMENTA = 80
TEMPLATE_ERROR = 5e-3
"""Largest error of a template at 80 momenta, relative to all of its events, in the sum and in any
bin, for m_V from 1 to 200 MeV and m_V/m_χ from 2.0005 up: tests compare with dense nodes."""
N_LINE = 16
SLOWEST_MEV = 0.2


def momentum_nodes(
    experiment: Experiment,
    state: State,
    recoils: RecoilGrid,
    conventions: Conventions,
    n: int,
) -> Float[Array, " nodes"]:
    """Momenta [MeV]: n from the smallest that gives the lowest recoil, and more where lines are.

    Equal steps in ln k, never below 0.2 MeV: no source makes a number of slower χ that counts. χ
    that give up mass recoil at any speed: from there, in equal steps of ln(k + what would be the
    smallest). Further `N_LINE` over each of four ranges of χ made at rest, see `at_rest_momenta`.
    """
    masses = [jnp.asarray(M_ELECTRON, recoils.t.dtype)]
    if experiment.recoil == "nucleus":
        masses = [nucleus.mass for nucleus in experiment.nuclei]
    t_min = jnp.min(recoils.t)
    reaching = momentum_min(jnp.min(jnp.stack(masses)), state.hit.m_chi, t_min)
    lowest = jnp.clip(0.97 * reaching, SLOWEST_MEV, 0.5 * experiment.beam.k_max)
    start = jnp.full_like(lowest, SLOWEST_MEV) if state.excited else lowest
    offset = lowest if state.excited else jnp.zeros_like(lowest)
    steps = jnp.linspace(0.0, 1.0, n, dtype=lowest.dtype)
    span = jnp.log((experiment.beam.k_max + offset) / (start + offset))
    k = start + (start + offset) * jnp.expm1(span * steps)
    lines = at_rest_momenta(state.make, conventions, start, N_LINE)
    return jnp.sort(jnp.concatenate([k, jnp.minimum(lines, k[-1])]))


def visible(
    v: VectorMediator, m_target: Scalar, recoils: RecoilGrid, k: Float[Array, " n"]
) -> Float[Array, "nodes n"]:
    """Share of each momentum hat that is above the threshold of each recoil node."""
    p_min = jax.vmap(momentum_min, in_axes=(None, None, 0, None))(
        m_target, v.m_chi, recoils.t, mass_gap(v)
    )
    weights = hat_weights(k)
    share = safe_divide(jnp.ones_like(k), weights)
    return jax.vmap(lambda p: jnp.clip(1.0 - hat_cumulative(k, p) * share, 0.0))(p_min)


def nuclear_response(
    experiment: Experiment,
    v: VectorMediator,
    recoils: RecoilGrid,
    k: Float[Array, " n"],
    conventions: Conventions,
) -> tuple[Float[Array, "bins n"], Scalar]:
    """Σ_nuclei N_i/N σ_i into each energy bin for χ of each momentum [MeV⁻²], and N per kg."""
    per_kg = experiment.nuclei_per_kg.sum()
    on_grid = jax.vmap(
        jax.vmap(chi_nucleus, in_axes=(None, None, None, 0, None)),
        in_axes=(None, None, None, None, 0),
    )
    response = jnp.zeros((recoils.fold.shape[0], k.shape[0]), k.dtype)
    for nucleus, number in zip(experiment.nuclei, experiment.nuclei_per_kg, strict=True):
        radii = form_factor_radii(v, nucleus, experiment.single_radius, conventions)
        sigma = on_grid(v, nucleus, radii, k, recoils.t)
        seen = sigma * visible(v, nucleus.mass, recoils, k)
        response = response + number / per_kg * (recoils.fold @ seen)
    return response, per_kg


def electron_response(
    experiment: Experiment, v: VectorMediator, recoils: RecoilGrid, k: Float[Array, " n"]
) -> tuple[Float[Array, "bins n"], Scalar]:
    """σ on one electron into each energy bin for χ of each momentum [MeV⁻²], and N_e per kg."""
    on_grid = jax.vmap(jax.vmap(chi_electron, in_axes=(None, 0, None)), in_axes=(None, None, 0))
    sigma = on_grid(v, k, recoils.t)
    mass = jnp.asarray(M_ELECTRON, k.dtype)
    return recoils.fold @ (sigma * visible(v, mass, recoils, k)), experiment.electrons_per_kg


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
    k = momentum_nodes(experiment, state, nodes_of, conventions, n_momenta)
    dtype = k.dtype
    flux = share_at(state, k)[None, :] * chi_flux(experiment.beam, make, k, conventions, channels)
    if experiment.recoil == "electron":
        response, per_kg = electron_response(experiment, hit, recoils, k)
    else:
        response, per_kg = nuclear_response(experiment, hit, recoils, k, conventions)
    if long_lived:
        lifetime = lifetime_ns(make) * US_PER_NS
        shares = delay_shares(
            experiment.beam, make, k, lifetime, experiment.distance_m, conventions, channels
        )
        times = arrivals(experiment, delay_nodes(dtype) + late, edges)
        counts = jnp.einsum("bk,ck,ckd,dt->cbt", response, flux, shares, times)
    else:
        delay = jax.vmap(flight_delay, in_axes=(None, None, 0))(
            experiment.distance_m, make.m_chi, k
        )
        times = arrivals(experiment, delay + late, edges)
        counts = jnp.einsum("bk,ck,kt->cbt", response, flux, times)
    return jnp.exp(log_norm(experiment, make, hit, per_kg)) * counts
