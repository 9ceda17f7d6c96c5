"""Annihilation of dark matter through V into everything that V's charges open."""

import math
from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float

from dmjax.models import VectorMediator, chi_width, fermion_width, heavier_mass
from dmjax.models.widths import FERMION_MASSES
from dmjax.relic.hadrons import hadron_charge

Scalar = Float[Array, ""]


class Species(NamedTuple):
    """How a spin counts.

    Attributes:
        degrees: states of χ and χ̄ together; of χ₁ alone for pseudo-Dirac, χ₂ has as many.
        weight: N_χ of `rate_density`.
        pairs: share of pairs of n that annihilate: ½ where only χχ̄ do.
    """

    degrees: float
    weight: float
    pairs: float


SPECIES = {
    "scalar": Species(2.0, 4.0, 0.5),
    "dirac": Species(4.0, 1.0, 0.5),
    "majorana": Species(2.0, 2.0, 1.0),
    "pseudo-dirac": Species(2.0, 1.0, 1.0),
}


def pair_mass(v: VectorMediator) -> Scalar:
    """m_χ + m_χ₂ [MeV]: where annihilation starts; 2m_χ unless pseudo-Dirac."""
    return v.m_chi + heavier_mass(v)


def hadron_width(v: VectorMediator, mass: Scalar) -> Scalar:
    """Γ(V → hadrons) at invariant mass M [MeV]: κ_f²/4π (M/3) h(M); see `hadron_charge`."""
    return jnp.exp(2.0 * v.log_kappa) * mass * hadron_charge(v.charges, mass) / (12.0 * math.pi)


def visible_width(v: VectorMediator, mass: Scalar) -> Scalar:
    """Width of V, at invariant mass M, into leptons, neutrinos among them, and hadrons [MeV].

    >>> from dmjax.models import mediator
    >>> v = mediator("dark-photon", 75.0, 25.0, eps=1e-3)
    >>> round(1e7 * float(visible_width(v, v.m_v)), 3)
    1.824
    """
    leptons = sum(fermion_width(v, name, mass) for name in FERMION_MASSES)
    return leptons + hadron_width(v, mass)


def full_width(v: VectorMediator) -> Scalar:
    """Γ_V at m_V [MeV], dark, leptonic and hadronic."""
    return chi_width(v) + visible_width(v, v.m_v)


def rate_density(v: VectorMediator, mass: Scalar, total: Scalar) -> Scalar:
    """σ λ(s, m₁², m₂²) = 12πN_χ s² Γ_χ(√s) Γ_SM(√s)/[(s − m_V²)² + m_V²Γ_V²].

    λ = s(s − 4m_χ²) for equal masses. Widths run in the numerator, Γ_V does not.

    Args:
        v: mediator.
        mass: √s [MeV].
        total: Γ_V [MeV], see `full_width`.

    Returns:
        [MeV²]; exactly 0, with gradient 0, at and below m_χ + m_χ₂.

    Source: Breit–Wigner formula, PDG review of kinematics, with running partial widths.
    """
    s = mass * mass
    distance = (mass - v.m_v) * (mass + v.m_v)
    peak = distance * distance + (v.m_v * total) ** 2
    both = chi_width(v, mass) * visible_width(v, mass)
    return 12.0 * math.pi * SPECIES[v.dm].weight * s * s * both / peak
