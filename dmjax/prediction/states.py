"""What flies to the detector: χ of one kind, or χ₁ and χ₂ of pseudo-Dirac dark matter apart."""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float

from dmjax.conventions import Conventions
from dmjax.models import VectorMediator, excited, excited_width
from dmjax.models.vector import heavier_mass
from dmjax.units import HBAR_MEV_NS, M_PER_US, US_PER_NS

Scalar = Float[Array, ""]


class State(NamedTuple):
    """One kind of dark matter.

    Attributes:
        make, hit: mediators that make and scatter it, with its own mass as m_χ.
        share: of it among two χ per mediator, where it is made (static).
        decay: its decays on the way times the momentum [MeV]; None: it is stable.
        excited: whether it gives up mass when it scatters (static).
    """

    make: VectorMediator
    hit: VectorMediator
    share: float
    decay: Scalar | None
    excited: bool


def states_of(
    make: VectorMediator, hit: VectorMediator, conventions: Conventions, distance: Scalar
) -> tuple[State, ...]:
    """The kinds of dark matter that fly to a detector.

    One, or for pseudo-Dirac dark matter, unless it is taken "as-lighter", χ₁ and χ₂ with half a
    share each.

    Args:
        make, hit: mediators in production and in scattering, as χ₁ meets them.
        conventions: profile.
        distance: from where χ is made to the detector [m].
    """
    if hit.dm != "pseudo-dirac" or conventions.heavier_state == "as-lighter":
        return (State(make, hit, 1.0, None, False),)
    decay = None
    if conventions.heavier_state == "decaying":
        decay = distance * _decays_per_metre(make, hit)
    heavier = State(excited(make), excited(hit), 0.5, decay, True)
    return State(make, hit, 0.5, None, False), heavier


def share_at(state: State, k: Float[Array, " n"]) -> Float[Array, " n"]:
    """Share of a kind among two χ per mediator that arrives, at momenta k [MeV].

    χ₂ that decay come as far as the detector with the chance e^{−L m₂ Γ/k}. Its two mediators add
    their widths, without interference. A mediator that flies takes its part of the way, which is
    neglected: χ₂ then survive more often than this.
    """
    arrive = jnp.full_like(k, state.share)
    return arrive if state.decay is None else arrive * jnp.exp(-state.decay / k)


def _decays_per_metre(make: VectorMediator, hit: VectorMediator) -> Scalar:
    """m₂ Γ/ħc [MeV/m]: over the momentum, decays of χ₂ per metre."""
    width = excited_width(hit)
    if make is not hit:
        width = width + excited_width(make)
    return width * heavier_mass(hit) / (HBAR_MEV_NS * US_PER_NS * M_PER_US)
