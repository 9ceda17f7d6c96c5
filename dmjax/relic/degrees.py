"""Effective degrees of freedom of the Standard Model in the early universe."""

from functools import cache

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from dmjax.data import load_table

Scalar = Float[Array, ""]


@cache
def _logarithms() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    held = load_table("relic_degrees").columns
    return np.log(held["temperature"]), held["root"], np.log(held["entropy"])


def root_degrees(temperature: Scalar) -> Scalar:
    """g_*^{1/2} = h/√g (1 + ⅓ dln h/dln T), of the Boltzmann equation.

    Args:
        temperature: of the photons [MeV]; outside 0.02 MeV to 12.6 TeV the value at the end.

    Source: Gondolo, Gelmini, Nucl. Phys. B360 (1991) 145.

    >>> round(float(root_degrees(jnp.asarray(0.01))), 3)
    2.141
    """
    log_t, root, _ = _logarithms()
    return jnp.interp(jnp.log(temperature), log_t, root)


def log_entropy_degrees(temperature: Scalar) -> Scalar:
    """ln h_eff, s = (2π²/45) h_eff T³; arguments and range as of `root_degrees`.

    >>> round(float(jnp.exp(log_entropy_degrees(jnp.asarray(0.01)))), 3)
    3.939
    """
    log_t, _, entropy = _logarithms()
    return jnp.interp(jnp.log(temperature), log_t, entropy)
