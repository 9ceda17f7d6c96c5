"""The counting analysis of an on/off data set in one window ([D20] Eq. 6.2)."""

import math
from typing import NamedTuple

from dmjax.analyses.datasets import Dataset


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
