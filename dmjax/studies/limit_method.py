"""Which method answers at each mass of a limit, and what to say of it."""

from typing import NamedTuple

import numpy as np

from dmjax.likelihood.joint import JointModel
from dmjax.limits.low_counts import FEW, deciding_counts, is_known
from dmjax.limits.test_statistics import Strength
from dmjax.prediction.templates import SignalCounts

METHODS = ("auto", "chi2", "asymptotic", "exact", "toys", "fc")
"""auto: chi2, or exact or toys at low counts; chi2: −2Δ ln L above the best fit, 2.71 at 90 %;
asymptotic, exact, toys: CLs by formulas, Poisson probabilities, toys; fc: Feldman–Cousins."""

FORMULAS = ("chi2", "asymptotic")
"""Methods that hold for many counts."""


class Choice(NamedTuple):
    """What is done at each mass.

    Attributes:
        methods: one of `METHODS` each, never "auto".
        notes: why, or what to beware of; "" where there is nothing to say.
    """

    methods: list[str]
    notes: list[str]


def chosen_methods(
    joint: JointModel, chosen: Strength, counts: tuple[SignalCounts, ...], method: str
) -> Choice:
    """The method of every mass: formulas only where counts allow, unless asked for by name.

    Below `FEW` effective counts, about half of them background, the large-sample formulas fail;
    "auto" then takes Poisson probabilities, or toys where a background is only measured or free.

    Args:
        joint, chosen: model and its strength.
        counts: signals, (masses, bins) each.
        method: one of `METHODS`.
    """
    signals = np.concatenate([np.asarray(one.nominal) for one in counts], axis=1)
    deciding = deciding_counts(joint, chosen, signals)
    sure = "exact" if is_known(joint) else "toys"
    methods, notes = [], []
    for number in deciding:
        few = number < FEW
        used = (sure if few else "chi2") if method == "auto" else method
        about = f"{number:.2g} effective counts, formulas hold from {FEW:g}"
        why = f"{about}: {used} in place of chi2" if method == "auto" else f"{about}: use {sure}"
        methods.append(used)
        notes.append(why if few and (method == "auto" or method in FORMULAS) else "")
    return Choice(methods, notes)
