"""χ from π⁰, η → γV (P1), in flight or at rest after charge exchange (P3)."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from dmjax.constants import E_CHARGE
from dmjax.conventions import Conventions
from dmjax.flux.beam import MovingMesons
from dmjax.flux.boxes import Box, box_on_grid, box_points, boxes
from dmjax.flux.mass_shell import mass_nodes
from dmjax.kinematics import two_body_energy
from dmjax.models.vector import VectorMediator, meson_charge
from dmjax.numerics import hat_weights
from dmjax.sources import NeutralMesons
from dmjax.sources.boost import LIGHTEST_MEV, boosted

Scalar = Float[Array, ""]


def meson_yield(mesons: NeutralMesons, v: VectorMediator, mass: Scalar) -> Scalar:
    """V of mass `mass` per meson at κ_f = 1: BR(γγ) 2 p² (1 − m²/m_M²)³; 0 for m ≥ m_M (P1)."""
    open_fraction = jnp.clip(1.0 - (mass / mesons.mass) ** 2, 0.0)
    factor = 2.0 * (meson_charge(v.charges) / E_CHARGE) ** 2
    return mesons.br_two_photons * factor * open_fraction**3


def decay_boxes(
    mesons: NeutralMesons, v: VectorMediator, conventions: Conventions
) -> tuple[Box, Float[Array, " s"]]:
    """χ boxes in the meson's frame, one per mass node, and V per meson in each."""
    nodes = mass_nodes(v, mesons.mass, conventions)
    b = boxes(two_body_energy(mesons.mass, nodes.mass, 0.0), nodes.mass, v.m_chi)
    rate = jax.vmap(meson_yield, in_axes=(None, None, 0))(mesons, v, nodes.mass)
    return b, nodes.weight * rate


def flight_weights(
    moving: MovingMesons, v: VectorMediator, k: Float[Array, " n"], conventions: Conventions
) -> Float[Array, " n"]:
    """χ per POT and sr at each momentum node from mesons in flight (P1).

    dN/dk dΩ = (k²/4πE) ∫ dk′ f(E′) K(y, y′)/E′²: the spectrum in the meson's frame, carried to
    the lab by the beam's boost matrix.
    """
    mesons = moving.mesons
    b, rate = decay_boxes(mesons, v, conventions)
    k_parent, weight = jax.vmap(lambda one: box_points(v, one, conventions.transverse_v))(b)
    weight = rate[:, None] * weight
    m_boost = jnp.maximum(v.m_chi, LIGHTEST_MEV)
    y_parent, y = (jnp.arcsinh(momenta / m_boost) for momenta in (k_parent.ravel(), k))
    flux = boosted(moving.kernel, y_parent, weight.ravel(), y)
    density = k * k / jnp.sqrt(k * k + v.m_chi * v.m_chi) * jnp.clip(flux, 0.0)
    return mesons.per_pot / (4.0 * jnp.pi) * density * hat_weights(k)


def rest_weights(
    mesons: NeutralMesons,
    per_pot: Scalar,
    v: VectorMediator,
    k: Float[Array, " n"],
    conventions: Conventions,
) -> Float[Array, " n"]:
    """χ per POT and sr at each momentum node from mesons at rest: isotropic boxes (P3)."""
    b, rate = decay_boxes(mesons, v, conventions)
    on_grid = jax.vmap(lambda one: box_on_grid(v, one, k, conventions.transverse_v))(b)
    return per_pot / (4.0 * jnp.pi) * (rate @ on_grid)
