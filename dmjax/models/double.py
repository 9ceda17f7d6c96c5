"""Two mediators: X makes the dark matter, V scatters it ([D20] §6.2, 6.3)."""

import math

import equinox as eqx
import numpy as np
from jax.core import Tracer
from jaxtyping import Array, ArrayLike, Float

from dmjax.constants import E_CHARGE
from dmjax.errors import InputError
from dmjax.models.charges import Charges
from dmjax.models.vector import VectorMediator, mediator

Scalar = Float[Array, ""]


class DoubleMediator(eqx.Module):
    """X in production, V in scattering, one dark matter.

    Only the producer must decay to it; the scatterer may have any mass. Mixed exchange is
    neglected: X in scattering and V in production.

    Attributes:
        producer: X, with its own couplings and charges.
        scatterer: V; the same m_χ, spin and splitting (InputError where concrete values differ).
    """

    producer: VectorMediator
    scatterer: VectorMediator

    def __check_init__(self):
        x, v = self.producer, self.scatterer
        if x.dm != v.dm:
            raise InputError(f"both mediators need one dark-matter spin, got '{x.dm}' and '{v.dm}'")
        for name in ("m_chi", "splitting"):
            ours, theirs = getattr(x, name), getattr(v, name)
            if isinstance(ours, Tracer) or isinstance(theirs, Tracer):
                continue
            if not np.array_equal(ours, theirs):
                raise InputError(f"both mediators need the same {name}, got {ours} and {theirs}")


def producer_of(point: VectorMediator | DoubleMediator) -> VectorMediator:
    """The mediator that makes the dark matter."""
    return point.producer if isinstance(point, DoubleMediator) else point


def scatterer_of(point: VectorMediator | DoubleMediator) -> VectorMediator:
    """The mediator that scatters it."""
    return point.scatterer if isinstance(point, DoubleMediator) else point


def double_mediator(
    m_v: ArrayLike,
    *,
    eps: ArrayLike | None = None,
    g: ArrayLike | None = None,
    model: str | Charges = "dark-photon",
    alpha_d: ArrayLike = 0.5,
    m_chi: ArrayLike = 2.0,
    m_x: ArrayLike = 75.0,
    kappa_x: ArrayLike = 2e-3,
    kappa_d_x: ArrayLike = 1e-7,
    model_x: str | Charges = "baryonic",
    dm: str = "dirac",
    splitting: ArrayLike = 0.0,
    lifetime_ns: ArrayLike | None = None,
) -> DoubleMediator:
    """The slice of [D20] §6.2 and Fig. 8: X = B makes χ, V = A′ scatters it.

    Args:
        m_v: mass of V [MeV]; any.
        eps or g: coupling of V, by its model.
        model, alpha_d: of V.
        m_chi, m_x: masses [MeV], m_chi < m_x/2.
        kappa_x, kappa_d_x: couplings of X to the Standard Model (κ_f itself: εe for a dark photon)
            and to χ (α_D^X = κ_D²/4π).
        model_x: model of X; "baryonic" decays to χχ̄ alone, "leptophobic" is baryon number with the
            mixing ε_X = e κ_X/(4π)² that loops give it, and decays to e⁺e⁻ (99.3 % by default).
        dm, splitting: dark-matter spin, and its splitting [MeV].
        lifetime_ns: proper lifetime of X [ns] instead of ħ over its total width.

    >>> point = double_mediator(30.0, eps=1e-6)
    >>> producer_of(point).model, scatterer_of(point).model
    ('baryonic', 'dark-photon')
    """
    mixed = isinstance(model_x, str) and model_x == "dark-photon"
    producer = mediator(
        model_x,
        m_x,
        m_chi,
        alpha_d=kappa_d_x * kappa_d_x / (4.0 * math.pi),
        eps=kappa_x / E_CHARGE if mixed else None,
        g=None if mixed else kappa_x,
        dm=dm,
        splitting=splitting,
        lifetime_ns=lifetime_ns,
    )
    scatterer = mediator(
        model,
        m_v,
        m_chi,
        alpha_d=alpha_d,
        eps=eps,
        g=g,
        dm=dm,
        splitting=splitting,
        role="scatterer",
    )
    return DoubleMediator(producer, scatterer)
