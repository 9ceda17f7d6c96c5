"""Dark matter at the detector: where parents and mediator meet.

Every spectrum here is dN_χ/dk dΩ towards the detector [1/(MeV sr POT)], two χ per V, for κ_f = 1;
χ is counted by its momentum k. In the frame where its parent is at rest V has one energy, so χ
fills a box of energies E_V/2 ± β* p_V/2 uniformly, or with the weight of a polarised decay.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from dmjax.constants import E_CHARGE, M_CAPTURE_MAX, M_NEUTRON, M_PION, M_PROTON
from dmjax.kinematics import box_half_width_squared, two_body_energy
from dmjax.models.vector import VectorMediator, capture_charge, meson_charge
from dmjax.numerics import hat_cumulative, hat_weights, safe_sqrt
from dmjax.profiles import CHANNELS, Conventions
from dmjax.sources import (
    CascadePhotons,
    DopplerTable,
    NeutralMesons,
    StoppedPions,
    doppler_density,
)
from dmjax.sources.cascade import emission_suppression

Scalar = Float[Array, ""]
N_BOX_NODES = 12
WIDTH_FLOOR = 1e-5
"""Smallest relative half-width of a box: keeps 0/0 out where a box closes to a line."""


class Beam(eqx.Module):
    """All parents of one beam, and the π⁰ as seen under the detector's angle.

    Attributes:
        mesons, doppler: P1; pions: P2; photons: P4.
        k_max: largest χ momentum that any channel gives [MeV].
    """

    mesons: NeutralMesons
    doppler: DopplerTable
    pions: StoppedPions
    photons: CascadePhotons
    k_max: Scalar


def _half_width(e_v: Scalar, v: VectorMediator) -> Scalar:
    floor = (WIDTH_FLOOR * e_v) ** 2
    return jnp.sqrt(box_half_width_squared(e_v, v.m_v, v.m_chi) + floor)


def decay_weight(v: VectorMediator, cosine: Scalar, transverse: bool) -> Scalar:
    """Angular weight of V → χχ̄ about the V direction, mean 1 over cosθ*.

    Transverse V: sin²θ* for a complex scalar, 1 + cos²θ* + (4m_χ²/m_V²) sin²θ* for Dirac.
    """
    if not transverse:
        return jnp.ones_like(cosine)
    sin2 = 1.0 - cosine * cosine
    if v.dm == "scalar":
        return 1.5 * sin2
    ratio = 4.0 * (v.m_chi / v.m_v) ** 2
    return (2.0 - (1.0 - ratio) * sin2) / (4.0 / 3.0 + 2.0 / 3.0 * ratio)


def meson_yield(mesons: NeutralMesons, v: VectorMediator) -> Scalar:
    """V per POT from M → γV at κ_f = 1: N_M BR(γγ) 2 p² (1 − m_V²/m_M²)³; 0 for m_V ≥ m_M (P1)."""
    open_fraction = jnp.clip(1.0 - (v.m_v / mesons.mass) ** 2, 0.0)
    factor = 2.0 * (meson_charge(v.charges) / E_CHARGE) ** 2
    return mesons.per_pot * mesons.br_two_photons * factor * open_fraction**3


def meson_spectrum(
    beam: Beam, v: VectorMediator, k: Float[Array, " n"], conventions: Conventions
) -> Float[Array, " n"]:
    """χ from π⁰ → γV in flight (P1): (k/4π) ∫ dk′ f(E′) η(v, ln E′/E)/E′², times dE/dk.

    The integral runs over the χ momentum k′ in the π⁰ frame, by Gauss–Legendre across the box;
    half its width cancels against f: dk′/dE′ averages to E_V/(k′₊ + k′₋). Exact for the tabulated
    parents; 0 with zero gradient above m_π⁰.
    """
    e_v = two_body_energy(beam.mesons.mass, v.m_v, 0.0)
    half = _half_width(e_v, v)
    low, high = (_momentum(0.5 * e_v + sign * half, v.m_chi) for sign in (-1.0, 1.0))
    x, w = np.polynomial.legendre.leggauss(N_BOX_NODES)
    x, w = jnp.asarray(x, k.dtype), jnp.asarray(w, k.dtype)
    k_parent = 0.5 * (low + high) + 0.5 * (high - low) * x
    e_parent = jnp.sqrt(k_parent**2 + v.m_chi**2)
    cosine = jnp.clip((e_parent - 0.5 * e_v) / half, -1.0, 1.0)
    weight = w * decay_weight(v, cosine, conventions.transverse_v) / e_parent**2
    weight = weight * e_v / (low + high)
    log_e_parent = jnp.log(e_parent)

    def at(k_i: Scalar) -> Scalar:
        energy = jnp.sqrt(k_i * k_i + v.m_chi * v.m_chi)
        a = jnp.arctan2(k_i, v.m_chi)
        log_g = log_e_parent - jnp.log(energy)
        eta = jax.vmap(doppler_density, in_axes=(None, None, 0))(beam.doppler, a, log_g)
        return k_i * k_i / energy * jnp.dot(weight, eta)

    return meson_yield(beam.mesons, v) / (4.0 * jnp.pi) * jax.vmap(at)(k)


def meson_weights(
    beam: Beam, v: VectorMediator, k: Float[Array, " n"], conventions: Conventions
) -> Float[Array, " n"]:
    """`meson_spectrum` times the quadrature weight of each momentum node."""
    return meson_spectrum(beam, v, k, conventions) * hat_weights(k)


def capture_yield(pions: StoppedPions, v: VectorMediator, conventions: Conventions) -> Scalar:
    """V per POT from π⁻ p → n V at rest at κ_f = 1: N_π⁻ p²; 0 for m_V ≥ 138.28 MeV (P2).

    In `dmjax` conventions only the radiative fraction of the captures counts.
    """
    fraction = 1.0 if conventions.all_captures_radiate else pions.radiative_fraction
    rate = pions.per_pot * fraction * (capture_charge(v.charges) / E_CHARGE) ** 2
    return jnp.where(v.m_v < M_CAPTURE_MAX, rate, jnp.zeros_like(rate))


def capture_weights(
    beam: Beam, v: VectorMediator, k: Float[Array, " n"], conventions: Conventions
) -> Float[Array, " n"]:
    """χ from π⁻ p → n V at rest (P2), one isotropic box, deposited on the momentum nodes.

    E_V = ((m_p + m_π)² − m_n² + m_V²)/2(m_p + m_π) ([D20] Eq. 3.1, without its Gaussian spread).
    """
    mass = M_PROTON + M_PION
    e_v = two_body_energy(mass, jnp.minimum(v.m_v, M_CAPTURE_MAX), M_NEUTRON)
    half = _half_width(e_v, v)
    low, high = (_momentum(0.5 * e_v + sign * half, v.m_chi) for sign in (-1.0, 1.0))
    density = capture_yield(beam.pions, v, conventions) / (4.0 * jnp.pi * half)
    speed = k / jnp.sqrt(k * k + v.m_chi * v.m_chi)
    return density * speed * (hat_cumulative(k, high) - hat_cumulative(k, low))


def _momentum(energy: Scalar, mass: Scalar) -> Scalar:
    floor = (1e-4 * mass) ** 2
    return jnp.sqrt(jnp.clip(energy * energy - mass * mass, floor))


def cascade_weights(
    beam: Beam, v: VectorMediator, k: Float[Array, " n"], conventions: Conventions
) -> Float[Array, " n"]:
    """χ from V in place of a cascade photon (P4), isotropic, V with the photon's energy.

    With E_V = m_V cosh u and E_χ = m_χ cosh y, χ of energy E comes from |y − y*| < u < y + y*,
    so dN/dE dΩ = (p²/2πβ*) ∫ du n(E_V) f(m_V/⟨E_e⟩), n uniform in each bin: a sum over bins
    of the overlap in u. ([D20] §2.1, App. A.) `conventions` does not enter.
    """
    photons = beam.photons
    edges = jnp.maximum(photons.edges, v.m_v) / v.m_v
    u = jnp.log(edges + safe_sqrt(edges * edges - 1.0))
    middle = 0.5 * (photons.edges[1:] + photons.edges[:-1])
    density = photons.photons / jnp.diff(photons.edges)
    strength = jnp.where(photons.edges[1:] > v.m_v, density, 0.0) * emission_suppression(
        v.m_v, middle
    )
    beta = jnp.sqrt(jnp.clip(1.0 - 4.0 * (v.m_chi / v.m_v) ** 2, WIDTH_FLOOR**2))
    y_star = jnp.arcsinh(0.5 * v.m_v * beta / v.m_chi)
    factor = (v.charges.electron / E_CHARGE) ** 2 / (2.0 * jnp.pi * beta)

    def at(k_i: Scalar) -> Scalar:
        y = jnp.arcsinh(k_i / v.m_chi)
        top = jnp.minimum(u[1:], y + y_star)
        bottom = jnp.maximum(u[:-1], jnp.abs(y - y_star))
        speed = k_i / jnp.sqrt(k_i * k_i + v.m_chi * v.m_chi)
        return speed * jnp.dot(strength, jnp.clip(top - bottom, 0.0))

    return factor * jax.vmap(at)(k) * hat_weights(k)


_WEIGHTS = {"pi0": meson_weights, "piminus": capture_weights, "cascade": cascade_weights}


def chi_flux(
    beam: Beam,
    v: VectorMediator,
    k: Float[Array, " n"],
    conventions: Conventions,
    channels: tuple[str, ...] = CHANNELS,
) -> Float[Array, "channels n"]:
    """χ per POT and sr towards the detector at each momentum node, at κ_f = 1.

    Args:
        beam: parents.
        v: mediator; its couplings are not used.
        k: increasing momentum nodes [MeV]; flux outside [k₀, k_n] is dropped.
        conventions: profile.
        channels: any of "pi0", "piminus", "cascade".

    Returns:
        Weights [1/(sr POT)], (channels, n): Σ_i weights_i R(k_i) approximates ∫ dk dN/dk dΩ R(k).
        Every channel is exactly 0 with zero gradient where closed or where m_χ ≥ m_V/2.
    """
    weights = [_WEIGHTS[channel](beam, v, k, conventions) for channel in channels]
    open_decay = v.m_chi < 0.5 * v.m_v
    return jnp.where(open_decay, jnp.stack(weights), 0.0)
