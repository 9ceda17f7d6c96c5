"""Derivatives of limits, forward and in reverse, against finite differences."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dmjax.fits.fit import fit
from dmjax.likelihood.count_model import CountModel, Counts
from dmjax.likelihood.effects import Component, Morph, Scale
from dmjax.likelihood.joint import Data, JointModel, observed_data
from dmjax.likelihood.parameters import Parameter
from dmjax.limits.asymptotic_limits import asymptotic_limit
from dmjax.limits.likelihood_limits import likelihood_limit
from dmjax.limits.test_statistics import strength
from tolerances import tolerance

ON, OFF = [9.0, 7.0, 4.0], [3.0, 2.0, 1.0]
DEPTH = jnp.asarray([1.0, 2.0, 3.5])


def rates(distance, light_yield):
    """Events of a source at a distance, above a threshold that the light yield moves."""
    return 40.0 / distance**2 * jnp.exp(-DEPTH / light_yield)


def joint_at(x, integrate=None):
    """A model whose templates, alternates and widths depend on seven numbers around 1."""
    distance, light, shape, background, alternate, width, size = x
    flux = Scale("flux", 0.0, 1.0)
    neutrinos = background * jnp.asarray([1.5, 1.0, 0.5])
    parts = [
        Component(
            "signal",
            size * rates(4.0 * distance, 2.0 * light),
            (Scale("signal"), flux, Morph("pull", 1.1 * size * shape * rates(4.0, 2.0))),
        ),
        Component("neutrinos", neutrinos, (flux, Morph("tilt", alternate * neutrinos * 1.2))),
    ]
    parameters = [
        Parameter("signal", 1.0, lower=0.0),
        Parameter("flux", 1.0, 0.2, lower=0.0),
        Parameter("pull", 0.0, 1.0, -3.0, 9.0),
        Parameter("tilt", 0.0, 1.0, -3.0, 3.0),
    ]
    joint = JointModel(CountModel("toy", parts, parameters, on=ON, off=OFF), integrate)
    sigmas = joint.parameters.sigmas.at[1].multiply(width)
    return eqx.tree_at(lambda j: j.parameters.sigmas, joint, sigmas)


ONES = jnp.ones(7)
CHOSEN = strength(joint_at(ONES))
DATA = observed_data(joint_at(ONES))


def of_likelihood(x, integrate=None):
    return likelihood_limit(joint_at(x, integrate), CHOSEN, DATA).limit[None]


def of_cls(x):
    found = asymptotic_limit(joint_at(x), CHOSEN, DATA)
    return jnp.concatenate([found.limit[None], found.expected])


def of_p_value(x):
    return asymptotic_limit(joint_at(x), CHOSEN, DATA, cls=False).limit[None]


def of_integral(x):
    return of_likelihood(x, "flux")


FUNCTIONS = [of_likelihood, of_integral, of_cls, of_p_value]
FORWARD = {function: jax.jit(jax.jacfwd(function)) for function in FUNCTIONS}
REVERSE = {function: jax.jit(jax.jacrev(function)) for function in FUNCTIONS}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_limits_move_as_finite_differences_say(function):
    call = jax.jit(function)
    assert np.isfinite(call(ONES)).all()
    step = 1e-4
    numeric = np.stack(
        [(call(ONES + step * h) - call(ONES - step * h)) / (2 * step) for h in np.eye(7)], axis=1
    )
    scale = np.abs(numeric).max(axis=1, keepdims=True)
    forward, reverse = (np.asarray(of[function](ONES)) for of in (FORWARD, REVERSE))
    assert np.max(np.abs(forward - numeric) / scale) < tolerance("gradient")
    assert np.max(np.abs(reverse - forward) / scale) < tolerance("quadrature")


def test_a_batch_of_gradients_is_that_of_each():
    points = jnp.stack([ONES, 1.1 * ONES])
    grads = jax.jit(jax.vmap(jax.jacrev(of_likelihood)))(points)
    alone = REVERSE[of_likelihood](points[1])
    assert np.asarray(grads[1]) == pytest.approx(np.asarray(alone), rel=tolerance("fit"))


@pytest.mark.parametrize("function", [of_likelihood, of_cls])
def test_no_limit_has_no_gradient(function):
    nothing = ONES.at[6].set(0.0)
    for of in (FORWARD, REVERSE):
        assert not np.asarray(of[function](nothing)).any()


def test_fitted_values_move_with_counts_and_templates():
    """One bin: n_signal = (n − b)/s; a fixed parameter moves the others."""

    def fitted(s, n, held):
        parts = [Component("s", [1.0], (Scale("signal"),)), Component("b", [1.0], (Scale("b"),))]
        known = [Parameter("signal", 1.0, lower=0.0), Parameter("b", 2.0, lower=0.0)]
        joint = JointModel(CountModel("bin", parts, known, on=[9]))
        joint = eqx.tree_at(lambda j: j.models[0].components[0].nominal, joint, s[None])
        data = Data((Counts(n[None]),), joint.parameters.centres)
        found = fit(joint, data, jnp.stack([jnp.ones(()), held]), jnp.asarray([False, True]))
        return found.values[0]

    at = tuple(map(jnp.asarray, (2.0, 9.0, 3.0)))
    slopes = jax.jit(jax.grad(fitted, argnums=(0, 1, 2)))(*at)
    exact = [-(9.0 - 3.0) / 2.0**2, 1.0 / 2.0, -1.0 / 2.0]
    assert np.asarray(slopes) == pytest.approx(exact, rel=tolerance("fit"))
