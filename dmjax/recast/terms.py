"""What a limit curve holds for, and the terms that it shall hold for."""

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from dmjax.errors import InputError, unknown_name
from dmjax.models import PRESETS, SPINS, Charges
from dmjax.models.vector import CUSTOM


@dataclass(frozen=True)
class Producer:
    """X of two mediators, which makes χ for V to scatter.

    Attributes:
        model: preset.
        m_x: [MeV].
        kappa: κ_X.
        kappa_d: κ_D^X.
    """

    model: str
    m_x: float
    kappa: float
    kappa_d: float


@dataclass(frozen=True)
class Terms:
    """What a curve holds for; None: not stated, or nothing that the curve depends on.

    Attributes:
        model: preset, or "custom" with charges.
        charges: x_f of V.
        dm: spin of χ.
        alpha_d: α_D.
        mass_ratio, m_chi: m_V/m_χ, or m_χ [MeV]; at most one of them.
        producer: X, where V only scatters.
    """

    model: str = "dark-photon"
    charges: Charges = PRESETS["dark-photon"]
    dm: str | None = None
    alpha_d: float | None = None
    mass_ratio: float | None = None
    m_chi: float | None = None
    producer: Producer | None = None

    def __post_init__(self):
        if self.dm is not None and self.dm not in SPINS:
            raise unknown_name("dark-matter spin", self.dm, SPINS)
        if self.mass_ratio is not None and self.m_chi is not None:
            raise InputError("give mass_ratio (m_V/m_chi) or m_chi, not both")
        if self.mass_ratio is not None and not self.mass_ratio > 2.0:
            raise InputError(
                f"V -> chi chi needs a mass ratio m_V/m_chi above 2, got {self.mass_ratio:g}"
            )

    def chi_masses(self, m_v: np.ndarray) -> np.ndarray | None:
        """m_χ [MeV] at each m_V; None where it is not stated."""
        if self.m_chi is not None:
            return np.full_like(m_v, self.m_chi)
        return None if self.mass_ratio is None else m_v / self.mass_ratio

    def words(self) -> str:
        """The terms as one reads them."""
        parts = [self.model, None if self.dm is None else f"{self.dm} chi"]
        parts.append(None if self.alpha_d is None else f"alpha_D = {self.alpha_d:g}")
        if self.mass_ratio is not None:
            parts.append(f"m_V = {self.mass_ratio:g} m_chi")
        if self.m_chi is not None:
            parts.append(f"m_chi = {self.m_chi:g} MeV")
        return ", ".join(part for part in parts if part)


def charges_of(model: str, charges: dict[str, float] | None = None) -> Charges:
    """x_f of a preset, or of "custom" with charges by name.

    >>> charges_of("b-l").electron
    -1.0
    """
    if model == CUSTOM and charges is not None:
        known = [field.name for field in fields(Charges)]
        for name in charges:
            if name not in known:
                raise unknown_name("charge", name, known)
        return Charges(**charges)
    if model not in PRESETS:
        raise unknown_name("model", model, PRESETS)
    return PRESETS[model]


def merged(own: Terms, **wanted: Any) -> Terms:
    """Terms with what is wanted in place of one's own; None: as it is.

    A wanted mass ratio takes the place of a fixed m_χ, and the other way round.
    """
    given = {name: value for name, value in wanted.items() if value is not None}
    if "model" in given and "charges" not in given:
        given["charges"] = charges_of(given["model"])
    if "mass_ratio" in given and "m_chi" not in given:
        given["m_chi"] = None
    if "m_chi" in given and "mass_ratio" not in given:
        given["mass_ratio"] = None
    return replace(own, **given)
