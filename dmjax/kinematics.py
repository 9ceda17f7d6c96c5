"""Two-body decays and elastic recoils."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from dmjax.numerics import safe_sqrt

Scalar = Float[Array, ""]


def two_body_energy(m_parent: Scalar | float, m_1: Scalar, m_2: Scalar | float) -> Scalar:
    """Energy of particle 1 in the rest frame of parent → 1 + 2.

    E₁ = (M² + m₁² − m₂²) / 2M [MeV]. Meaningful where M > m₁ + m₂; the caller closes the channel.

    >>> round(float(two_body_energy(134.9768, jnp.asarray(75.0), 0.0)), 3)
    88.325
    """
    return (m_parent**2 + m_1**2 - m_2**2) / (2.0 * m_parent)


def box_half_width_squared(e_v: Scalar, m_v: Scalar, m_chi: Scalar) -> Scalar:
    """Half-width squared of the χ energy box of V → χχ̄ seen where V has energy `e_v`.

    (β* p_V / 2)² = (1 − 4m_χ²/m_V²)(E_V² − m_V²)/4 [MeV²]: χ energies fill E_V/2 ± β* p_V/2
    uniformly when the decay is isotropic. Polynomial, so smooth at both thresholds; 0 beyond them.
    """
    beta2 = jnp.clip(1.0 - 4.0 * (m_chi / m_v) ** 2, 0.0)
    return 0.25 * beta2 * jnp.clip(e_v * e_v - m_v * m_v, 0.0)


def recoil_max(m_target: Scalar, m_chi: Scalar, e_chi: Scalar) -> Scalar:
    """Largest recoil energy of a target at rest.

    T_max = 2M p_χ² / (M² + m_χ² + 2M E_χ) [MeV]; 0 where E_χ ≤ m_χ.
    """
    p2 = jnp.clip(e_chi * e_chi - m_chi * m_chi, 0.0)
    return 2.0 * m_target * p2 / (m_target**2 + m_chi**2 + 2.0 * m_target * e_chi)


def momentum_min(m_target: Scalar, m_chi: Scalar, t_recoil: Scalar) -> Scalar:
    """Smallest χ momentum that gives recoil energy T: the inverse of `recoil_max` [MeV].

    E_min = T/2 + ½ √[(T + 2M)(T + 2m_χ²/M)], p_min² = E_min² − m_χ², written without cancellation:
    with a = T/2 and b = ½√(…), p_min² = a² + 2ab + (T² + 2MT + 2m_χ²T/M)/4.

    >>> m, mx, t = jnp.asarray(1e5), jnp.asarray(25.0), jnp.asarray(0.02)
    >>> p = momentum_min(m, mx, t)
    >>> round(float(recoil_max(m, mx, jnp.sqrt(p**2 + mx**2))), 5)
    0.02
    """
    root = 0.5 * safe_sqrt((t_recoil + 2.0 * m_target) * (t_recoil + 2.0 * m_chi**2 / m_target))
    excess = 0.25 * t_recoil * (t_recoil + 2.0 * m_target + 2.0 * m_chi**2 / m_target)
    return safe_sqrt(0.25 * t_recoil**2 + t_recoil * root + excess)
