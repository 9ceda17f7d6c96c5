"""What may be off in a detector, so that everything that recoils in it moves alike."""

import equinox as eqx
from jaxtyping import Array, Float

from dmjax.response import RecoilGrid

SIDES = (-1.0, 0.0, 1.0)
"""Knots, in standard deviations, of a nuisance that is known at its two sides alone."""


class AbstractNuisance(eqx.Module):
    """A nuisance of a detector.

    Attributes:
        name: of its parameter.
        knots: values of the parameter at which counts are predicted, increasing.
    """

    name: eqx.AbstractVar[str]
    knots: eqx.AbstractVar[tuple[float, ...]]


class Clock(AbstractNuisance):
    """The beam comes later on the clock of the data than was thought, by the parameter [µs].

    Arrival times move; an efficiency in time stays with the data.
    """

    name: str = eqx.field(static=True)
    knots: tuple[float, ...] = eqx.field(static=True)


class Sides(AbstractNuisance):
    """Anything that is known one standard deviation down and up, beside the nominal prediction."""

    name: str = eqx.field(static=True)
    knots: tuple[float, ...] = eqx.field(static=True, default=SIDES)


class Responses(AbstractNuisance):
    """Quenching, light yield, resolution or efficiency one standard deviation down and up.

    Attributes:
        recoils: as counted by the two responses, leading axis 2: down, up.
    """

    recoils: RecoilGrid
    name: str = eqx.field(static=True)
    knots: tuple[float, ...] = eqx.field(static=True, default=SIDES)


class Slices(AbstractNuisance):
    """The shares of a third axis (F90) one standard deviation down and up.

    Attributes:
        slices: (2, energy bins, slices): down, up.
    """

    slices: Float[Array, "2 bins slices"]
    name: str = eqx.field(static=True)
    knots: tuple[float, ...] = eqx.field(static=True, default=SIDES)
