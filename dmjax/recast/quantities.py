"""What a limit curve is quoted in, and κ_f = coupling to the Standard Model from it and back."""

import math
from typing import NamedTuple

import numpy as np

from dmjax.constants import E_CHARGE
from dmjax.errors import InputError, unknown_name
from dmjax.recast.kaons import kaon_branching

AXES = ("m_V", "m_chi")
"""Masses that a curve may run against."""

MEANINGS = {
    "eps": "epsilon = kappa/e",
    "eps2": "epsilon^2",
    "Y": "epsilon^2 alpha_D (m_chi/m_V)^4",
    "g": "the coupling kappa itself",
    "alpha_B": "kappa^2/(4 pi)",
    "kappa_V": "kappa of the mediator that scatters, beside another one",
    "eps4_alpha_D": "epsilon^4 alpha_D",
    "br_kaon": "BR(K+ -> pi+ V)",
}
"""Quantity → what it is."""

NEEDS = {"Y": ("alpha_D", "m_chi"), "eps4_alpha_D": ("alpha_D",)}
"""What a quantity cannot be had without."""

POWER = {"eps": 1, "g": 1, "kappa_V": 1, "eps4_alpha_D": 4}
"""Power of κ in a quantity; 2 in others."""


class Setting(NamedTuple):
    """What a quantity is turned into κ with; None where it is not stated.

    Attributes:
        m_v: [MeV].
        m_chi: [MeV], of the shape of m_v.
        alpha_d: κ_D²/4π.
    """

    m_v: np.ndarray
    m_chi: np.ndarray | None
    alpha_d: float | None


def _scale(quantity: str, at: Setting) -> np.ndarray | float:
    """The quantity at κ = e."""
    if quantity not in MEANINGS:
        raise unknown_name("quantity of a curve", quantity, MEANINGS)
    for need in NEEDS.get(quantity, ()):
        held = {"alpha_D": at.alpha_d, "m_chi": at.m_chi}[need]
        if held is None:
            asked = {"alpha_D": "--alpha-d", "m_chi": "--mass-ratio or --mchi"}[need]
            raise InputError(
                f"{quantity} = {MEANINGS[quantity]} needs {need}, which is not stated: give {asked}"
            )
    if quantity == "br_kaon":
        return np.asarray(kaon_branching(at.m_v))
    dark = 1.0 if at.alpha_d is None else at.alpha_d
    if quantity == "Y" and at.m_chi is not None:
        return dark * (at.m_chi / at.m_v) ** 4
    fixed = {
        "eps": 1.0,
        "eps2": 1.0,
        "g": E_CHARGE,
        "kappa_V": E_CHARGE,
        "alpha_B": E_CHARGE**2 / (4.0 * math.pi),
        "eps4_alpha_D": dark,
    }
    return fixed[quantity]


def eps_of(quantity: str, value: np.ndarray, at: Setting) -> np.ndarray:
    """ε = κ/e of a value of a quantity.

    Args:
        quantity: a key of `MEANINGS`.
        value: (masses,).
        at: masses [MeV] and α_D.

    Raises:
        InputError: an unknown quantity, or one that needs an α_D or a mass that is not stated.

    >>> at = Setting(np.array([60.0]), np.array([20.0]), 0.1)
    >>> float(eps_of("Y", np.array([1.1095e-9]), at)[0])
    0.000948
    """
    return (value / _scale(quantity, at)) ** (1.0 / POWER.get(quantity, 2))


def quantity_of(quantity: str, eps: np.ndarray, at: Setting) -> np.ndarray:
    """The value of a quantity at ε: the inverse of `eps_of`."""
    return _scale(quantity, at) * eps ** POWER.get(quantity, 2)
