"""The dense grid: CsI 2017 with α integrated, Laplace's approximation beside it, its regions."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.special import logsumexp
from scipy.stats import norm

from dmjax.analyses.csi2017 import csi2017, csi2017_search
from dmjax.bayes.grid import axis, credible_levels, grid_posterior
from dmjax.bayes.hypothesis import at_mass
from dmjax.errors import InputError
from dmjax.likelihood.joint import JointModel, log_likelihood, observed_data
from dmjax.prediction.signal import Signal
from dmjax.prediction.tables import signal_table, strength_at
from dmjax.prediction.templates import at_index
from tolerances import tolerance

POINTS = (
    (1.0, 1e-12),
    (6.025736938075172, 1.0985411419875577e-10),
    (56.88828980399403, 1.842069969326712e-9),
    (139.64582691575066, 2.811768697974224e-10),
    (1.5667602406169558, 6.866488450042994e-9),
)
"""(m_V [MeV], Y), the last with so many events that α is left at −1 + 1e−3."""


def setting(window: str, masses):
    signal = Signal(source_errors=False)
    table = signal_table([csi2017_search(window)], signal, masses)
    return table, csi2017(at_index(table.counts, 0)[0], window=window)


@pytest.fixture(scope="module", params=("cuts", "no-cuts"))
def printed(request):
    masses, couplings = (np.sort(np.log(column)) for column in np.array(POINTS).T)
    table, model = setting(request.param, masses)
    axes = jnp.asarray(masses), jnp.asarray(couplings)
    return axes, table, model


def _at(grid, points):
    rows = [np.argmin(np.abs(np.asarray(grid.log_m_v) - np.log(m))) for m, _ in points]
    columns = [np.argmin(np.abs(np.asarray(grid.log_coupling) - np.log(y))) for _, y in points]
    return np.asarray(grid.log_likelihood)[rows, columns]


def _summed(model, table, m_v, y):
    """ln ∫dα L N(α; 0, 0.28)/P(α > −1) by a dense sum over ln(1 + α)."""
    joint = JointModel(model)
    at, data = at_mass(joint, table, jnp.asarray(m_v)), observed_data(joint)
    strength = strength_at(table, jnp.asarray(m_v), jnp.asarray(y))
    logs = jnp.linspace(np.log(1e-6), np.log(4.0), 20_001)
    rows = jnp.stack([jnp.expm1(logs), jnp.full(logs.shape, strength)], axis=1)
    every = jax.jit(jax.vmap(lambda row: log_likelihood(at, row, data)))(rows) + logs
    return float(logsumexp(every)) + np.log(float(logs[1] - logs[0])) - norm.logcdf(1.0 / 0.28)


def test_csi2017_with_alpha_integrated_is_a_dense_sum_over_alpha(printed):
    """Also where 4e5 signal events leave α at −1 + 1e−3."""
    axes, table, model = printed
    exact = grid_posterior(JointModel(model, "csi_signal"), table, *axes)
    wanted = [_summed(model, table, m_v, y) for m_v, y in POINTS]
    assert np.allclose(_at(exact, POINTS), wanted, atol=tolerance("normalisation"))
    laplace = grid_posterior(JointModel(model), table, *axes)
    assert np.allclose(laplace.log_likelihood, exact.log_likelihood, atol=tolerance("benchmark"))


def test_a_profiled_grid_is_the_maximum_over_alpha(printed):
    """ln L at its largest on a fine grid of α, whose step leaves less than the tolerance."""
    axes, table, model = printed
    joint = JointModel(model)
    ours = grid_posterior(joint, table, *axes, method="profile").log_likelihood
    i, j = 1, 2
    m_v, y = (jnp.exp(points[k]) for points, k in zip(axes, (i, j), strict=True))
    at, data = at_mass(joint, table, m_v), observed_data(joint)
    strength = strength_at(table, m_v, y)
    alphas = jnp.linspace(-0.99, 1.0, 40_001)
    rows = jnp.stack([alphas, jnp.full(alphas.shape, strength)], axis=1)
    every = jax.jit(jax.vmap(lambda row: log_likelihood(at, row, data)))(rows)
    assert joint.parameters.names == ("csi_signal", "signal")
    assert float(ours[i, j]) == pytest.approx(float(jnp.max(every)), abs=tolerance("fit"))


def test_credible_levels_of_a_gaussian():
    x = jnp.linspace(-7.0, 7.0, 801)
    log_density = -0.5 * (x[:, None] ** 2 + x[None, :] ** 2)
    shares = (0.3, 0.6827, 0.9545)
    ours = credible_levels(log_density, jnp.ones_like(log_density), shares)
    assert np.allclose(ours, np.log1p(-np.array(shares)), atol=tolerance("benchmark"))


def test_a_grid_is_normalised_and_holds_its_regions():
    table, model = setting("cuts", np.asarray(axis(5.0, 200.0, 60)))
    grid = grid_posterior(JointModel(model), table, table.log_m_v, axis(1e-12, 1e-8, 80))
    mass = np.exp(np.asarray(grid.log_density)) * np.asarray(grid.cell_area)
    assert abs(mass.sum() - 1.0) < tolerance("normalisation")
    held = [mass[np.asarray(grid.log_density) >= level].sum() for level in grid.levels]
    assert np.allclose(held, [0.6827, 0.9545], atol=tolerance("benchmark"))


@pytest.mark.parametrize(
    ("log_m_v", "log_y", "message"),
    [([4.0, 3.0], [0.0, 1.0], "log_m_v"), ([3.0, 4.0], [0.0], "log_coupling")],
)
def test_bad_grids_are_named(log_m_v, log_y, message):
    table, model = setting("cuts", np.log([30.0, 100.0]))
    with pytest.raises(InputError, match=message):
        grid_posterior(JointModel(model), table, jnp.asarray(log_m_v), jnp.asarray(log_y))
    with pytest.raises(InputError, match="laplace, profile"):
        grid_posterior(JointModel(model), table, *(jnp.asarray([3.0, 4.0]),) * 2, method="mean")
