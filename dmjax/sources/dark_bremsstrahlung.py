"""Dark bremsstrahlung ℓ N → ℓ N V at tree level, exact in every mass.

One photon is exchanged with a spinless nucleus; the azimuth of the momentum transfer is integrated
in closed form. With x = E_V/E, δ = 1 − cos θ, M the nuclear mass and t = −q²:

    d³σ/dx dcosθ dt = (α²/4π) (κx_ℓ)² G(t)/t² · k E/(p |p − k|) · Φ(x, δ, t).

Differences of large numbers (p − k, |u|) are written as quotients of sums.
"""

import math
from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float

from dmjax.constants import ALPHA_EM
from dmjax.numerics import safe_sqrt
from dmjax.sources.lepton_target import Target, form_factors, nuclear_mass

Scalar = Float[Array, ""]
Real = Scalar | float


class Radiation(NamedTuple):
    """A lepton that has radiated V, before it meets the nucleus; MeV.

    Attributes:
        mass, m_v, nucleus: m_ℓ, m_V and M.
        energy, x: of the lepton that comes, and E_V over it.
        p, k: momenta of the lepton and of V.
        delta: 1 − cos θ.
        u: (p − k)² − m_ℓ², negative.
        v2: |p − k|².
        along: p − k cos θ.
    """

    mass: Real
    m_v: Scalar
    nucleus: Real
    energy: Scalar
    x: Scalar
    p: Scalar
    k: Scalar
    delta: Scalar
    u: Scalar
    v2: Scalar
    along: Scalar


def forward(mass: Real, energy: Scalar, m_v: Scalar, x: Scalar) -> tuple[Scalar, Scalar, Scalar]:
    """(p, k, −u) at θ = 0: momenta of lepton and V, and the least virtuality [MeV, MeV, MeV²]."""
    e_v = x * energy
    k, p = safe_sqrt(e_v * e_v - m_v * m_v), safe_sqrt(energy * energy - mass * mass)
    over = (e_v * mass) ** 2 + (m_v * energy) ** 2 - (m_v * mass) ** 2
    return p, k, 2.0 * over / (x * energy * energy + k * p) - m_v * m_v


def radiation(
    target: Target, mass: Real, energy: Scalar, m_v: Scalar, x: Scalar, delta: Scalar
) -> Radiation:
    """The kinematics of V radiated with energy x E at an angle with cos θ = 1 − δ."""
    p, k, least = forward(mass, energy, m_v, x)
    apart = (energy * energy * (1.0 - x * x) + m_v * m_v - mass * mass) / (p + k)
    return Radiation(
        mass=mass,
        m_v=m_v,
        nucleus=nuclear_mass(target),
        energy=energy,
        x=x,
        p=p,
        k=k,
        delta=delta,
        u=-least - 2.0 * k * p * delta,
        v2=apart * apart + 2.0 * p * k * delta,
        along=apart + k * delta,
    )


def transfer_range(r: Radiation) -> tuple[Scalar, Scalar]:
    """Least and largest t = −q² [MeV²]; equal where the nucleus cannot take up the rest.

    t = 2M(√(M² + Q²) − M), Q± = |V(u + 2MS) ∓ S√Δ|/2(S² − V²), S = E′ + M, V = |p − k|,
    Δ = u² + 4MuS + 4M²V²; the smaller root from the product of both.
    """
    m = r.nucleus
    left = (1.0 - r.x) * r.energy + m
    inside = left * left - r.v2
    root = safe_sqrt(r.u * r.u + 4.0 * m * r.u * left + 4.0 * m * m * r.v2)
    opened = (root > 0.0) & (inside > 0.0)
    inside = jnp.where(opened, inside, 1.0)
    largest = (jnp.sqrt(r.v2) * (r.u + 2.0 * m * left) + left * root) / (2.0 * inside)
    opened &= largest > 0.0
    largest = jnp.where(opened, largest, 1.0)
    least = jnp.abs(r.u * (r.u + 4.0 * m * left)) / (4.0 * inside * largest)

    def squared(q: Scalar) -> Scalar:
        return 2.0 * m * q * q / (jnp.sqrt(m * m + q * q) + m)

    high = squared(largest)
    return jnp.where(opened, squared(least), high), high


def summed_squares(r: Radiation, t: Scalar) -> Scalar:
    """Φ(x, δ, t): the squared amplitude, averaged over the azimuth of q.

    Φ = [A₀ + Y A₁ + A₋₁ W^(−1/2) + Y A₋₂ W^(−3/2)]/8M², Y and √(Y² − W) the mean and the swing of
    the virtuality of the other diagram.

    Source: Liu and Miller, arXiv:1705.01633 Eqs. 9–21.
    """
    m, e, x, u, m2 = r.nucleus, r.energy, r.x, r.u, r.m_v * r.m_v
    g = m2 + 2.0 * r.mass**2
    across = u - t * (1.0 + (1.0 - x) * e / m)
    y = -t * (1.0 + e / m) - r.p * r.along / r.v2 * across
    swing = (r.p * r.k / r.v2) ** 2 * r.delta * (2.0 - r.delta)
    q2 = t * t / (4.0 * m * m) + t
    w = y * y - swing * (4.0 * q2 * r.v2 - across * across)
    good = w > 0.0
    root = 1.0 / jnp.sqrt(jnp.where(good, w, 1.0))
    energy2, fraction = 4.0 * e * e, (1.0 - x) * u
    constant = 2.0 * t * u + (t - energy2 * (x - 1.0) ** 2) * g
    zeroth = m * m * constant + 2.0 * e * m * t * (u - (x - 1.0) * g)
    first = 2.0 * t * u + u * u + energy2 * (2.0 * (x - 1.0) * g - t * ((x - 2.0) * x + 2.0))
    first = m * m * (first + 2.0 * t * (t + 2.0 * r.mass**2 - m2))
    first += t * t * (u - m2) - 2.0 * e * m * t * (fraction + (x - 2.0) * (g + t))
    second = -8.0 * m * (energy2 * m - t * (2.0 * e + m)) * g
    total = 8.0 * (zeroth / (u * u) + y * m * m / u + first / u * root) + y * second * root**3
    return jnp.where(good, total, 0.0) / (8.0 * m * m)


def radiated(
    target: Target,
    mass: Real,
    energy: Scalar,
    m_v: Scalar,
    x: Scalar,
    delta: Scalar,
    t: Scalar,
) -> Scalar:
    """d³σ/dx dcosθ dt per (κ_f x_ℓ)² [MeV⁻⁴].

    Args:
        target: the material.
        mass: of the lepton [MeV].
        energy: of the lepton [MeV], above mass + m_V.
        m_v: mass of V [MeV].
        x: E_V/E.
        delta: 1 − cos θ of V.
        t: −q² [MeV²], inside `transfer_range`.

    Valid at tree level for a vector of small coupling; the nucleus is spinless and stays whole in
    G_el; the Landau–Pomeranchuk effect (above TeV) is left out.
    """
    r = radiation(target, mass, energy, m_v, x, delta)
    strength = ALPHA_EM**2 / (4.0 * math.pi) * form_factors(target, t) / (t * t)
    return strength * r.k * r.energy / (r.p * jnp.sqrt(r.v2)) * summed_squares(r, t)
