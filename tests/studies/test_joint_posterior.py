"""The posterior command: three data sets together, and what it refuses."""

import json

import numpy as np
from command import run

from tolerances import tolerance


def test_three_data_sets_on_a_small_budget(tmp_path):
    """Every parameter is sampled; a budget too small for the demanded draws is a status."""
    line = "posterior csi2021 lar2020 ccm120 --nodes 12 --chains 2 --warmup 80 --draws 120 --json"
    result = run(f"{line} --out {tmp_path} --min-ess 1e6")
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
