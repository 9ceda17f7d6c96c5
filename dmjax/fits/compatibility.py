"""Whether two parts of the data agree on the parameters that both depend on."""

import math
from typing import NamedTuple

import jax.numpy as jnp
from jax.scipy.special import ndtri

from dmjax.fits.chi2 import chi2_tail


class Compatibility(NamedTuple):
    """One value of some parameters for two parts of the data, against one for each.

    Attributes:
        two_nll_together, two_nll_apart: −2 ln L with the parameters shared, and with a set of them
            for each part; all other parameters are shared in both.
        tension: their difference, ≥ 0.
        parameters: number of parameters shared or not.
        p_value: of a larger tension where one value serves both, by Wilks.
        significance: in standard deviations, one-sided, ≥ 0.
    """

    two_nll_together: float
    two_nll_apart: float
    tension: float
    parameters: int
    p_value: float
    significance: float


def compatibility(together: float, apart: float, parameters: int) -> Compatibility:
    """Likelihood ratio of shared against separate parameters.

    T = −2 ln L(shared) + 2 ln L(separate) follows χ² of as many degrees of freedom as parameters
    where one value serves both parts, the counts are large and the fit is away from bounds.
    (Wilks; Maltoni and Schwetz, Phys. Rev. D 68 (2003) 033020, with common nuisances.)

    Args:
        together, apart: −2 ln L at the two minima.
        parameters: how many are shared in the first and separate in the second.

    >>> found = compatibility(104.61, 100.0, 2)
    >>> round(found.p_value, 3), round(found.significance, 2)
    (0.1, 1.28)
    """
    tension = max(together - apart, 0.0)
    p = chi2_tail(tension, parameters)
    z = float(-ndtri(jnp.clip(jnp.asarray(p), 1e-300, 1.0))) if p < 0.5 else 0.0
    return Compatibility(together, apart, tension, parameters, p, z if math.isfinite(z) else 0.0)
