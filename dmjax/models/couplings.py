"""Conversions between coupling conventions."""

import jax.numpy as jnp
from jaxtyping import Array, Float

Scalar = Float[Array, ""]


def y_from_eps(eps, alpha_d, mass_ratio):
    """Y = ε² α_D (m_χ/m_V)⁴ with mass_ratio = m_V/m_χ ([D20] §6.1).

    >>> round(float(y_from_eps(1e-4, 0.5, 3.0)) * 1e11, 4)
    6.1728
    """
    return eps**2 * alpha_d / mass_ratio**4


def eps_from_y(y, alpha_d, mass_ratio):
    """ε = √(Y/α_D) (m_V/m_χ)²: the inverse of `y_from_eps`."""
    return jnp.sqrt(jnp.asarray(y / alpha_d)) * mass_ratio**2
