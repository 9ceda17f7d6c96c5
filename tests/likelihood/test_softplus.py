"""The fast softplus against NumPy's, with its derivatives."""

import jax
import jax.numpy as jnp
import numpy as np
from scipy.special import expit

from dmjax.likelihood.softplus import softplus
from tolerances import tolerance

X = np.concatenate([np.linspace(-600.0, 600.0, 601), np.linspace(-2.0, 2.0, 401)])


def test_value_and_derivatives_are_exact():
    x = jnp.asarray(X)
    exact = np.logaddexp(0.0, X)
    assert np.allclose(softplus(x), exact, rtol=tolerance("identity"), atol=0.0)
    slope = jax.vmap(jax.grad(softplus))(x)
    bend = jax.vmap(jax.grad(jax.grad(softplus)))(x)
    assert np.allclose(slope, expit(X), rtol=tolerance("identity"), atol=0.0)
    assert np.allclose(bend, expit(X) * expit(-X), atol=tolerance("identity"))


def test_float32_stays_float32():
    single = softplus(jnp.asarray(X[::7], jnp.float32))
    assert single.dtype == jnp.float32
    exact = np.logaddexp(0.0, X[::7])
    assert np.allclose(single, exact, rtol=1e-5, atol=tolerance("identity", "float32"))
