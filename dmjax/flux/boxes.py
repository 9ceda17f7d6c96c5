"""χ energies where the parent is at rest: V has one energy there, so they fill a box.

E_V E*/m_V ± p* p_V/m_V uniformly, or with the weight of a polarised decay: E′ is linear in cosθ*.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from dmjax.conventions import Conventions
from dmjax.kinematics import box_half_width_squared
from dmjax.models.vector import VectorMediator, heavier_mass
from dmjax.numerics import hat_cumulative, safe_divide, safe_sqrt

Scalar = Float[Array, ""]
N_BOX_NODES = 8
WIDTH_FLOOR = 1e-5
"""Smallest relative half-width of a box: keeps 0/0 out where a box closes to a line."""


class Box(NamedTuple):
    """χ of V of mass `mass`, m₁ + m₂ = total: energies middle ± half, and their momenta [MeV]."""

    mass: Scalar
    total: Scalar
    middle: Scalar
    half: Scalar
    low: Scalar
    high: Scalar


def momentum(energy: Scalar, mass: Scalar) -> Scalar:
    """√(E² − m²), held above 1e−4 m so that it stays differentiable at rest."""
    floor = (1e-4 * mass) ** 2
    return jnp.sqrt(jnp.clip(energy * energy - mass * mass, floor))


def chi_pair(v: VectorMediator, conventions: Conventions) -> tuple[Scalar, Scalar]:
    """Masses of the χ that is counted and of the other one of V → χχ̄ [MeV]."""
    alike = conventions.heavier_state == "as-lighter"
    return v.m_chi, v.m_chi if alike else heavier_mass(v)


def box(e_v: Scalar, mass: Scalar, m_chi: Scalar, other: Scalar) -> Box:
    """The box of χ, the partner of `other`, for V of energy e_v and invariant mass `mass`."""
    floor = (WIDTH_FLOOR * e_v) ** 2
    half = jnp.sqrt(box_half_width_squared(e_v, mass, m_chi, other) + floor)
    middle = 0.5 * e_v * (1.0 + (m_chi - other) * (m_chi + other) / mass**2)
    low, high = (momentum(middle + sign * half, m_chi) for sign in (-1.0, 1.0))
    return Box(mass, m_chi + other, middle, half, low, high)


def decay_weight(
    v: VectorMediator, mass: Scalar, total: Scalar, cosine: Scalar, transverse: bool
) -> Scalar:
    """Angular weight of V → χ₁χ₂ about the V direction, mean 1 over cosθ*; total = m₁ + m₂.

    Transverse V: sin²θ* for a complex scalar, 1 + cos²θ* for an axial current (Majorana),
    1 + cos²θ* + ((m₁ + m₂)²/m_V²) sin²θ* for a vector current (Dirac, pseudo-Dirac).
    """
    if not transverse:
        return jnp.ones_like(cosine)
    sin2 = 1.0 - cosine * cosine
    if v.dm == "scalar":
        return 1.5 * sin2
    ratio = 0.0 if v.dm == "majorana" else jnp.minimum((total / mass) ** 2, 1.0)
    return (2.0 - (1.0 - ratio) * sin2) / (4.0 / 3.0 + 2.0 / 3.0 * ratio)


def box_points(
    v: VectorMediator, b: Box, transverse: bool
) -> tuple[Float[Array, " c"], Float[Array, " c"]]:
    """Momenta k′ and weights 2 f(E′) dk′/E′² of the two χ per V, f normalised to one.

    Gauss–Legendre in k′; the box's width cancels against f: dk′/dE′ averages to 2E/(k′₊ + k′₋),
    E the middle.
    """
    x, w = (jnp.asarray(c, b.middle.dtype) for c in np.polynomial.legendre.leggauss(N_BOX_NODES))
    k = 0.5 * (b.low + b.high) + 0.5 * (b.high - b.low) * x
    energy = jnp.sqrt(k * k + v.m_chi * v.m_chi)
    cosine = jnp.clip((energy - b.middle) / b.half, -1.0, 1.0)
    angular = decay_weight(v, b.mass, b.total, cosine, transverse)
    shape = angular * (2.0 * b.middle) / (b.low + b.high)
    return k, w * shape / energy**2


def box_on_grid(
    v: VectorMediator, b: Box, k: Float[Array, " n"], transverse: bool
) -> Float[Array, " n"]:
    """Quadrature weights on momentum nodes k of one box at rest: Σ = 2 χ per V inside the grid.

    The uniform box is deposited exactly; a polarised decay weighs the nodes, scaled to the exact
    mean weight of the part of the box that the grid covers, however narrow the box.
    """
    energy = jnp.sqrt(k * k + v.m_chi * v.m_chi)
    flat = k / energy / b.half * (hat_cumulative(k, b.high) - hat_cumulative(k, b.low))
    if not transverse:
        return flat
    cosine = jnp.clip((energy - b.middle) / b.half, -1.0, 1.0)
    weighted = flat * decay_weight(v, b.mass, b.total, cosine, transverse)
    low, high = cosine[0], cosine[-1]
    mean_square = (low * low + low * high + high * high) / 3.0
    mean = decay_weight(v, b.mass, b.total, safe_sqrt(mean_square), transverse)
    found = weighted.sum()
    return jnp.where(found > 0.0, weighted * mean * safe_divide(flat.sum(), found), mean * flat)


def boxes(e_v: Float[Array, " s"], mass: Float[Array, " s"], pair: tuple[Scalar, Scalar]) -> Box:
    """Many boxes of one pair of masses, from `chi_pair`, as one NamedTuple of arrays."""
    return jax.vmap(box, in_axes=(0, 0, None, None))(e_v, mass, *pair)
