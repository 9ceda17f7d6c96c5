"""Backgrounds other than neutrinos: how many, where in energy and time, how well known."""

from collections.abc import Sequence

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from dmjax.errors import InputError, unknown_name
from dmjax.experiments.shapes import AbstractShape, shares

Scalar = Float[Array, ""]
NO_BACKGROUND = "none"
"""Choice of no background but neutrinos."""


class Background(eqx.Module):
    """One background, as counted: after efficiency and cuts.

    Attributes:
        events: in all bins of the file, for its mass and exposure.
        energy, time: shapes in the observable and in time [µs].
        mass_kg, pot: of the file: `background_counts` scales with the detector's own.
        name: which.
        kind: "steady" grows with live time, "beam" with protons on target.
        error: relative standard deviation of `events`.
        pull: name of the nuisance of that error; backgrounds of one name share it.
        scenario: the alternative that it belongs to, or None: it always applies.
        energy_range, time_range: ends of the bins of the file.
    """

    events: Scalar
    energy: AbstractShape
    time: AbstractShape
    mass_kg: Scalar
    pot: Scalar
    name: str = eqx.field(static=True)
    kind: str = eqx.field(static=True)
    error: float = eqx.field(static=True)
    pull: str = eqx.field(static=True)
    scenario: str | None = eqx.field(static=True)
    energy_range: tuple[float, float] = eqx.field(static=True)
    time_range: tuple[float, float] = eqx.field(static=True)


def background_counts(
    background: Background,
    mass_kg: Scalar,
    pot: Scalar,
    energy_edges: Float[Array, " energies_plus_1"],
    time_edges: Float[Array, " times_plus_1"],
) -> Float[Array, "energies times"]:
    """Expected events per bin: events × (mass × POT over the file's) × shares of the bins.

    Args:
        background: what is counted.
        mass_kg, pot: of the detector in use.
        energy_edges: in the observable; nothing is known, or counted, outside the file's bins.
        time_edges: [µs].

    Returns:
        Events, (energies, times).
    """
    scale = background.events * (mass_kg / background.mass_kg) * (pot / background.pot)
    along_energy = shares(background.energy, energy_edges, background.energy_range)
    along_time = shares(background.time, time_edges, background.time_range)
    return scale * jnp.outer(along_energy, along_time)


def scenarios(backgrounds: Sequence[Background]) -> tuple[str, ...]:
    """Names of the alternatives, the default first."""
    return tuple(dict.fromkeys(b.scenario for b in backgrounds if b.scenario is not None))


def in_scenario(
    label: str, backgrounds: Sequence[Background], chosen: str | None = None
) -> tuple[Background, ...]:
    """The backgrounds that apply at once.

    Args:
        label: of the detector, for errors.
        backgrounds: all of its file.
        chosen: an alternative; None: the first of the file; "none": no background but neutrinos.

    Raises:
        InputError: an alternative that the file does not have.
    """
    known = scenarios(backgrounds)
    if chosen == NO_BACKGROUND:
        return ()
    if chosen is None:
        chosen = known[0] if known else None
    elif not known:
        raise InputError(
            f"{label} has no alternative backgrounds: leave '{chosen}' out, or take "
            f"'{NO_BACKGROUND}'"
        )
    elif chosen not in known:
        raise unknown_name(f"background of {label}", chosen, (*known, NO_BACKGROUND))
    return tuple(b for b in backgrounds if b.scenario in (None, chosen))
