"""A detector whose knobs can be turned: its counts, and the limit that it expects."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from dmjax.analyses.projections import Projection
from dmjax.cuts.knobs import Turned, knob_names, moved_detector, pull_scales, turning
from dmjax.cuts.strength import Level, expected_limit
from dmjax.cuts.tables import rules_of, selected_energy
from dmjax.cuts.yields import Rules, Scalar, Yields
from dmjax.errors import InputError
from dmjax.experiments import Background, Experiment, background_counts
from dmjax.models import producer_of
from dmjax.prediction.ceiling import recoil_ceiling_kev
from dmjax.prediction.events import PE_PER_KEV
from dmjax.prediction.neutrinos import neutrino_background
from dmjax.prediction.points import (
    FLIGHT_FLOOR_M,
    REFERENCE,
    coupling_of,
    mean_flight_m,
    point_of,
)
from dmjax.prediction.recoils import expected_counts
from dmjax.prediction.signal import EVENTS, Signal
from dmjax.prediction.templates import source_errors
from dmjax.programs import kept
from dmjax.response import cumulative_recoils


class Plan(NamedTuple):
    """A detector in bins, and what may be turned of it.

    Attributes:
        detector, backgrounds: at its exposure.
        turned: how its boosts change with the angle.
        energy_edges, time_edges: of its bins.
        rules: names and errors of its counts.
        names: of the knobs.
        highest: mean observable that no recoil exceeds.
        signal, m_v: what is searched for.
    """

    detector: Experiment
    backgrounds: tuple[Background, ...]
    turned: tuple[Turned, ...]
    energy_edges: np.ndarray
    time_edges: np.ndarray
    rules: Rules
    names: tuple[str, ...]
    highest: float
    signal: Signal
    m_v: Scalar


def plan_of(setting: Projection, signal: Signal, m_v: float, cuts: bool) -> Plan:
    """A projection as a plan.

    Args:
        setting: the detector.
        signal, m_v: what is searched for [MeV].
        cuts: one bin, that of the published selection; False: the detector's own bins.

    Raises:
        InputError: the model "events"; a mediator that flies; a selection without any bins.
    """
    if signal.model == EVENTS:
        raise InputError("a plain number of events has no detector to design: name a model")
    if float(mean_flight_m(point_of(signal, m_v))) > FLIGHT_FLOOR_M:
        raise InputError("design takes mediators that decay where they are made")
    detector, chosen = setting.search.experiment, setting.search.experiment.selection
    energy, time = setting.energy_edges, setting.time_edges
    if cuts:
        ends = (max(chosen.time_min_us, time[0]), min(chosen.time_max_us, time[-1]))
        energy, time = np.asarray(selected_energy(detector)), np.asarray(ends)
        if not (energy[0] < energy[1] and time[0] < time[1]):
            raise InputError(f"{setting.name}: its selection leaves nothing of its bins")
    known = source_errors(
        detector.beam,
        signal.conventions,
        signal.channels,
        producer_of(point_of(signal, m_v)).charges,
    )
    sources = tuple(known) if signal.source_errors else ()
    turned = turning(detector)
    rules = rules_of(setting, ("neutrinos", *(b.name for b in setting.backgrounds)), sources)
    highest = recoil_ceiling_kev(detector)
    highest *= PE_PER_KEV if detector.response.observable == "pe" else 1.0
    return Plan(
        detector,
        setting.backgrounds,
        turned,
        energy,
        time,
        rules,
        knob_names(detector, rules, turned),
        max(highest, 2.0 * detector.edges[-1]),
        signal,
        jnp.asarray(m_v, float),
    )


def plan_yields(
    plan: Plan,
    x: dict[str, Scalar],
    m_v: Scalar | None = None,
    coupling: Scalar | None = None,
    detector: Experiment | None = None,
) -> Yields:
    """Counts of a plan with its knobs turned.

    Backgrounds go with mass, exposure and their own knob; those of the beam fall as 1/L² with the
    distance, as the signal and neutrinos do. The knob "threshold" moves the lowest edge of the bins
    with the place where the efficiency rises.

    Args:
        plan: see there.
        x: knob → ln of its factor.
        m_v, coupling: of the signal; None: the plan's mass, the reference coupling.
        detector: another one to begin with; None: the plan's.
    """
    signal, base = plan.signal, plan.detector if detector is None else detector
    made = moved_detector(base, plan.turned, x)
    energy = jnp.asarray(plan.energy_edges, float)
    energy = energy.at[0].multiply(jnp.exp(x["threshold"]))
    time = jnp.asarray(plan.time_edges, float)
    grid = cumulative_recoils(made.response, energy, plan.detector.edges, plan.highest)
    point = point_of(signal, plan.m_v if m_v is None else m_v, coupling)
    counts = expected_counts(made, point, grid, time, signal.conventions, signal.channels)
    neutrinos = neutrino_background(made, grid, time, signal.conventions)
    rows = [jnp.exp(x["background:neutrinos"]) * sum(neutrinos.values(), jnp.zeros_like(counts[0]))]
    for one in plan.backgrounds:
        own = background_counts(one, made.mass_kg, made.pot, energy, time)
        further = -2.0 * x["distance"] if one.kind == "beam" else jnp.zeros_like(x["distance"])
        rows.append(own * jnp.exp(x[f"background:{one.name}"] + further))
    known = source_errors(
        made.beam, signal.conventions, signal.channels, producer_of(point).charges
    )
    kept = list(known.values()) if plan.rules.sources else []
    errors = jnp.stack([jnp.asarray(e, float) for _, e in kept]) if kept else jnp.zeros(0)
    parts = [counts.sum(0)]
    parts += [error * counts[signal.channels.index(on)] for on, error in kept]
    flat = [jnp.stack([row.ravel() for row in many]) for many in (parts, rows)]
    return Yields(flat[0], flat[1], errors, pull_scales(plan.rules, errors, x))


def at_rest(plan: Plan) -> dict[str, Scalar]:
    """No knob turned."""
    return {name: jnp.zeros((), float) for name in plan.names}


def log_coupling(plan: Plan, level: Level, yields: Yields) -> Scalar:
    """ln of the coupling that is expected to be excluded; inf where none is."""
    found = expected_limit(plan.rules, yields, level)
    reference = REFERENCE[plan.signal.coupling or ""]
    log = jnp.log(coupling_of(plan.signal, plan.m_v, jnp.exp(found.log), reference))
    return jnp.where(found.found, log, jnp.inf)


def log_limit(plan: Plan, level: Level, x: dict[str, Scalar]) -> Scalar:
    """ln of the expected limit with knobs turned: a function to be differentiated."""
    return log_coupling(plan, level, plan_yields(plan, x))


@kept
def slopes(
    plan: Plan, level: Level, x: dict[str, Scalar]
) -> tuple[Scalar, dict[str, Float[Array, ""]]]:
    """ln of the expected limit, and its elasticities d ln(limit)/d ln(knob), in reverse."""
    return jax.value_and_grad(lambda at: log_limit(plan, level, at))(x)
