"""The counting analysis of an on/off data set in one window ([D20] Eq. 6.2)."""

import math
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from dmjax._version import __version__
from dmjax.analyses.catalogue import data_of
from dmjax.analyses.datasets import Dataset, load_dataset
from dmjax.errors import InputError
from dmjax.prediction.signal import describe_conventions
from dmjax.store.fields import number
from dmjax.store.result import AbstractResult, container
from dmjax.studies.plan import configuration
from dmjax.studies.setting import profile_of
from dmjax.studies.settings import FitSettings

if TYPE_CHECKING:
    import pandas

RADII_FM = (4.7, 5.5)
"""Of [D20]: nuclear radii at which the excess is quoted."""


class Counting(NamedTuple):
    """Counts, backgrounds and excess in a window.

    Attributes:
        n_on, n_off: coincidence and anticoincidence counts.
        n_prompt, n_delayed, n_brn: expected prompt ν, delayed ν, beam-related neutrons.
        excess: n_on − n_off − n_prompt − n_delayed − n_brn.
        significance: excess/√(2 n_off + n_ν + n_brn).
        r_n_fm: rms radius in the neutrino form factor [fm].
    """

    n_on: int
    n_off: int
    n_prompt: float
    n_delayed: float
    n_brn: float
    excess: float
    significance: float
    r_n_fm: float


def counting(data: Dataset) -> Counting:
    """Excess and significance of a data set over its known backgrounds.

    Significance = (N_obs − N_SS − N_ν − N_BRN)/√(2N_SS + N_ν + N_BRN), with N_SS the
    anticoincidence count ([D20] Eq. 6.2).

    Args:
        data: a data set in a window, with `radius_fm` given.

    Returns:
        Counting.

    >>> from dmjax.analyses.datasets import load_dataset
    >>> round(counting(load_dataset("csi2017", "cuts", radius_fm=4.7)).significance, 1)
    2.3
    """
    n_on, n_off = int(data.on.sum()), int(data.off.sum())
    n_prompt, n_delayed, n_brn = (
        float(x.sum()) for x in (data.prompt, data.delayed, data.neutrons)
    )
    known = n_prompt + n_delayed + n_brn
    excess = n_on - n_off - known
    significance = excess / math.sqrt(2 * n_off + known)
    radius = float(data.experiment.single_radius) if data.radius_fm is None else data.radius_fm
    return Counting(n_on, n_off, n_prompt, n_delayed, n_brn, excess, significance, radius)


@container
class CountingResult(AbstractResult):
    """The counting analysis of a data set in the cuts.

    Attributes:
        dataset: name.
        results: a `Counting` for each nuclear radius.
        n_on, n_off, n_prompt, n_delayed, n_brn, excess, significance, r_n_fm: of the first radius;
            see `Counting`.
        conventions, configuration, version: see `LimitResult`.
    """

    kind: ClassVar[str] = "counting"

    dataset: str
    n_on: int
    n_off: int
    n_prompt: float = number("1")
    n_delayed: float = number("1")
    n_brn: float = number("1")
    excess: float = number("1")
    significance: float = number("1")
    r_n_fm: float = number("fm")
    results: list[Counting]
    conventions: dict
    configuration: dict
    version: str = __version__

    def to_pandas(self) -> "pandas.DataFrame":
        """A row for each radius."""
        import pandas

        return pandas.DataFrame([one._asdict() for one in self.results])


def run_counting(settings: FitSettings) -> CountingResult:
    """The counting analysis at each radius of the settings; 4.7 and 5.5 fm where there is none.

    Args:
        settings: of `fit --counting`: one data set, conventions, radii.

    Returns:
        `CountingResult`.
    """
    if len(settings.where) != 1:
        raise InputError(f"counting takes one data set, got {', '.join(settings.where)}")
    chosen = profile_of(settings)
    name = data_of(settings.where[0])
    results = [
        counting(load_dataset(name, "cuts", chosen, radius)) for radius in settings.rn or RADII_FM
    ]
    return CountingResult(
        dataset=name,
        **results[0]._asdict(),
        results=results,
        conventions=describe_conventions(chosen),
        configuration=configuration(settings),
    )
