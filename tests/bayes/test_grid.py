"""The dense grid: CsI 2017 with α integrated, Laplace's approximation beside it, its regions."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dmjax.analyses.csi2017 import csi2017, csi2017_search
from dmjax.bayes.grid import axis, credible_levels, grid_posterior
from dmjax.bayes.hypothesis import at_mass
from dmjax.conventions import conventions
from dmjax.errors import InputError
from dmjax.likelihood.joint import JointModel, log_likelihood, observed_data
from dmjax.prediction.signal import Signal
from dmjax.prediction.tables import signal_table, strength_at
from dmjax.prediction.templates import at_index
from tolerances import tolerance

PRINTED = {
    "cuts": {
        (1.0, 1e-12): -49.41191635322139,
        (6.025736938075172, 1.0985411419875577e-10): -48.443166833191256,
        (56.88828980399403, 1.842069969326712e-9): -60.940000559445714,
        (139.64582691575066, 2.811768697974224e-10): -49.39785151214586,
        (1.5667602406169558, 6.866488450042994e-9): -66.29888496743791,
    },
    "no-cuts": {
        (1.0, 1e-12): -333.89533875868585,
        (6.025736938075172, 1.0985411419875577e-10): -338.0353009412903,
        (56.88828980399403, 1.842069969326712e-9): -345.7869032126409,
        (139.64582691575066, 2.811768697974224e-10): -333.88869003919547,
        (1.5667602406169558, 6.866488450042994e-9): -353.3105755312846,
    },
}
"""Window → (m_V [MeV], Y) → ln L with α = 0 ± 0.28 integrated over α > −1, by an own program."""


def setting(window: str, masses):
    chosen = conventions("dmjax", transition_form_factors=False, capture_phase_space=False)
    signal = Signal(source_errors=False, conventions=chosen)  # as that program's predictions
    table = signal_table([csi2017_search(window)], signal, masses)
    return table, csi2017(at_index(table.counts, 0)[0], window=window)


@pytest.fixture(scope="module", params=PRINTED)
def printed(request):
    points = PRINTED[request.param]
    masses, couplings = (np.sort(np.log(column)) for column in np.array(list(points)).T)
    table, model = setting(request.param, masses)
    axes = jnp.asarray(masses), jnp.asarray(couplings)
    return points, axes, table, model


def _at(grid, points):
    rows = [np.argmin(np.abs(np.asarray(grid.log_m_v) - np.log(m))) for m, _ in points]
    columns = [np.argmin(np.abs(np.asarray(grid.log_coupling) - np.log(y))) for _, y in points]
    return np.asarray(grid.log_likelihood)[rows, columns]


def test_csi2017_with_alpha_integrated_keeps_its_numbers(printed):
    """Also where 4e5 signal events leave α at −1 + 1e−3."""
    points, axes, table, model = printed
    exact = grid_posterior(JointModel(model, "csi_signal"), table, *axes)
    assert np.allclose(_at(exact, points), list(points.values()), atol=tolerance("normalisation"))
    laplace = grid_posterior(JointModel(model), table, *axes)
    assert np.allclose(laplace.log_likelihood, exact.log_likelihood, atol=tolerance("benchmark"))


def test_a_profiled_grid_is_the_maximum_over_alpha(printed):
    """ln L at its largest on a fine grid of α, whose step leaves less than the tolerance."""
    _, axes, table, model = printed
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
