"""Where the rules of recasting hold: what is refused, what is cut, what is said."""

from typing import NamedTuple

import numpy as np

from dmjax.constants import M_PI0
from dmjax.errors import InputError
from dmjax.models.couplings import LARGEST_EPS
from dmjax.recast.charges import blind
from dmjax.recast.curve import Curve, terms_of
from dmjax.recast.quantities import MEANINGS
from dmjax.recast.terms import Terms


class Cut(NamedTuple):
    """Masses that go, and the line that says why."""

    gone: np.ndarray
    why: str


def seen_by_scattering(curve: Curve) -> bool:
    """Whether χ itself is detected, so that events go as κ⁴α_D; else κ² counts alone."""
    return curve.detected != "invisible"


def check_rule(curve: Curve, wanted: Terms, quantity: str) -> None:
    """Raise where no rule leads from a curve to the terms or the quantity.

    Raises:
        InputError: one line with what would be right.
    """
    own = terms_of(curve)
    if curve.simulated and wanted != own:
        raise InputError(
            f"{curve.name} holds for {own.words()}; dmjax predicts this experiment, so no rule is "
            f"used: run {curve.simulated} with the terms wanted"
        )
    if (quantity == "br_kaon") != (curve.y_quantity == "br_kaon") and quantity == "br_kaon":
        raise InputError(
            f"{MEANINGS[quantity]} is what curves of K+ decays limit, not {curve.name}"
        )
    if curve.simulated or (wanted.charges == own.charges and wanted.producer is None):
        return
    if curve.made == "kaon":
        raise InputError(
            f"{curve.name}: K+ -> pi+ V is known for kinetic mixing alone; with other charges it "
            "goes through the anomaly or not at all: keep model dark-photon"
        )
    reason = blind(wanted.charges, _made_by_v(curve, wanted), curve.detected)
    if reason:
        raise InputError(f"{curve.name} does not limit {wanted.model}: {reason}")
    if wanted.producer is not None:
        _check_producer(curve, wanted, quantity)


def _made_by_v(curve: Curve, wanted: Terms) -> str:
    """How V itself is made; nothing of it where X is made instead."""
    return curve.made if wanted.producer is None else "beam"


def _check_producer(curve: Curve, wanted: Terms, quantity: str) -> None:
    if not seen_by_scattering(curve):
        raise InputError(f"{curve.name} misses V itself, whatever X is: leave --mx out")
    if curve.made != "pi0":
        raise InputError(f"{curve.name} has no pi0 decays that X could be made in: leave --mx out")
    if quantity in ("Y", "eps4_alpha_D"):
        raise InputError(f"{quantity} is of one mediator: give --coupling eps, g or kappa_V")
    if wanted.alpha_d is None or wanted.dm is None or wanted.m_chi is None:
        raise InputError("two mediators need alpha_D, a spin and m_chi: give --alpha-d, --mchi")
    x = wanted.producer
    if x is not None and not 2.0 * wanted.m_chi < x.m_x < M_PI0:
        raise InputError(
            f"X is made in pi0 decays and decays to chi chi: give m_X between {2 * wanted.m_chi:g} "
            f"and {M_PI0:.1f} MeV, got {x.m_x:g}"
        )


def cuts_of(curve: Curve, wanted: Terms, m_v: np.ndarray) -> list[Cut]:
    """Masses where the rules do not hold."""
    own, found = terms_of(curve), []
    other = wanted.charges != own.charges or wanted.producer is not None
    if curve.made == "pi0" and other and not curve.simulated:
        why = (
            "beyond the pi0 the curve comes from eta decays and bremsstrahlung, which go by other "
        )
        found.append(Cut(m_v >= M_PI0, why + "charges"))
    m_chi = wanted.chi_masses(m_v)
    if m_chi is not None and wanted.producer is None:
        found.append(Cut(m_v <= 2.0 * m_chi, "V -> chi chi is closed"))
    return found


def remarks(curve: Curve, wanted: Terms, eps: np.ndarray, m_v: np.ndarray) -> list[str]:
    """What must be said of a recast curve, a line each."""
    own, said = terms_of(curve), []
    scatters = seen_by_scattering(curve) and not curve.simulated
    if scatters and (wanted.mass_ratio, wanted.m_chi) != (own.mass_ratio, own.m_chi):
        said.append("energies of chi change with m_chi/m_V: not corrected")
    if scatters and wanted.dm != own.dm:
        said.append(
            f"made for {own.dm} chi: rates of other spins differ by 10 to 25 %, couplings by 3 to "
            "6 %: not corrected"
        )
    if scatters and wanted.producer is not None:
        said.append("chi comes from X of one mass, not from V: its energies are not corrected")
    if wanted.producer is None and curve.made == "pi0" and wanted.charges != own.charges:
        said.append("by the charges of pi0 -> gamma V and of what is struck ([D20] Eq. 6.8)")
    if not (seen_by_scattering(curve) or curve.simulated) and wanted.charges != own.charges:
        chi = wanted.dm, wanted.alpha_d, wanted.mass_ratio or wanted.m_chi
        if None in chi:
            said.append("V -> invisible is assumed; with --alpha-d and --mass-ratio it is computed")
    if np.any(eps > LARGEST_EPS):
        masses = m_v[eps > LARGEST_EPS]
        low, high = f"{masses.min():.4g}", f"{masses.max():.4g}"
        ends = low if low == high else f"{low} to {high}"
        said.append(f"kappa > 0.1 e at m_V = {ends} MeV: no limit in earnest")
    return said
