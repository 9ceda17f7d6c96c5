"""Thermal averages of σv (Gondolo and Gelmini 1991), with nodes at every peak and threshold."""

import math
from collections.abc import Iterator
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from dmjax.constants import M_MUON, M_PION
from dmjax.models import VectorMediator, heavier_mass
from dmjax.numerics import frozen, gauss_legendre
from dmjax.relic.annihilation import SPECIES, full_width, pair_mass, rate_density
from dmjax.relic.bessel import scaled_bessel
from dmjax.relic.resonances import OMEGA, PHI

Scalar = Float[Array, ""]
HOTTEST = 1.0
"""Smallest x = m_χ/T; below it dark matter is relativistic."""
_SPAN = 40.0
"""Largest √s − m_χ − m_χ₂ in units of m_χ: e^{−40} of the integrand at x = 1."""
_ORDER = 4
_START, _STEP = 1e-6, 1e-4
"""Smallest panel above the threshold, and beside others, in units of m_χ."""
_NARROWEST = 1e-13
"""Half width of V in units of m_χ below which its peak is no longer resolved."""
_THRESHOLDS = (2.0 * M_MUON, 2.0 * M_PION)
_DARKEST = -1e6


class Nodes(NamedTuple):
    """Quadrature in E = √s − m_χ − m_χ₂.

    Attributes:
        energy: E [MeV].
        log_rate: ln of weight × σλ there [MeV³]; hugely negative where closed.
    """

    energy: Float[Array, " nodes"]
    log_rate: Float[Array, " nodes"]


def _places(v: VectorMediator, total: Scalar) -> Iterator[tuple[Scalar, Scalar, int]]:
    """(E, width, panels) of the start, the peak of V, thresholds and narrow mesons."""
    start, unit = pair_mass(v), v.m_chi
    yield jnp.zeros_like(start), _START * unit, 24
    yield v.m_v - start, jnp.maximum(0.5 * total, _NARROWEST * unit), 48
    for threshold in _THRESHOLDS:
        yield threshold - start, _STEP * unit, 20
    for one in (OMEGA, PHI):
        yield one.mass - start, 0.5 * one.width * jnp.ones_like(start), 20


def _edges(v: VectorMediator, total: Scalar) -> Float[Array, " edges"]:
    """Panels that shrink towards every place: E = E₀ + γ sinh t, t in equal steps."""
    most = _SPAN * v.m_chi
    found = []
    for place, width, count in _places(v, total):
        t = jnp.linspace(-1.0, 1.0, count + 1) * jnp.arcsinh(most / width)
        found.append(jnp.clip(place + width * jnp.sinh(t), 0.0, most))
    return jnp.sort(jnp.concatenate(found))


def nodes(v: VectorMediator) -> Nodes:
    """Nodes for the thermal averages of one mediator at all temperatures."""
    total = full_width(v)
    edges = _edges(v, total)
    at, share = (jnp.asarray(x) for x in gauss_legendre(_ORDER, 0.0, 1.0))
    panels = jnp.diff(edges)
    energy = (edges[:-1, None] + panels[:, None] * at[None, :]).ravel()
    weight = (panels[:, None] * share[None, :]).ravel()
    rate = weight * jax.vmap(lambda e: rate_density(v, pair_mass(v) + e, total))(energy)
    is_open = rate > 0.0
    return Nodes(energy, jnp.where(is_open, jnp.log(jnp.where(is_open, rate, 1.0)), _DARKEST))


def log_average(v: VectorMediator, held: Nodes, x: Scalar) -> Scalar:
    """ln c⟨σv⟩ of the Boltzmann equation dn/dt + 3Hn = −c⟨σv⟩(n² − n_eq²) [MeV⁻²].

    ⟨σ₁₂v⟩ = ∫ ds σ λ K₁(√s/T)/√s / [8T m₁²m₂² K₂(m₁/T) K₂(m₂/T)]; c is ½ where only χχ̄ pairs
    annihilate, 1 for Majorana, 2n₁n₂/n_eq² for pseudo-Dirac.

    Args:
        v: mediator.
        held: its `nodes`.
        x: m_χ/T, at least 1.

    Returns:
        The logarithm, which holds where the average itself would underflow.

    Source: Gondolo, Gelmini, Nucl. Phys. B360 (1991) 145, Eq. 3.8; Edsjö, Gondolo, hep-ph/9704361.
    """
    temperature = v.m_chi / x
    bessel = scaled_bessel(1, (pair_mass(v) + held.energy) / temperature)
    exponent = held.log_rate - held.energy / temperature
    largest = frozen(jnp.max(exponent))
    summed = largest + jnp.log(jnp.sum(bessel * jnp.exp(exponent - largest)))
    first, second = _log_number(v.m_chi, temperature), _log_number(heavier_mass(v), temperature)
    average = summed - first - second - jnp.log(4.0 * temperature)
    if v.dm != "pseudo-dirac":
        return average + math.log(SPECIES[v.dm].pairs)
    gap = v.splitting / temperature
    return average + math.log(2.0) + first + second - gap - 2.0 * jnp.logaddexp(first, second - gap)


def _log_number(mass: Scalar, temperature: Scalar) -> Scalar:
    """ln of m² K₂(m/T) e^{m/T} [MeV²], as which the density of a species goes at one T."""
    return 2.0 * jnp.log(mass) + jnp.log(scaled_bessel(2, mass / temperature))


def log_yield(v: VectorMediator, x: Scalar) -> Scalar:
    """ln of 45/(4π⁴) Σ g_i (m_i/T)² K₂(m_i/T) e^x: h_eff Y_eq without its exponential."""
    temperature = v.m_chi / x
    total = _log_number(v.m_chi, temperature)
    if v.dm == "pseudo-dirac":
        heavier = _log_number(heavier_mass(v), temperature) - v.splitting / temperature
        total = jnp.logaddexp(total, heavier)
    states = math.log(45.0 * SPECIES[v.dm].degrees / (4.0 * math.pi**4))
    return states + total - 2.0 * jnp.log(temperature)
