"""Dark matter of free mass in a joint model: nested sampling against the dense grid."""

import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import integrate, stats

import dark_toys as toys
from dmjax.bayes.evidence import grid_evidence, share_inside
from dmjax.bayes.hypothesis import best_mass, dark_hypothesis, joint_hypothesis
from dmjax.bayes.nested import nested_sampling
from dmjax.bayes.priors import dark_priors
from dmjax.errors import InputError
from dmjax.likelihood.count_model import CountModel
from dmjax.likelihood.effects import Component, Scale
from dmjax.likelihood.joint import JointModel
from dmjax.likelihood.nuisance import marginal_alpha
from dmjax.likelihood.parameters import Parameter
from dmjax.store.files import write_draws
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
        inside = share_inside(run.draws, toys.grid(), exact)
        for share, found in zip((0.6827, 0.9545), inside, strict=True):
            error = np.sqrt(share * (1 - share) / run.effective)
            # The density changes across a grid cell: a cell on the edge counts as in or out.
            assert abs(found - share) < tolerance("sigmas") * error + 0.03


def test_the_grid_without_priors_is_log_uniform():
    ours = grid_evidence(toys.grid())
    stated = grid_evidence(toys.grid(), dark_priors("log-uniform", toys.M_RANGE, toys.Y_RANGE))
    assert abs(ours.log_z - stated.log_z) < tolerance("quadrature")
    grid = toys.grid()
    relative = jnp.exp(grid.log_likelihood - ours.log_z)
    mean = jnp.sum(relative * grid.cell_area) / jnp.sum(grid.cell_area)
    assert abs(float(mean) - 1.0) < tolerance("quadrature")
    with pytest.raises(InputError, match="no support on the grid"):
        grid_evidence(toys.grid(), dark_priors("uniform", (300.0, 400.0), toys.Y_RANGE))


def test_the_constraint_of_a_joint_model_becomes_its_prior():
    """∫ L dπ over the one nuisance by SciPy is the quadrature of `marginal_alpha`."""
    plain, alpha = toys.analysis(), Parameter("alpha", 0.0, 0.28, lower=-1.0)
    scale = Scale("alpha", 1.0, 1.0)
    parts = [Component("nu", plain.neutrinos, (scale,)), Component("brn", plain.neutrons)]
    counts = {"on": plain.counts.n_on, "off": plain.counts.n_off}
    alone = joint_hypothesis("none", JointModel(CountModel("toy", parts, [alpha], **counts)))
    exact = float(marginal_alpha(plain, jnp.zeros(plain.neutrinos.size)))
    log_l, prior = jax.jit(alone.log_likelihood), stats.truncnorm(-1.0 / 0.28, np.inf, 0.0, 0.28)

    def integrand(a):
        return np.exp(float(log_l(jnp.asarray([a]))) - exact) * prior.pdf(a)

    assert abs(integrate.quad(integrand, -0.99, 1.5)[0] - 1.0) < tolerance("normalisation")


def test_best_mass_is_no_worse_than_the_grid():
    masses = np.exp(np.asarray(toys.grid().log_m_v))
    best = best_mass(toys.joint(), toys.tables(), masses, toys.Y_RANGE[1])
    assert best.converged
    assert toys.Y_RANGE[0] < best.y <= toys.Y_RANGE[1]
    inside = toys.dark()
    point = jnp.asarray([best.m_v, best.y, best.values["alpha"]])
    pull = best.values["alpha"] / 0.28
    log_l = float(inside.log_likelihood(point)) - 0.5 * pull**2 - np.log(0.28 * np.sqrt(2 * np.pi))
    assert abs(-2.0 * log_l - best.two_nll) < tolerance("fit")


def test_tables_must_match_the_model():
    priors = dark_priors("log-uniform", toys.M_RANGE, toys.Y_RANGE)
    short = toys.tables()["toy"]._replace(values=toys.tables()["toy"].values[:, 1:])
    for given, message in (
        ({"other": toys.tables()["toy"]}, "a table for 'other'"),
        ({"toy": short}, "the table has 38 bins"),
        ({}, "a table is needed"),
    ):
        with pytest.raises(InputError, match=message):
            dark_hypothesis(toys.joint(), given, priors)
    with pytest.raises(InputError, match="leaves the masses"):
        narrow = dark_priors("uniform", (1.0, 50.0), toys.Y_RANGE)
        dark_hypothesis(toys.joint(), toys.tables(), narrow)


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
