"""Missing-energy searches: one count, with pulls of cross section, efficiency and background."""

from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from dmjax.analyses.analysis import Analysis
from dmjax.analyses.ingredients import or_none, pull, signal_parts, yield_factor
from dmjax.errors import InputError
from dmjax.experiments.files import described
from dmjax.experiments.missing_energy import MISSING_SEARCHES, MissingEnergy, missing_energy
from dmjax.experiments.missing_layout import SIGNATURE, is_missing
from dmjax.likelihood.count_model import CountModel
from dmjax.likelihood.effects import Component
from dmjax.likelihood.signals import SignalLike

_LOWEST = 3.0
"""Standard deviations that a yield may fall short by."""


def missing_model(
    search: MissingEnergy, signal: SignalLike | None = None, *, expected: bool = False
) -> CountModel:
    """The Poisson likelihood of a missing-energy search.

    μ = strength N f(θ) + B f(θ_b), f = 1 + σθ, or (1 + σ)^θ for σ > 0.2, θ the pull
    "NAME_efficiency"; the signal has that of the cross sections too, if it was predicted.

    Args:
        search: beam, target, selection and counts.
        signal: events at strength 1, (1,); adds the free parameter "signal".
        expected: whether the data are the expected background, not what was seen.

    Raises:
        InputError: what was seen is asked of a search without data.

    >>> [p.name for p in missing_model(missing_energy("na64-2019"), [1.0]).parameters]
    ['signal', 'na64-2019_efficiency']
    """
    name, counted = label(search.name), search.counted
    if counted.seen is None and not expected:
        raise InputError(f"{name} has no data: give --expected for what it may exclude")
    pulls, effects = [], ()
    if counted.error > 0.0:
        pulls = [pull(f"{name}_background", counted.error, _LOWEST)]
        effects = (yield_factor(pulls[0].name, counted.error),)
    components = []
    if counted.background > 0.0:
        components = [Component("background", np.array([counted.background]), effects)]
    own, error = (), search.efficiency_error
    if error > 0.0:
        own = (pull(f"{name}_efficiency", error, _LOWEST),)
    added = signal_parts(signal, tuple(yield_factor(one.name, error) for one in own), own)
    seen = counted.background if expected else counted.seen
    return CountModel(
        name,
        [*or_none(components, 1), *added.components],
        [*pulls, *added.parameters],
        on=np.array([seen], float),
        axes=[("missing_gev", search.window_gev)],
        expected_data=expected,
    )


class MissingProjection(NamedTuple):
    """A missing-energy search as if nothing were seen but its background.

    Attributes:
        name: of the search, or of the user's file without its ending.
        search: beam, target and selection.
    """

    name: str
    search: MissingEnergy


def missing_projection(name_or_path: str, **options: object) -> MissingProjection | None:
    """The projection of a missing-energy search; None where a name is of no such search.

    Raises:
        InputError: an option of detectors, none of which has an effect.
    """
    if not names_missing(name_or_path):
        return None
    for option, value in options.items():
        if value not in (None, False):
            raise InputError(f"{option} has no effect on missing energy: {label(name_or_path)}")
    return MissingProjection(label(name_or_path), missing_energy(name_or_path))


def names_missing(name_or_path: str) -> bool:
    """Whether a name, or the file of a path, is that of a missing-energy search."""
    if name_or_path.endswith(".toml"):
        return is_missing(described(name_or_path).spec)
    return name_or_path in MISSING_SEARCHES


def label(name_or_path: str) -> str:
    """What a search is called: its name, or that of a user's file without its ending."""
    return Path(name_or_path).stem if name_or_path.endswith(".toml") else name_or_path


def missing_analysis(name_or_path: str) -> Analysis:
    """A missing-energy search as an `Analysis`, shipped or of a user's file."""

    def build(signal: SignalLike | None = None) -> CountModel:
        return missing_model(missing_energy(name_or_path), signal)

    found = partial(missing_energy, name_or_path)
    return Analysis(label(name_or_path), build, found, (), SIGNATURE)


MISSING_ANALYSES = {name: missing_analysis(name) for name in MISSING_SEARCHES}
"""Name → analysis; those without data only answer `--expected`."""
