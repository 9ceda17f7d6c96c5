"""Thermal targets against an independent program's numbers, quoted to their digits."""

import numpy as np
import pytest

from dmjax.constants import ALPHA_EM
from dmjax.models import Charges
from targets import target_line, target_y
from tolerances import tolerance

MASSES = [2.0, 5.0, 10.0, 20.0, 30.0, 50.0, 100.0, 150.0, 200.0, 300.0, 500.0]
LINES = {
    "scalar": "5.87e-13 3.06e-12 1.318e-11 5.856e-11 1.400e-10 4.186e-10 1.634e-9 2.243e-9 "
    "3.624e-9 4.743e-9 7.15e-9",
    "majorana": "2.97e-13 1.54e-12 6.62e-12 2.936e-11 7.01e-11 2.096e-10 8.18e-10 1.122e-9 "
    "1.813e-9 2.373e-9 3.58e-9",
    "dirac": "2.68e-14 1.38e-13 5.42e-13 2.218e-12 5.09e-12 1.455e-11 5.87e-11 7.26e-11 "
    "1.151e-10 1.624e-10 1.98e-10",
}


@pytest.mark.parametrize("dm", LINES)
def test_lines_of_the_dark_photon(dm):
    wanted = np.array(LINES[dm].split(), float)
    found = target_y(MASSES, 3.0, 0.1, dm=dm)
    assert np.allclose(found, wanted, rtol=tolerance("relic"), atol=0.0)


POLE = {
    1.6: 1.54e-9,
    1.9: 2.23e-10,
    2.0: 2.47e-12,
    2.05: 1.67e-13,
    2.1: 6.64e-13,
    2.2: 6.10e-12,
    2.5: 8.03e-10,
    3.0: 9.54e-9,
    4.0: 6.26e-8,
    6.0: 4.68e-7,
}


def test_across_the_pole_at_twice_the_mass():
    squared, exists = target_line([20.0] * len(POLE), list(POLE), 0.5, dm="scalar")
    assert exists.all()
    assert np.allclose(squared, list(POLE.values()), rtol=tolerance("relic"), atol=0.0)


def test_width_enters_with_alpha_d():
    alpha_d = [0.01, 0.1, 0.5, 1.0]
    for dm, wanted in {
        "scalar": [5.62e-11, 5.86e-11, 5.89e-11, 5.91e-11],
        "dirac": [2.21e-12, 2.22e-12, 2.39e-12, 2.94e-12],
    }.items():
        found = target_y([20.0] * 4, 3.0, alpha_d, dm=dm)
        assert np.allclose(found, wanted, rtol=tolerance("relic"), atol=0.0)


def test_pseudo_dirac_needs_more_the_more_it_is_split():
    found = target_y([20.0] * 4, 3.0, 0.1, dm="pseudo-dirac", delta=[0.0, 0.1, 0.2, 0.4])
    assert np.allclose(found[0], 2.218e-12, rtol=tolerance("relic"), atol=0.0)
    ratios = found / found[0]
    assert np.allclose(ratios, [1.0, 3.40, 15.6, 314.0], rtol=tolerance("relic"), atol=0.0)


MUON_LESS_TAU = Charges(muon=1.0, tau=-1.0, nu_mu=1.0, nu_tau=-1.0)
OTHERS = [
    ("b-l", 8.87e-13, 2.39e-11),
    (MUON_LESS_TAU, 2.22e-12, 5.87e-11),
]


@pytest.mark.parametrize(("model", "at_20", "at_100"), OTHERS)
def test_other_charges(model, at_20, at_100):
    found = target_y([20.0, 100.0], 3.0, 0.1, model=model)
    assert np.allclose(found, [at_20, at_100], rtol=tolerance("relic"), atol=0.0)


LEPTOPHOBIC = {
    2.1: [7.74e-10, 2.62e-9, 5.74e-9, 1.44e-8, 3.41e-8, 1.01e-7],
    3.0: [1.09e-5, 3.72e-5, 8.18e-5, 2.06e-4, 4.93e-4, 1.47e-3],
}


@pytest.mark.parametrize("ratio", LEPTOPHOBIC)
def test_leptophobic_target_through_the_loop(ratio):
    """e⁺e⁻ alone, through ε_B = e g_B/(4π)² (arXiv:2109.14146); α_B = g_B²/4π."""
    masses = [5.0, 9.0, 13.0, 20.0, 30.0, 50.0]
    squared, exists = target_line(masses, ratio, 0.5, dm="scalar", model="leptophobic")
    assert exists.all()
    found = squared * ALPHA_EM
    assert np.allclose(found, LEPTOPHOBIC[ratio], rtol=tolerance("relic"), atol=0.0)
