"""Grid posterior, the map to nearly normal coordinates, and NUTS against the grid.

The signal has the features that make the real one hard: a band that bends where one channel fades
out, a step where another closes, a weak third channel beyond, and a plateau of no signal at all.
"""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats
from test_likelihood import bump, csi_like

from dmjax.bayes.grid import credible_levels, grid_posterior, start_points
from dmjax.bayes.posterior import PARAMETERS, failed_gates, posterior_sampler, sample_posterior
from dmjax.bayes.ridge import coupling_from_normal, mass_from_normal, ridge_map, to_normal
from dmjax.likelihood.nuisance import marginal_alpha
from tolerances import tolerance

CLOSING = 138.3
PARTS = jnp.asarray(
    np.stack([bump(16.0, 7.0, 0.7, 0.4), bump(21.0, 8.0, 0.6, 0.4), bump(30.0, 12.0, 0.9, 0.4)])
)


def template(m_v):
    below = jnp.maximum(1.0 - (m_v / 135.0) ** 2, 0.0)
    sizes = [300.0 * below**3, jnp.where(m_v < CLOSING, 30.0, 0.0), 0.3 / (1.0 + (m_v / 100) ** 2)]
    return jnp.stack(sizes) @ PARTS


@pytest.fixture(scope="module")
def analysis():
    return csi_like()


@pytest.fixture(scope="module")
def grid(analysis):
    below, above = np.geomspace(10.0, CLOSING, 70), np.geomspace(CLOSING * (1 + 1e-9), 200.0, 20)
    log_m_v = jnp.log(jnp.asarray([*below[:-1], CLOSING * (1 - 1e-9), *above]))
    return grid_posterior(
        analysis,
        jax.vmap(template)(jnp.exp(log_m_v)),
        log_m_v,
        jnp.linspace(-5.0, 5.0, 140),
        jnp.asarray(0.0),
    )


@pytest.fixture(scope="module")
def coarse(analysis):
    """A grid too coarse to know where the channel closes: all that the sampler is given."""
    log_m_v = jnp.linspace(np.log(10.0), np.log(200.0), 50)
    templates = jax.vmap(template)(jnp.exp(log_m_v))
    return grid_posterior(
        analysis, templates, log_m_v, jnp.linspace(-5.0, 5.0, 60), jnp.asarray(0.0)
    )


def test_credible_levels_of_a_gaussian():
    x = jnp.linspace(-7.0, 7.0, 801)
    log_density = -0.5 * (x[:, None] ** 2 + x[None, :] ** 2)
    shares = (0.3, 0.6827, 0.9545)
    ours = credible_levels(log_density, jnp.ones_like(log_density), shares)
    assert np.allclose(ours, np.log1p(-np.array(shares)), atol=tolerance("benchmark"))


def test_grid_is_normalised_and_holds_its_regions(grid):
    mass = np.exp(np.asarray(grid.log_density)) * np.asarray(grid.cell_area)
    assert abs(mass.sum() - 1.0) < tolerance("normalisation")
    held = [mass[np.asarray(grid.log_density) >= level].sum() for level in grid.levels]
    assert np.allclose(held, [0.6827, 0.9545], atol=tolerance("benchmark"))
    excess = jnp.max(grid.log_likelihood) - grid.log_likelihood[0, 0]
    assert float(excess) > 2.0


def test_starts_are_drawn_from_the_grid(grid):
    n = 4000
    log_m_v, log_y = (np.asarray(x) for x in start_points(grid, n, jax.random.key(1)))
    assert log_m_v.min() >= grid.log_m_v[0] and log_m_v.max() <= grid.log_m_v[-1]
    assert log_y.min() >= grid.log_y[0] and log_y.max() <= grid.log_y[-1]
    mass = np.exp(np.asarray(grid.log_density)) * np.asarray(grid.cell_area)
    for drawn, axis, marginal in ((log_m_v, grid.log_m_v, 1), (log_y, grid.log_y, 0)):
        share = mass.sum(marginal)
        mean = np.sum(share * np.asarray(axis))
        error = np.sqrt(np.sum(share * (np.asarray(axis) - mean) ** 2) / n)
        cell = np.diff(np.asarray(axis)).max() / 4
        assert abs(drawn.mean() - mean) < tolerance("sigmas") * error + cell


def test_map_density_is_its_jacobian_and_the_map_inverts(analysis, coarse):
    """φ(z₁)φ(z₂)/|∂(ln m, ln Y)/∂z| equals the stated density up to one common factor."""
    ridge = ridge_map(analysis, coarse)
    alpha = jnp.asarray(-0.2)

    def physical(z):
        log_m_v = mass_from_normal(ridge, z[0])
        point = coupling_from_normal(ridge, z[1], log_m_v, template(jnp.exp(log_m_v)).sum(), alpha)
        return jnp.stack([log_m_v, point.log_y]), point.log_density

    @jax.jit
    @jax.vmap
    def compare(z):
        (log_m_v, log_y), log_density = physical(z)
        jacobian = jax.jacfwd(lambda v: physical(v)[0])(z)
        density = -0.5 * jnp.sum(z * z) - jnp.log(jnp.abs(jnp.linalg.det(jacobian)))
        events = template(jnp.exp(log_m_v)).sum()
        back = jnp.stack(to_normal(ridge, log_m_v, log_y, events, alpha))
        return density - log_density, back - z, jnp.stack([log_m_v, log_y])

    z = np.random.default_rng(2).uniform(-3.5, 3.5, (500, 2))
    difference, error, points = compare(jnp.asarray(z))
    assert np.ptp(np.asarray(difference)) < tolerance("quadrature")
    assert np.max(np.abs(np.asarray(error))) < tolerance("quadrature")
    assert np.all(points >= jnp.asarray([[coarse.log_m_v[0], -5.0]]))
    assert np.all(points <= jnp.asarray([[coarse.log_m_v[-1], 5.0]]))


@pytest.fixture(scope="module")
def sampler():
    return posterior_sampler(template)


@pytest.fixture(scope="module")
def result(sampler, analysis, coarse):
    return sample_posterior(sampler, analysis, coarse, jax.random.key(11))


def test_nuts_converges(result):
    assert result.converged, result.reasons
    assert min(result.diagnostics["ess"].values()) > 1000
    assert all(result.samples[name].shape == (4, 500) for name in PARAMETERS)
    assert np.all(result.samples["alpha"] > -1.0)


def test_nuts_fills_the_credible_regions_of_the_grid(result, analysis, grid):
    """The density is evaluated at the draws themselves, so only the levels come from the grid."""
    log_m_v, log_y = (jnp.asarray(result.samples[name].ravel()) for name in PARAMETERS[:2])
    log_l = jax.jit(
        jax.vmap(lambda m, y: marginal_alpha(analysis, jnp.exp(2 * y) * template(jnp.exp(m))))
    )(log_m_v, log_y)
    log_density = log_l - (grid.log_likelihood - grid.log_density)[0, 0]
    ess = min(result.diagnostics["ess"].values())
    for level, share in zip(grid.levels, (0.6827, 0.9545), strict=True):
        inside = float(jnp.mean(log_density >= level))
        error = np.sqrt(share * (1 - share) / ess)
        assert abs(inside - share) < tolerance("sigmas") * error + tolerance("benchmark")


def test_nuts_fills_the_plane_as_the_grid_does(result, grid):
    """Shares of blocks of the plane, χ² over blocks with the variance that ESS gives."""
    edges = [
        np.array([*np.linspace(float(grid.log_m_v[0]), np.log(CLOSING), 5), np.log(200.0)]),
        np.array([-5.0, -3.0, -1.5, -0.75, 0.0, 0.75, 2.0, 5.0]),
    ]
    mass = np.exp(np.asarray(grid.log_density)) * np.asarray(grid.cell_area)
    axes = np.meshgrid(np.asarray(grid.log_m_v), np.asarray(grid.log_y), indexing="ij")
    expected, *_ = np.histogram2d(*(a.ravel() for a in axes), bins=edges, weights=mass.ravel())
    draws = [result.samples[name].ravel() for name in PARAMETERS[:2]]
    found = np.histogram2d(*draws, bins=edges)[0] / draws[0].size
    ess = min(result.diagnostics["ess"].values())
    kept = expected > 10.0 / ess
    # A block edge may cut a grid cell: that moves at most half a cell of its content.
    cell = 0.5 * np.diff(np.asarray(grid.log_y))[0] / np.diff(edges[1])
    error = np.sqrt(expected * (1 - expected) / ess + (cell[None, :] * expected) ** 2)
    chi2 = np.sum(((found - expected) / error)[kept] ** 2)
    assert stats.chi2.sf(chi2, kept.sum() - 1) > stats.norm.sf(tolerance("sigmas"))


def test_a_second_run_reuses_the_compiled_sampler(sampler, result, analysis, coarse):
    compiled = sampler.run._cache_size()
    again = sample_posterior(sampler, analysis, coarse, jax.random.key(12))
    assert sampler.run._cache_size() == compiled == 1
    assert again.converged, again.reasons
    assert not np.array_equal(again.samples["log_y"], result.samples["log_y"])


def test_gates_name_what_failed():
    diagnostics = {
        "r_hat": {"log_m_v": 1.3, "alpha": np.nan},
        "ess": {"log_m_v": 12.0, "alpha": 5000.0},
        "divergences": 7,
    }
    reasons = failed_gates(diagnostics, min_ess=1000, max_r_hat=1.01, max_divergences=2)
    assert len(reasons) == 4
    for word in ("R-hat of log_m_v", "R-hat of alpha", "size of log_m_v is 12", "7 divergent"):
        assert any(word in reason for reason in reasons)


@pytest.mark.parametrize(
    ("log_m_v", "log_y", "message"),
    [
        ([0.0, 1.0, 2.0], [0.0, 1.0], "2 templates for 3 masses"),
        ([1.0, 0.0], [0.0, 1.0], "log_m_v must hold"),
        ([0.0, 1.0], [0.0], "log_y must hold"),
    ],
)
def test_bad_grids_are_named(analysis, log_m_v, log_y, message):
    with pytest.raises(ValueError, match=message):
        grid_posterior(
            analysis, PARTS[:2], jnp.asarray(log_m_v), jnp.asarray(log_y), jnp.asarray(0.0)
        )
