"""Dark bremsstrahlung integrated: over t, over angles, over energies.

Nodes lie at equal steps of ln t, of ln(u/u₀) (u₀: forward) and of ln(1 − x), in which the integrand
is smooth: 40 × 32 × 20 of them are within 0.2 % of many more, within 0.03 % on average.
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from dmjax.numerics import gauss_legendre
from dmjax.sources.dark_bremsstrahlung import forward, radiated, radiation, transfer_range
from dmjax.sources.lepton_target import Target, nuclear_mass, screening_length

Scalar = Float[Array, ""]
Real = Scalar | float
T_NODES, ANGLE_NODES, ENERGY_NODES = 40, 32, 20
FARTHEST = 13.0
"""ln(u/u₀) where angles end: what lies beyond is e⁻¹³ of all."""
SCREENED = 1e-5
"""t a², below which the atom is neutral."""
HARDEST_MEV2 = 3e7
"""t where form factors have ended every nucleus, unless t begins near it."""


def angle_density(
    target: Target, mass: Real, energy: Scalar, m_v: Scalar, x: Scalar, delta: Scalar
) -> Scalar:
    """dσ/dx dcosθ per (κ_f x_ℓ)² [MeV⁻²] at cos θ = 1 − δ; 0 where it is closed.

    V is collinear: θ is of the order of the larger of (m_V/E)^(3/2) and m_ℓ/E.
    """
    low, high = transfer_range(radiation(target, mass, energy, m_v, x, delta))
    low = jnp.maximum(low, SCREENED / screening_length(target) ** 2)
    high = jnp.minimum(high, jnp.maximum(HARDEST_MEV2, 1e3 * low))
    opened = high > low
    span = jnp.log(jnp.where(opened, high / jnp.where(opened, low, 1.0), 1.0))
    nodes, weights = gauss_legendre(T_NODES, 0.0, 1.0)
    t = jnp.where(opened, low, 1.0) * jnp.exp(span * nodes)
    inside = jax.vmap(lambda one: radiated(target, mass, energy, m_v, x, delta, one))(t)
    return jnp.where(opened, span * jnp.sum(weights * t * inside), 0.0)


def spectrum(target: Target, mass: Real, energy: Scalar, m_v: Scalar, x: Scalar) -> Scalar:
    """dσ/dx per (κ_f x_ℓ)² [MeV⁻²], x = E_V/E; exactly 0 where it is closed.

    Args:
        target: the material.
        mass: of the lepton [MeV].
        energy: of the lepton [MeV].
        m_v: mass of V [MeV].
        x: between m_V/E and 1 − m_ℓ/E, open ends.
    """
    opened = (x * energy > m_v) & ((1.0 - x) * energy > mass)
    x = jnp.where(opened, x, 0.5)
    m_v = jnp.where(opened, m_v, 0.1 * energy)
    p, k, least = forward(mass, energy, m_v, x)
    farthest = 2.0 * nuclear_mass(target) * ((1.0 - x) * energy - mass)
    most = jnp.minimum(jnp.log1p(4.0 * k * p / least), jnp.log(farthest / least))
    most = jnp.clip(most, 0.0, FARTHEST)
    nodes, weights = gauss_legendre(ANGLE_NODES, 0.0, 1.0)
    steps = most * nodes
    scale = least / (2.0 * k * p)
    inside = jax.vmap(
        lambda step: angle_density(target, mass, energy, m_v, x, scale * jnp.expm1(step))
    )(steps)
    return jnp.where(opened, most * scale * jnp.sum(weights * jnp.exp(steps) * inside), 0.0)


def energy_nodes(
    mass: Real, energy: Scalar, m_v: Scalar, least: Scalar
) -> tuple[Float[Array, " nodes"], Float[Array, " nodes"]]:
    """Nodes and weights of ∫dx over E_V > `least` [MeV] in ln(1 − x); weights 0 where closed."""
    low = jnp.maximum(least, m_v) / energy
    opened = low < 1.0 - mass / energy
    first, last = jnp.log1p(-jnp.where(opened, low, 0.0)), jnp.log(mass / energy)
    nodes, weights = gauss_legendre(ENERGY_NODES, 0.0, 1.0)
    rest = jnp.exp(last + (first - last) * nodes)
    return 1.0 - rest, jnp.where(opened, (first - last) * rest * weights, 0.0)


def cross_section(target: Target, mass: Real, energy: Scalar, m_v: Scalar, least: Scalar) -> Scalar:
    """σ(E_V > least) per (κ_f x_ℓ)² [MeV⁻²]; exactly 0, with gradient 0, where it is closed.

    Args:
        target: the material.
        mass: of the lepton [MeV].
        energy: of the lepton [MeV].
        m_v: mass of V [MeV].
        least: energy that V must have [MeV].
    """
    x, weights = energy_nodes(mass, energy, m_v, least)
    return jnp.sum(weights * jax.vmap(lambda one: spectrum(target, mass, energy, m_v, one))(x))
