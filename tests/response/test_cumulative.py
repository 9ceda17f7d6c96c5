"""Bins with traced edges against the NumPy path, and their derivatives against differences."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import integrate

from dmjax.experiments import experiment
from dmjax.response import Gaussian, Poisson, accepted_recoils, cumulative_recoils
from tolerances import tolerance

KIND_MEV = {"nucleus": (1.2e5, 2.0), "electron": (0.51, 400.0)}
"""Target mass and endpoint of a recoil spectrum with the propagator of a light mediator."""


def spectrum(t, recoil: str, m_v: float = 20.0):
    """dN/dT of a falling form with an endpoint, T in MeV."""
    mass, end = KIND_MEV[recoil]
    return 1e9 * jnp.clip(1.0 - t / end, 0.0) ** 2 / (2.0 * mass * t + m_v**2) ** 2


def detector(name: str):
    built = experiment(name.split("/")[0])
    spread = {"poisson": Poisson(), "gaussian": Gaussian(jnp.asarray(1.0))}
    if "/" not in name:
        return built
    return eqx.tree_at(
        lambda e: e.response.resolution,
        built,
        spread[name.split("/")[1]],
        is_leaf=lambda x: x is None,
    )


CASES = {
    "coherent-csi": [6.5, 8.0, 12.5, 20.0, 30.0],
    "coherent-csi/poisson": [6.5, 8.0, 12.0, 20.0, 30.0],
    "coherent-csi-2021": [8.0, 10.0, 14.0, 25.0, 50.0],
    "coherent-lar": [4.7, 10.2, 20.2, 35.3, 80.2],
    "jsns2": [3e3, 1e4, 3.3e4, 6e4],
    "jsns2/gaussian": [3e3, 1e4, 3.3e4, 6e4],
    "ccm120": [55.0, 75.0, 120.0, 400.0],
}
HIGHEST = {"nucleus": 1e4, "electron": 1e6}


@pytest.mark.parametrize("name", CASES)
def test_bins_and_their_edges(name):
    """Values and the slope in one edge of the NumPy path to 0.5 %; own slopes, all, to 1e-4."""
    built, edges = detector(name), np.array(CASES[name])

    @jax.jit
    def ours(x):
        grid = cumulative_recoils(built.response, x, built.edges, HIGHEST[built.recoil])
        return grid.fold @ spectrum(grid.t, built.recoil)

    def numpy_path(x):
        grid = accepted_recoils(built.response, x)
        return np.asarray(grid.fold @ spectrum(grid.t, built.recoil))

    assert np.allclose(ours(edges), numpy_path(edges), rtol=tolerance("template"))
    slopes = np.asarray(jax.jit(jax.jacfwd(ours))(jnp.asarray(edges)))
    assert np.allclose(slopes, jax.jit(jax.jacrev(ours))(jnp.asarray(edges)), rtol=1e-9)
    steps = 1e-4 * np.diff(edges, append=2.0 * edges[-1])
    for i, shift in enumerate(np.diag(steps)):
        own = (ours(edges + shift) - ours(edges - shift)) / (2.0 * steps[i])
        size = np.abs(slopes[:, i]).max()
        assert np.allclose(slopes[:, i], own, rtol=0.0, atol=tolerance("gradient") * size)
    shift = np.diag(steps)[2]
    theirs = (numpy_path(edges + shift) - numpy_path(edges - shift)) / (2.0 * steps[2])
    size = np.abs(slopes[:, 2]).max()
    assert np.allclose(slopes[:, 2], theirs, rtol=0.0, atol=tolerance("template") * size)


def test_a_step_of_the_efficiency_inside_a_bin():
    """CCM 120 is closed below 50 keV: a bin across it, against adaptive integration."""
    built = experiment("ccm120")
    grid = cumulative_recoils(built.response, jnp.asarray([30.0, 90.0]), built.edges, 1e4)
    found = float((grid.fold @ spectrum(grid.t, "nucleus"))[0])

    def integrand(kev):
        passed = float(built.response.efficiency.at(jnp.asarray(kev)))
        return 1e-3 * passed * float(spectrum(jnp.asarray(1e-3 * kev), "nucleus"))

    exact, _ = integrate.quad(integrand, 50.0, 90.0, epsrel=1e-9)
    assert abs(found / exact - 1.0) < tolerance("gradient")


def test_the_place_of_a_step_can_be_differentiated():
    built, edges = experiment("ccm120"), jnp.asarray([30.0, 90.0])

    @jax.jit
    def counted(first):
        x = built.response.efficiency.x.at[0].set(first)
        response = eqx.tree_at(lambda r: r.efficiency.x, built.response, x)
        grid = cumulative_recoils(response, edges, built.edges, 1e4)
        return (grid.fold @ spectrum(grid.t, "nucleus"))[0]

    exact = jax.jit(jax.grad(counted))(51.3)
    numeric = (counted(51.31) - counted(51.29)) / 0.02
    assert exact < 0.0 and abs(numeric / exact - 1.0) < tolerance("gradient")
