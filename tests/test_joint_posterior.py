"""The posterior command: three data sets together, and what it refuses."""

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from dmjax.cli import app
from dmjax.errors import InputError
from tolerances import tolerance


def test_three_data_sets_on_a_small_budget(tmp_path):
    """Every parameter is sampled; a budget too small for the demanded draws is a status."""
    line = "posterior csi2021 lar2020 ccm120 --nodes 30 --chains 2 --warmup 80 --draws 120 --json"
    result = CliRunner().invoke(app, [*line.split(), "--out", str(tmp_path), "--min-ess", "1e6"])
    assert result.exit_code == 1, result.output
    plain = json.loads(result.stdout.splitlines()[-1])
    assert {"m_v", "y", "sns_flux", "csi_n_brn", "n_ss", "ccm_signal"} <= plain["parameters"].keys()
    assert "effective sample size of y" in plain["status"]
    assert plain["divergences"] < 10 and plain["draws"] == 240
    for found in plain["parameters"].values():
        assert found["ess"] > 20.0 and found["r_hat"] < 1.15
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
