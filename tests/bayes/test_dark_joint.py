"""Dark matter of free mass in a joint model: nested sampling against the dense grid."""

import subprocess
import sys

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import integrate, special, stats

import dark_toys as toys
from dmjax.bayes.evidence import grid_evidence
from dmjax.bayes.hypothesis import best_mass, dark_hypothesis
from dmjax.bayes.nested import nested_sampling
from dmjax.bayes.priors import dark_priors
from dmjax.errors import InputError
from dmjax.store.draws import write_draws
from tolerances import tolerance


@pytest.fixture(scope="module")
def runs():
    choices = ("log-uniform", "uniform-mass")
    return {c: nested_sampling(toys.dark(c), jax.random.key(8), live=500) for c in choices}


def test_nested_sampling_agrees_with_the_grid(runs):
    """ln Z within 0.2, and the draws fill the grid's credible regions, for both priors."""
    for choice, run in runs.items():
        exact = grid_evidence(toys.grid(), dark_priors(choice, toys.M_RANGE, toys.Y_RANGE))
        assert abs(run.log_z - exact.log_z) < tolerance("evidence")
        toys.check_shares(run.draws, run.effective, exact)


def test_a_prior_without_weight_on_the_grid_is_refused():
    with pytest.raises(InputError, match="no support on the grid"):
        grid_evidence(toys.grid(), dark_priors("uniform", (300.0, 400.0), toys.Y_RANGE))


def test_the_grid_is_the_printed_integral():
    """ln L with α integrated at grid points: Eq. 6.4 by SciPy, sum and integral written out."""
    grid, bins = toys.grid(), toys.known()
    for i, j in ((20, 90), (60, 60), (110, 30)):
        m_v, y = np.exp(grid.log_m_v[i]), np.exp(grid.log_coupling[j])
        nodes = toys.table().log_m_v
        counts = np.asarray(toys.table().counts[0].nominal)
        events = (y / toys.Y_REF) ** 2 * np.array(
            [np.interp(np.log(m_v), nodes, column) for column in counts.T]
        )

        def density(alpha, events=events):
            s = (1 + alpha) * (events + bins["neutrinos"]) + bins["neutrons"]
            prior = stats.truncnorm(-1.0 / toys.SIGMA, np.inf, 0.0, toys.SIGMA)
            return np.exp(onoff_by_scipy(bins["on"], bins["off"], s).sum() + 300.0) * prior.pdf(
                alpha
            )

        exact = np.log(integrate.quad(density, -1.0, 2.0, points=[-0.3, 0.0, 0.3])[0]) - 300.0
        assert abs(float(grid.log_likelihood[i, j]) - exact) < tolerance("fit")


def onoff_by_scipy(n, m, s):
    """ln L of every bin from the printed sum, in NumPy and SciPy only."""
    j = np.arange(n.max() + 1)[:, None]
    k = np.where(j <= n, n - j, 0)
    log = special.gammaln
    terms = special.xlogy(j, s) - log(j + 1) + log(k + m + 1) - log(k + 1) - log(m + 1)
    terms = np.where(j <= n, terms - (k + m + 1) * np.log(2.0), -np.inf)
    return special.logsumexp(terms, axis=0) - s


def test_best_mass_is_no_worse_than_the_grid():
    masses = np.exp(np.asarray(toys.grid().log_m_v))
    best = best_mass(toys.joint(), toys.table(), masses, toys.Y_RANGE[1])
    assert best.converged
    assert toys.Y_RANGE[0] < best.coupling <= toys.Y_RANGE[1]
    inside = toys.dark()
    point = jnp.asarray([best.m_v, best.coupling, best.values["alpha"]])
    pull = best.values["alpha"] / toys.SIGMA
    log_l = float(inside.log_likelihood(point)) - 0.5 * pull**2
    log_l -= np.log(toys.SIGMA * np.sqrt(2 * np.pi))
    assert abs(-2.0 * log_l - best.two_nll) < tolerance("fit")


def test_tables_must_match_the_model():
    priors = dark_priors("log-uniform", toys.M_RANGE, toys.Y_RANGE)
    table = toys.table()
    short = eqx.tree_at(lambda t: t.counts[0].nominal, table, table.counts[0].nominal[:, 1:])
    none = eqx.tree_at(lambda t: t.counts, table, ())
    for given, message in ((short, "has 38 bins"), (none, "0 searches for 1")):
        with pytest.raises(InputError, match=message):
            dark_hypothesis(toys.joint(), given, priors)
    with pytest.raises(InputError, match="leaves the masses"):
        narrow = dark_priors("uniform", (1.0, 50.0), toys.Y_RANGE)
        dark_hypothesis(toys.joint(), table, narrow)
    with pytest.raises(InputError, match="the prior is of 'eps'"):
        of_eps = dark_priors("log-uniform", toys.M_RANGE, (1e-6, 1e-3), "eps")
        dark_hypothesis(toys.joint(), table, of_eps)


def test_draws_open_without_the_package(runs, tmp_path):
    run, path = runs["uniform-mass"], tmp_path / "draws.nc"
    attributes = {"log_z": run.log_z, "configuration": {"prior": "uniform-mass", "live": run.live}}
    write_draws(path, run.draws, attributes, {"log_l": run.log_likelihood})
    code = (
        "import json, sys, warnings, xarray\n"
        "warnings.simplefilter('ignore')\n"
        "import arviz\n"
        f"top = xarray.open_dataset({str(path)!r}, engine='h5netcdf')\n"
        f"draws = xarray.open_dataset({str(path)!r}, engine='h5netcdf', group='posterior')\n"
        "assert draws['m_v'].dims == ('chain', 'draw') and draws.sizes['draw'] == 2000\n"
        "assert json.loads(top.attrs['configuration'])['prior'] == 'uniform-mass'\n"
        f"opened = arviz.from_netcdf({str(path)!r})\n"
        "assert set(opened.posterior.data_vars) == set(draws.data_vars)\n"
        "assert 'dmjax' not in sys.modules\n"
        "print(top.attrs['dmjax_version'], top.attrs['log_z'], float(draws['y'].mean()))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    version, log_z, mean = done.stdout.split()
    from dmjax import __version__

    assert (version, float(log_z)) == (__version__, run.log_z)
    assert float(mean) == pytest.approx(run.draws["y"].mean(), rel=tolerance("identity"))
