"""The posterior command: three data sets together, and what it refuses."""

import json

import numpy as np
from command import run

from tolerances import tolerance

FEWEST = 5.0
"""Effective draws below which no width can be compared with anything."""


def test_three_data_sets_on_a_small_budget(tmp_path):
    """Every parameter is sampled; a budget too small for the demanded draws is a status."""
    line = "posterior csi2021 lar2020 ccm120 --no-systematics --nodes 12 --chains 2 --json"
    result = run(f"{line} --warmup 40 --draws 60 --min-ess 1e6 --out {tmp_path}")
    assert result.exit_code == 1, result.output
    plain = json.loads(result.stdout.splitlines()[-1])
    assert {"m_v", "y", "sns_flux", "csi_n_brn", "n_ss", "ccm_signal"} <= plain["parameters"].keys()
    assert "effective sample size of y" in plain["status"]
    assert plain["draws"] >= 120
    # The pulls follow their normal priors: 68 % within one standard deviation, within their error.
    for name in ("lar_response", "ccm_signal"):
        found = plain["parameters"][name]
        error = 2.0 * 1.4 / np.sqrt(max(found["ess"], FEWEST))
        assert abs(found["q84"] - found["q16"] - 2.0) < tolerance("sigmas") * error
    assert (tmp_path / "posterior.nc").exists()
