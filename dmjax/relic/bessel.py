"""Modified Bessel functions K₁ and K₂ without their exponential, as thermal averages need them."""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

LEAST = 1.0
"""Smallest argument."""
_DEGREE = 10


def _scaled(order: int, z: np.ndarray) -> np.ndarray:
    """√z e^z K_n(z) = √2 ∫₀^∞ dw e^{−w²} cosh(nt)/√(1 + w²/2z), sinh(t/2) = w/√(2z).

    The midpoint sum of a function that is smooth and even in w converges exponentially.
    """
    w = (np.arange(128) + 0.5) / 16.0
    u = w / np.sqrt(2.0 * z[:, None])
    integrand = np.exp(-w * w) * np.cosh(2.0 * order * np.arcsinh(u)) / np.sqrt(1.0 + u * u)
    return np.sqrt(2.0) * integrand.sum(axis=1) / 16.0


def _coefficients(order: int) -> np.ndarray:
    """Chebyshev series of √z e^z K_n in 2/z − 1, which is smooth down to 1/z = 0."""
    nodes = np.polynomial.chebyshev.chebpts1(_DEGREE + 1)
    return np.polynomial.chebyshev.chebfit(nodes, _scaled(order, 2.0 / (nodes + 1.0)), _DEGREE)


_SERIES = {order: _coefficients(order) for order in (1, 2)}


def scaled_bessel(order: int, z: Float[Array, "..."]) -> Float[Array, "..."]:
    """e^z K_n(z) for n = 1 or 2 and z ≥ 1, by a Chebyshev series in 1/z.

    Args:
        order: n, 1 or 2; static.
        z: at least 1; below it the series is extrapolated and wrong.

    Returns:
        To 2e-8, relative.

    >>> round(float(scaled_bessel(2, jnp.asarray(1.0))) / jnp.e, 6)
    1.624839
    """
    y = 2.0 / z - 1.0
    later = last = 0.0
    for one in _SERIES[order][:0:-1]:
        later, last = last, one + 2.0 * y * last - later
    return (_SERIES[order][0] + y * last - later) / jnp.sqrt(z)
