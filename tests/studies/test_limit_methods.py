"""Which method answers at low counts, and limits far out in the tail."""

import numpy as np
import pytest

from dmjax.errors import InputError
from dmjax.studies.limits import run_limit
from dmjax.studies.rules import settle
from dmjax.studies.settings import LimitSettings
from tolerances import tolerance

RUN = """
dataset = "empty-run"
title = "One empty bin"
detector = "coherent-csi"
counts = "counts.csv"
neutrinos = "none"
[axes]
energy = [16.0, 24.0]
time_us = [0.0, 1.5]
"""
BACKGROUND = '[[background]]\nname = "nothing"\nshape = "shape.csv"\nevents = 1e-9\n'


@pytest.fixture(scope="module")
def empty(tmp_path_factory) -> str:
    folder = tmp_path_factory.mktemp("empty")
    (folder / "counts.csv").write_text("energy,time_us,counts\n20,0.7,0\n")
    (folder / "shape.csv").write_text("energy,time_us,nothing\n20,0.7,1\n")
    (folder / "run.toml").write_text(RUN + BACKGROUND)
    return str(folder / "run.toml")


def limit(where, **options):
    asked = {"where": where, "m_v": "30", "source_errors": False} | options
    return run_limit(settle(LimitSettings, asked))


def test_an_empty_bin_without_background_excludes_2_30_events(empty):
    """−ln 0.1 by default; −2Δ ln L = 2.71 would give 1.35, in the square of Y."""
    found, formulas = limit(empty), limit(empty, method="asymptotic")
    ratio = float((found.limit[0] / formulas.limit[0]) ** 2)
    assert np.isclose(ratio, np.log(10.0) / (0.5 * 2.705543), rtol=tolerance("fit_parameter"))
    assert found.methods == ["exact"] and "in place of chi2" in found.notes[0]
    assert formulas.methods == ["asymptotic"] and "use exact" in formulas.notes[0]
    assert np.isclose(found.cls_at_limit[0], 0.1, rtol=tolerance("table"))
    assert np.isclose(found.p_b[0], 1.0, rtol=tolerance("table"))


def test_many_counts_keep_the_rise_of_the_likelihood():
    found = run_limit(settle(LimitSettings, {"where": "ccm120", "model": "events"}))
    assert found.method == "chi2" and found.methods == ["chi2"] and found.notes == [""]
    assert np.isclose(found.p_sb[0], 0.05, rtol=tolerance("table"))
    with pytest.raises(InputError, match="known backgrounds"):
        limit("csi2017", method="exact", window="cuts")


@pytest.mark.parametrize("method", ["chi2", "asymptotic"])
@pytest.mark.parametrize("where", ["csi2017", "csi2021", "lar2020", "ccm120"])
def test_a_limit_of_999_exists_where_one_of_90_does(where, method):
    options = {"m_v": "30,75,130", "method": method}
    usual, far = (limit(where, cl=cl, **options) for cl in (0.9, 0.999))
    exists = np.isfinite(usual.limit)
    assert exists.any() and np.all(np.isfinite(far.limit[exists]))
    assert np.all(far.limit[exists] > usual.limit[exists])
