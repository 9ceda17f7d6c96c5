"""What is known of a parameter besides the counts: densities, and auxiliary toys."""

import math

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.special import gammaln
from jaxtyping import Array, Float, PRNGKeyArray

from dmjax.likelihood.parameters import ParameterSet

Values = Float[Array, " parameters"]
_HALF_LOG_2PI = 0.5 * math.log(2.0 * math.pi)
_SMALLEST = 1e-9
"""Share of the centre below which a log-normal or gamma parameter is taken as that share."""


def log_constraint(
    parameters: ParameterSet, values: Values, centres: Values, without: int | None = None
) -> Float[Array, ""]:
    """Σ ln p(auxiliary measurement | value) of the constrained parameters.

    With c the auxiliary measurement, v the value and σ, c₀ of the parameter:
    normal: c ~ N(v, σ²); log-normal: ln c ~ N(ln v, s²), s = ln(1 + σ/c₀); gamma: n = τc counts
    were seen where τv are expected, τ = c₀/σ². Uniform and free parameters add nothing.

    Args:
        parameters: which are constrained, and how.
        values: of the parameters.
        centres: the auxiliary measurements: `parameters.centres`, or those of a toy.
        without: position of a parameter whose constraint is left out (static).

    Returns:
        ln of the constraint, a density of `centres` over its whole line; ranges do not enter.

    >>> from dmjax.likelihood.parameters import Parameter, parameter_set
    >>> known = parameter_set([Parameter("flux", 1.0, 0.1), Parameter("mu", 0.0)])
    >>> round(float(log_constraint(known, jnp.asarray([1.1, 5.0]), known.centres)), 3)
    0.884
    """
    total = jnp.zeros((), values.dtype)
    for kind, density in _DENSITIES.items():
        held = np.array([k == kind for k in parameters.kinds])
        if without is not None:
            held[without] = False
        if held.any():
            place = np.flatnonzero(held)
            rows = (values, centres, parameters.centres, parameters.sigmas)
            v, c, c0, sigma = (row.astype(values.dtype)[place] for row in rows)
            total = total + jnp.sum(density(v, c, c0, sigma))
    return total


def throw_centres(parameters: ParameterSet, values: Values, key: PRNGKeyArray) -> Values:
    """Auxiliary measurements of a toy at true values; free parameters keep their centres.

    Args:
        parameters: which are constrained, and how.
        values: the truth.
        key: of `jax.random`.

    >>> from dmjax.likelihood.parameters import Parameter, parameter_set
    >>> known = parameter_set([Parameter("n", 5.0, 1.0, lower=0.0, constraint="log-normal")])
    >>> bool(throw_centres(known, known.centres, jax.random.key(1))[0] > 0.0)
    True
    """
    kinds, dtype = np.array(parameters.kinds), values.dtype
    centres, sigmas = parameters.centres.astype(dtype), parameters.sigmas.astype(dtype)
    noise = jax.random.normal(key, values.shape, dtype)
    thrown = jnp.where(kinds == "normal", values + noise * _finite(sigmas), centres)
    if "log-normal" in parameters.kinds:
        width = _log_width(_positive(centres), _finite(sigmas))
        spread = values * jnp.exp(noise * width)
        thrown = jnp.where(kinds == "log-normal", spread, thrown)
    if "gamma" in parameters.kinds:
        rate = jnp.where(kinds == "gamma", centres, 1.0) / _finite(sigmas) ** 2
        mean = jnp.where(kinds == "gamma", jnp.maximum(values, 0.0), 1.0) * rate
        counts = jax.random.poisson(jax.random.fold_in(key, 1), mean).astype(dtype)
        thrown = jnp.where(kinds == "gamma", counts / rate, thrown)
    return thrown


def _finite(sigmas: Values) -> Values:
    return jnp.where(jnp.isfinite(sigmas), sigmas, 1.0)


def _positive(centres: Values) -> Values:
    return jnp.where(centres > 0.0, centres, 1.0)


def _log_width(centre, sigma):
    return jnp.log1p(sigma / centre)


def _normal(v, c, c0, sigma):
    pull = (v - c) / sigma
    return -0.5 * pull * pull - jnp.log(sigma) - _HALF_LOG_2PI


def _log_normal(v, c, c0, sigma):
    width = _log_width(c0, sigma)
    floor = _SMALLEST * c0
    pull = (jnp.log(jnp.maximum(v, floor)) - jnp.log(c)) / width
    return -0.5 * pull * pull - jnp.log(width * c) - _HALF_LOG_2PI


def _gamma(v, c, c0, sigma):
    rate = c0 / sigma**2
    n, mean = rate * c, rate * jnp.maximum(v, _SMALLEST * c0)
    return n * jnp.log(mean) - mean - gammaln(n + 1.0) + jnp.log(rate)


_DENSITIES = {"normal": _normal, "log-normal": _log_normal, "gamma": _gamma}
