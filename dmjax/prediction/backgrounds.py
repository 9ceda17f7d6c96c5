"""Everything that a search counts besides its signal, per bin and by name."""

from collections.abc import Sequence

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from dmjax.errors import InputError
from dmjax.experiments import Background, Experiment, background_counts


def known_backgrounds(
    experiment: Experiment,
    backgrounds: Sequence[Background],
    energy_edges: Float[Array, " energies_plus_1"],
    time_edges: Float[Array, " times_plus_1"],
) -> dict[str, Float[Array, "energies times"]]:
    """Events of each background of a detector at its mass and protons on target.

    Args:
        experiment: gives mass and protons.
        backgrounds: those that apply; see `experiments.in_scenario`.
        energy_edges, time_edges: in the observable and in µs.

    >>> from dmjax.experiments import experiment, in_scenario
    >>> csi = experiment("coherent-csi")
    >>> chosen = in_scenario(csi.name, csi.backgrounds)
    >>> found = known_backgrounds(csi, chosen, jnp.asarray([0.0, 60.0]), jnp.asarray([0.0, 12.0]))
    >>> {name: round(float(events.sum())) for name, events in found.items()}
    {'steady': 1018, 'neutrons': 7}
    """
    mass, pot = experiment.mass_kg, experiment.pot
    return {
        one.name: background_counts(one, mass, pot, energy_edges, time_edges) for one in backgrounds
    }


def exposed(
    experiment: Experiment, years: float | None = None, pot: float | None = None
) -> Experiment:
    """A detector after another exposure.

    One of the two given: protons and live time grow together, as in the file. Both: protons on
    target as given (another beam power), steady backgrounds by the years.

    Args:
        experiment: the detector.
        years: of 5000 h each.
        pot: protons on target.

    Raises:
        InputError: a number that is not finite and above 0.

    >>> from dmjax.experiments import experiment
    >>> f"{float(exposed(experiment('coherent-csi'), years=3.0).pot):.3g}"
    '4.5e+23'
    """
    for name, value in (("years", years), ("pot", pot)):
        if value is not None and not (np.isfinite(value) and value > 0.0):
            raise InputError(f"{name} must be finite and positive, got {value:g}")
    if years is None and pot is None:
        return experiment
    longer = None if years is None else years / experiment.years
    protons = experiment.pot * longer if longer is not None else experiment.pot
    live = 1.0
    if pot is not None:
        live = 1.0 if longer is None else longer * experiment.pot / pot
        protons = jnp.asarray(pot, float)
    wanted = experiment.years * protons / experiment.pot if years is None else years
    made = eqx.tree_at(lambda e: e.pot, experiment, protons)
    steady = tuple(
        eqx.tree_at(lambda b: b.events, one, one.events * live) if one.kind == "steady" else one
        for one in experiment.backgrounds
    )
    return eqx.tree_at(
        lambda e: (e.backgrounds, e.years), made, (steady, jnp.asarray(wanted, float))
    )
