"""χ² tails, and the rise of −2 ln L that marks a limit."""

import jax
import jax.numpy as jnp
from jax.scipy.special import gammaincc
from jaxtyping import Array, ArrayLike, Float


def chi2_tail(statistic: float, dof: int) -> float:
    """Probability of a larger χ² of `dof` degrees of freedom; 1 without any.

    >>> round(chi2_tail(2.706, 1), 3)
    0.1
    """
    if dof < 1:
        return 1.0
    return float(gammaincc(jnp.asarray(0.5 * dof, float), jnp.asarray(0.5 * statistic, float)))


def likelihood_threshold(cl: Float[ArrayLike, ""]) -> Float[Array, ""]:
    """The rise of −2Δln L that marks a limit: the χ²₁ quantile, Φ⁻¹((1 + cl)/2)².

    Args:
        cl: confidence level, 0 < cl < 1.

    Returns:
        The threshold: 2.706 for 90 %.

    Source: [D20] (arXiv:2006.09386) quotes Δχ² = 2.71.

    >>> round(float(likelihood_threshold(0.90)), 3)
    2.706
    """
    return jax.scipy.special.ndtri(0.5 * (1.0 + jnp.asarray(cl))) ** 2
