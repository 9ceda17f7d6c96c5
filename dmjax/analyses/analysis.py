"""What an analysis is: a count model to build and a detector to predict for."""

from collections.abc import Callable
from typing import NamedTuple

from dmjax.experiments.missing_energy import MissingEnergy
from dmjax.likelihood.count_model import CountModel
from dmjax.prediction.search import Search

SCATTERING = "scattering"
"""Signature of χ that is made and scatters; counts grow as the fourth power of the coupling."""


class Analysis(NamedTuple):
    """How to make one analysis.

    Attributes:
        name: of the data set, or of the detector of a projection.
        build: (signal, **options) → `CountModel`.
        search: (window, where it has windows) → `Search`, the detector in the same bins, or
            `MissingEnergy`.
        options: names of the options that `build` knows.
        signature: how the signal is seen: "scattering" or "missing-energy".
    """

    name: str
    build: Callable[..., CountModel]
    search: Callable[..., Search | MissingEnergy]
    options: tuple[str, ...]
    signature: str = SCATTERING
