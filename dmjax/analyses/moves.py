"""Nuisances of a detector on the recoil components of an analysis."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from jaxtyping import Array, Float

from dmjax.likelihood.effects import AbstractEffect
from dmjax.likelihood.parameters import Parameter
from dmjax.likelihood.signals import total_ratios
from dmjax.likelihood.smooth_effects import Exponential, SoftSpline, spline_heights
from dmjax.prediction.nuisances import AbstractNuisance, Clock


class Move(NamedTuple):
    """A nuisance of a detector, and how much of it an analysis uses.

    Attributes:
        nuisance: of the detector.
        parameter: its constraint.
        bends: whether it changes shapes; else the total alone, by the same physics.
    """

    nuisance: AbstractNuisance
    parameter: Parameter
    bends: bool = True


class Moving(NamedTuple):
    """What the nuisances of a detector do to a recoil component.

    Attributes:
        effects: of the nuisances.
        parameters: of the effects.
    """

    effects: tuple[AbstractEffect, ...]
    parameters: tuple[Parameter, ...]


def recoil_effects(
    nominal: Float[Array, " bins"],
    moved: Mapping[str, Float[Array, "knots bins"]],
    moves: Iterable[Move],
) -> Moving:
    """The nuisances of a detector on a recoil component, sizes computed for this template.

    Args:
        nominal: template in any unit, (bins,).
        moved: nuisance → prediction in the same unit at its knots, (knots, bins).
        moves: nuisances in use; those that `moved` lacks have no effect on this component.
    """
    effects, known = [], []
    for one in moves:
        name = one.nuisance.name
        if name not in moved:
            continue
        known.append(one.parameter)
        if one.bends:
            effects.append(SoftSpline(name, one.nuisance.knots, spline_heights(moved[name])))
        else:
            down, up = total_ratios(nominal, moved[name])
            effects.append(Exponential(name, up, down))
    return Moving(tuple(effects), tuple(known))


def clock(spec: dict) -> Move:
    """The clock of a data set: {name, sigma_us, knots_us}, later for a positive value."""
    knots = tuple(sorted({0.0, *spec["knots_us"]}))
    held = Parameter(spec["name"], 0.0, spec["sigma_us"], lower=knots[0], upper=knots[-1])
    return Move(Clock(spec["name"], knots), held)
