"""What an analysis is: a count model to build and a detector to predict for."""

from collections.abc import Callable
from typing import NamedTuple

from dmjax.likelihood.count_model import CountModel
from dmjax.prediction.search import Search


class Analysis(NamedTuple):
    """How to make one analysis.

    Attributes:
        name: of the data set, or of the detector of a projection.
        build: (signal, **options) → `CountModel`.
        search: (window, where it has windows) → `Search`, the detector in the same bins.
        options: names of the options that `build` knows.
    """

    name: str
    build: Callable[..., CountModel]
    search: Callable[..., Search]
    options: tuple[str, ...]
