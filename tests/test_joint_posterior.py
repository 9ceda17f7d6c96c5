"""NUTS over mass, coupling and nuisances: against the dense grid, and of three data sets."""

import json

import jax
import numpy as np
import pytest
from typer.testing import CliRunner

import dark_toys as toys
from dmjax.cli import app
from dmjax.errors import InputError
from dmjax.inference.dark_nuts import dark_posterior
from dmjax.inference.evidence import grid_evidence, share_inside
from dmjax.inference.priors import dark_priors
from tolerances import tolerance


@pytest.mark.parametrize("choice", ["log-uniform", "uniform-coupling"])
def test_nuts_fills_the_regions_of_the_grid(choice):
    priors = dark_priors(choice, toys.M_RANGE, toys.Y_RANGE)
    found = dark_posterior(toys.joint(), toys.tables(), priors, jax.random.key(3), draws=600)
    assert found.converged, found.reasons
    assert set(found.samples) == {"m_v", "y", "alpha"}
    effective = min(found.diagnostics["ess"].values())
    exact = grid_evidence(toys.grid(), priors)
    draws = {name: x.ravel() for name, x in found.samples.items()}
    for share, inside in zip(
        (0.6827, 0.9545), share_inside(draws, toys.grid(), exact), strict=True
    ):
        error = np.sqrt(share * (1 - share) / effective)
        # The density changes across a grid cell: a cell on the edge counts as in or out.
        assert abs(inside - share) < tolerance("sigmas") * error + 0.03


def test_three_data_sets_on_a_small_budget(tmp_path):
    """Every parameter is sampled; a budget too small for the demanded draws is a status."""
    line = "posterior csi2021 lar2020 ccm120 --nodes 40 --chains 2 --warmup 150 --draws 150 --json"
    result = CliRunner().invoke(app, [*line.split(), "--out", str(tmp_path), "--min-ess", "1e6"])
    assert result.exit_code == 1, result.output
    plain = json.loads(result.stdout.splitlines()[-1])
    assert {"m_v", "y", "sns_flux", "csi_n_brn", "n_ss", "ccm_signal"} <= plain["parameters"].keys()
    assert "effective sample size of y" in plain["status"]
    assert plain["divergences"] < 10 and plain["draws"] == 300
    for found in plain["parameters"].values():
        assert found["ess"] > 30.0 and found["r_hat"] < 1.1
    # The pulls follow their normal priors: 68 % within one standard deviation.
    for name in ("lar_signal", "ccm_signal"):
        width = plain["parameters"][name]["q84"] - plain["parameters"][name]["q16"]
        error = 2.0 * 1.4 / np.sqrt(plain["parameters"][name]["ess"])
        assert abs(width - 2.0) < tolerance("sigmas") * error
    assert (tmp_path / "posterior.nc").exists()


BAD = {
    "posterior csi2018": "did you mean",
    "posterior csi2021 csi2021": "must differ",
    "posterior csi2021 --method mcmc": "method",
    "posterior csi2021 --prior flat": "prior",
    "posterior csi2021 --mv-range 5,2": "'m_v' has no support",
    "posterior csi2021 --y-range 0,1": "log-uniform needs lower > 0",
    "posterior csi2021 --y-range 1e-9": "takes two numbers",
    "posterior csi2021 --nodes 1": "2 nodes",
    "posterior ccm120 --nodes 2 --chains 1": "2 chains",
}


@pytest.mark.parametrize("line", BAD)
def test_bad_input_is_one_line(line):
    result = CliRunner().invoke(app, line.split())
    assert isinstance(result.exception, InputError)
    assert BAD[line] in str(result.exception) and "\n" not in str(result.exception)
