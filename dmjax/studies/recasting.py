"""`recast`: one curve for other terms."""

from typing import Any

import numpy as np

from dmjax.errors import InputError
from dmjax.models.vector import CUSTOM
from dmjax.recast.curve import Curve, terms_of
from dmjax.recast.library import sliced
from dmjax.recast.recasting import recast
from dmjax.recast.terms import Producer, Terms, charges_of, merged
from dmjax.studies.curve_settings import RecastSettings, TermOptions
from dmjax.studies.curves import found_curve

SPIN = "dirac"
"""Of χ, as everywhere in dmjax, where neither the curve nor the user states one."""
M_CHI_DOUBLE = 2.0
_USUAL = {"dark-photon": "Y", "baryonic": "alpha_B", "leptophobic": "alpha_B"}


def run_recast(settings: RecastSettings) -> Curve:
    """A curve recast; without other options the curve as it was published.

    Args:
        settings: the curve, and what it shall hold for.

    Raises:
        InputError: see `recast.recasting.recast`.
    """
    held = sliced(found_curve(settings.curve), *_masses(settings))
    masses = None if settings.m_v is None else np.sort(np.array(settings.m_v))
    return recast_for(held, settings, masses)


def _masses(asked: TermOptions) -> tuple[float | None, float | None]:
    """m_V/m_χ and m_χ that are asked for."""
    if asked.mass_ratio is not None and asked.m_chi is not None:
        raise InputError("give --mass-ratio or --mchi, not both")
    if asked.m_x is not None and asked.mass_ratio is None and asked.m_chi is None:
        return None, M_CHI_DOUBLE
    return asked.mass_ratio, asked.m_chi


def recast_for(held: Curve, asked: TermOptions, masses: np.ndarray | None = None) -> Curve:
    """A curve for the terms that are asked for.

    Args:
        held: the curve.
        asked: terms, quantity, axis.
        masses: m_V [MeV], or None for its own points.
    """
    own, wanted = terms_of(held), wanted_terms(terms_of(held), asked)
    quantity = asked.coupling or _quantity(held, own, wanted)
    axis = asked.axis or (held.x_quantity if wanted.mass_ratio is not None else "m_V")
    return recast(held, wanted, quantity, axis, masses)


def wanted_terms(own: Terms, asked: TermOptions) -> Terms:
    """A curve's own terms with those that are asked for."""
    given: dict[str, Any] = {"alpha_d": asked.alpha_d, "dm": asked.dm}
    given["mass_ratio"], given["m_chi"] = _masses(asked)
    if asked.charges is not None:
        if asked.model not in (None, CUSTOM):
            raise InputError(f"give a model ('{asked.model}') or charges, not both")
        given |= {"model": CUSTOM, "charges": charges_of(CUSTOM, dict(asked.charges))}
    elif asked.model is not None:
        given["model"] = asked.model
    if asked.m_x is not None:
        given["producer"] = Producer(
            model=asked.model_x or "baryonic",
            m_x=asked.m_x,
            kappa=2e-3 if asked.kappa_x is None else asked.kappa_x,
            kappa_d=1e-7 if asked.kappa_d_x is None else asked.kappa_d_x,
        )
        charges_of(given["producer"].model)
    made = merged(own, **given)
    if made.dm is None and made.alpha_d is not None:
        made = merged(made, dm=SPIN)
    return made


def _quantity(held: Curve, own: Terms, wanted: Terms) -> str:
    """The curve's own quantity where model and mediators stay, else the usual one of the model."""
    if wanted.producer is not None and own.producer is None:
        return "eps" if wanted.model == "dark-photon" else "kappa_V"
    return held.y_quantity if wanted.charges == own.charges else _USUAL.get(wanted.model, "g")
