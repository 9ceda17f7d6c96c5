"""The same minimum by MINUIT, through our value and gradient alone."""

import jax
import jax.numpy as jnp
import numpy as np
from iminuit import Minuit

from dmjax.likelihood.joint import Data, JointModel, log_likelihood


def minuit_of(joint: JointModel, data: Data) -> Minuit:
    """MIGRAD on −2 ln L through our value and gradient alone."""
    two_nll = jax.jit(lambda v: -2.0 * log_likelihood(joint, v, data))
    slope = jax.jit(jax.grad(two_nll))
    fitter = Minuit(
        lambda v: float(two_nll(jnp.asarray(v))),
        np.asarray(joint.parameters.centres),
        grad=lambda v: np.asarray(slope(jnp.asarray(v))),
        name=joint.parameters.names,
    )
    fitter.limits = list(
        zip(np.asarray(joint.parameters.lower), np.asarray(joint.parameters.upper), strict=True)
    )
    fitter.strategy, fitter.tol = 2, 1e-4
    fitter.migrad()
    assert fitter.valid
    return fitter
