"""What flies to the detector: χ of one kind, or χ₁ and χ₂ of pseudo-Dirac dark matter apart."""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float

from dmjax.conventions import Conventions
from dmjax.models import VectorMediator, excited, excited_width
from dmjax.units import HBAR_MEV_NS, M_PER_US, US_PER_NS

Scalar = Float[Array, ""]


class State(NamedTuple):
    """One kind of dark matter.

    Attributes:
        make, hit: mediators that make and scatter it, with its own mass as m_χ.
        share: of it among two χ per mediator, at each momentum.
    """

    make: VectorMediator
    hit: VectorMediator
    share: Float[Array, " n"]


def states_of(
    make: VectorMediator,
    hit: VectorMediator,
    conventions: Conventions,
    k: Float[Array, " n"],
    distance: Scalar,
) -> tuple[State, ...]:
    """The kinds of dark matter that reach a detector.

    One, or for pseudo-Dirac dark matter, unless it is taken "as-lighter", χ₁ and χ₂ with half a
    share each; "decaying" χ₂ times their chance to arrive.

    Args:
        make, hit: mediators in production and in scattering, as χ₁ meets them.
        conventions: profile.
        k: momenta [MeV].
        distance: from where χ is made to the detector [m].
    """
    if hit.dm != "pseudo-dirac" or conventions.heavier_state == "as-lighter":
        return (State(make, hit, jnp.ones_like(k)),)
    half = jnp.full_like(k, 0.5)
    arrive = half
    if conventions.heavier_state == "decaying":
        arrive = half * survival(make, hit, k, distance)
    return State(make, hit, half), State(excited(make), excited(hit), arrive)


def survival(
    make: VectorMediator, hit: VectorMediator, k: Float[Array, " n"], distance: Scalar
) -> Float[Array, " n"]:
    """Chance of χ₂ of momentum k to come as far as the detector: e^{−L m₂ Γ/k}.

    Two mediators add their widths, without interference. A mediator that flies takes its part of
    the way, which is neglected: χ₂ then survive more often than this.
    """
    width = excited_width(hit)
    if make is not hit:
        width = width + excited_width(make)
    rate = width / (HBAR_MEV_NS * US_PER_NS * M_PER_US)
    return jnp.exp(-distance * rate * (hit.m_chi + hit.splitting) / k)
