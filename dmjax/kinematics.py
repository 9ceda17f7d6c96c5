"""Two-body decays; elastic and inelastic recoils."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from dmjax.numerics import safe_divide, safe_sqrt

Scalar = Float[Array, ""]


def two_body_energy(m_parent: Scalar | float, m_1: Scalar, m_2: Scalar | float) -> Scalar:
    """Energy of particle 1 in the rest frame of parent → 1 + 2.

    E₁ = (M² + m₁² − m₂²) / 2M [MeV]. Meaningful where M > m₁ + m₂; the caller closes the channel.

    >>> round(float(two_body_energy(134.9768, jnp.asarray(75.0), 0.0)), 3)
    88.325
    """
    return (m_parent**2 + m_1**2 - m_2**2) / (2.0 * m_parent)


def pair_speed_squared(mass: Scalar, m_1: Scalar, m_2: Scalar) -> Scalar:
    """(2p*/M)² of M → 1 + 2 at rest: (1 − (m₁ + m₂)²/M²)(1 − (m₁ − m₂)²/M²); 0 where closed.

    1 − 4m²/M² for equal masses: then the speed squared of either.
    """
    total, difference = (m_1 + m_2) / mass, (m_1 - m_2) / mass
    return jnp.clip(1.0 - total * total, 0.0) * (1.0 - difference * difference)


def box_half_width_squared(e_v: Scalar, m_v: Scalar, m_1: Scalar, m_2: Scalar) -> Scalar:
    """Half-width squared of the energy box of either χ of V → χ₁χ₂, where V has energy `e_v`.

    (p* p_V / m_V)² = `pair_speed_squared` × (E_V² − m_V²)/4 [MeV²]: energies of χ₁ fill
    E_V E₁*/m_V ± p* p_V/m_V uniformly when the decay is isotropic. Polynomial, so smooth at both
    thresholds; 0 beyond them.
    """
    return 0.25 * pair_speed_squared(m_v, m_1, m_2) * jnp.clip(e_v * e_v - m_v * m_v, 0.0)


def recoil_max(m_target: Scalar, m_chi: Scalar, k: Scalar) -> Scalar:
    """Largest recoil energy of a target at rest: T_max = 2Mk² / (M² + m_χ² + 2M E_χ) [MeV]."""
    energy = jnp.sqrt(k * k + m_chi * m_chi)
    return 2.0 * m_target * k * k / (m_target**2 + m_chi**2 + 2.0 * m_target * energy)


def recoil_range(
    m_target: Scalar, m_chi: Scalar, k: Scalar, gap: Scalar | float = 0.0
) -> tuple[Scalar, Scalar]:
    """Smallest and largest recoil energy in χ₁ N → χ₂ N on a target at rest, χ₂ of any mass.

    T± = [2Mk² − g(E + M) ± k√λ]/2s, λ = 4M²k² − 4Mg(E + M) + g², s = M² + m_χ² + 2ME,
    g = m_χ₂² − m_χ₁². T₋ is taken from T₊T₋ = g²/4s, which does not cancel.

    Args:
        m_target, m_chi, k: masses and χ₁ momentum [MeV].
        gap: g [MeV²]; 0: elastic, and (T₋, T₊) = (0, T_max); below 0: χ gives up mass.

    Returns:
        (T₋, T₊) [MeV]; (0, 0) below the upscatter threshold √s = M + m_χ₂.

    >>> low, high = recoil_range(jnp.asarray(1e5), jnp.asarray(25.0), jnp.asarray(54.54356), 100.0)
    >>> round(float(low) * 1e3, 5), round(float(high) * 1e3, 3)
    (0.00427, 58.425)
    """
    energy = jnp.sqrt(k * k + m_chi * m_chi)
    s = m_target**2 + m_chi**2 + 2.0 * m_target * energy
    loss = gap * (energy + m_target)
    middle = 2.0 * m_target * k * k - loss
    root2 = 4.0 * m_target * (m_target * k * k - loss) + gap * gap
    reachable = (root2 >= 0.0) & (middle > 0.0)
    high = (middle + k * safe_sqrt(root2)) / (2.0 * s)
    low = gap * gap / (4.0 * s * jnp.where(reachable, high, 1.0))
    return jnp.where(reachable, low, 0.0), jnp.where(reachable, high, 0.0)


def momentum_min(
    m_target: Scalar, m_chi: Scalar, t_recoil: Scalar, gap: Scalar | float = 0.0
) -> Scalar:
    """Smallest χ momentum that gives recoil energy T: the inverse of `recoil_max` [MeV].

    The recoil needs p|q| ≥ ET + a with |q|² = T² + 2MT, a = MT + g/2, g = m_χ₂² − m_χ₁². Equality
    gives E = [aT + |q|S]/2MT, S² = a² + 2MTm_χ², and with it p = |a|q|/T + S|/2M. For g < 0, T
    may lie on either side of the recoil −g/2(M + m_χ) that χ at rest gives, where p = 0.

    Args:
        m_target, m_chi, t_recoil: masses and recoil energy [MeV].
        gap: g [MeV²], above 0 for scatter to a heavier state, below 0 to a lighter; 0: elastic.

    Returns:
        [MeV]. At T ≤ 0: 0, or infinity where g is not 0.

    >>> m, mx, t = jnp.asarray(1e5), jnp.asarray(25.0), jnp.asarray(0.02)
    >>> p = momentum_min(m, mx, t)
    >>> round(float(recoil_max(m, mx, p)), 5)
    0.02
    """
    q = safe_sqrt(t_recoil * (t_recoil + 2.0 * m_target))
    a = m_target * t_recoil + 0.5 * gap
    root = safe_sqrt(a * a + 2.0 * m_target * t_recoil * m_chi**2)
    p = 0.5 * jnp.abs(q + (safe_divide(0.5 * gap * q, t_recoil) + root) / m_target)
    return jnp.where((t_recoil <= 0.0) & (gap != 0.0), jnp.inf, p)
