"""The exact unified intervals against the published table and against a brute-force belt."""

import numpy as np
import pytest
from scipy.stats import poisson

from dmjax.errors import InputError
from dmjax.limits.poisson_intervals import poisson_interval

BACKGROUNDS = (0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0)
# Feldman and Cousins, Phys. Rev. D 57 (1998) 3873, Table IV, 90 % C.L., as printed: n = 0 … 10 goes
# down, the background across. The columns 0 and 3 were compared with copies of the table elsewhere.
PUBLISHED = """
0.00,2.44 0.00,1.94 0.00,1.61 0.00,1.33 0.00,1.26 0.00,1.18 0.00,1.08
0.11,4.36 0.00,3.86 0.00,3.36 0.00,2.91 0.00,2.53 0.00,2.19 0.00,1.88
0.53,5.91 0.03,5.41 0.00,4.91 0.00,4.41 0.00,3.91 0.00,3.45 0.00,3.04
1.10,7.42 0.60,6.92 0.10,6.42 0.00,5.92 0.00,5.42 0.00,4.92 0.00,4.42
1.47,8.60 1.17,8.10 0.74,7.60 0.24,7.10 0.00,6.60 0.00,6.10 0.00,5.60
1.84,9.99 1.53,9.49 1.25,8.99 0.93,8.49 0.43,7.99 0.00,7.49 0.00,6.99
2.21,11.47 1.90,10.97 1.61,10.47 1.33,9.97 1.08,9.47 0.65,8.97 0.15,8.47
3.56,12.53 3.06,12.03 2.56,11.53 2.09,11.03 1.59,10.53 1.18,10.03 0.89,9.53
3.96,13.99 3.46,13.49 2.96,12.99 2.51,12.49 2.14,11.99 1.81,11.49 1.51,10.99
4.36,15.30 3.86,14.80 3.36,14.30 2.91,13.80 2.53,13.30 2.19,12.80 1.88,12.30
5.50,16.50 5.00,16.00 4.50,15.50 4.00,15.00 3.50,14.50 3.04,14.00 2.63,13.50
"""


def test_the_published_table_to_its_printed_digits():
    for n, line in enumerate(PUBLISHED.split("\n")[1:-1]):
        for background, printed in zip(BACKGROUNDS, line.split(), strict=True):
            found = poisson_interval(n, background)
            assert f"{found.lower:.2f},{found.upper:.2f}" == printed, (n, background)


@pytest.mark.parametrize(("background", "cl"), [(0.7, 0.68), (12.0, 0.95)])
def test_the_edges_bound_what_a_dense_belt_accepts(background, cl):
    """The lower end is that of the dense belt; the upper one is never below it."""
    step = 0.01
    mu = np.arange(0.0, 40.0, step)[:, None]
    n = np.arange(120)
    log_p = poisson.logpmf(n, mu + background)
    order = np.argsort(poisson.logpmf(n, np.maximum(n, background)) - log_p, axis=1)
    chance = np.take_along_axis(np.exp(log_p), order, axis=1)
    accepted = np.zeros(chance.shape, bool)
    np.put_along_axis(accepted, order, np.cumsum(chance, axis=1) - chance < cl, axis=1)
    for count in (0, 1, 4, 12, 20):
        inside = mu[accepted[:, count], 0]
        found = poisson_interval(count, background, cl)
        assert inside[0] - step <= found.lower <= inside[0]
        assert found.upper >= inside[-1]
        if count > background:
            assert found.upper <= inside[-1] + step


def test_upper_limits_do_not_rise_with_the_background():
    uppers = [poisson_interval(0, b).upper for b in np.linspace(0.0, 6.0, 25)]
    assert np.all(np.diff(uppers) <= 0)


@pytest.mark.parametrize(
    ("n", "background", "cl", "why"),
    [
        (-1, 1.0, 0.9, "n must"),
        (1.5, 1.0, 0.9, "n must"),
        (1, -1.0, 0.9, "background"),
        (1, float("nan"), 0.9, "background"),
        (1, 1.0, 1.0, "cl"),
    ],
)
def test_bad_input_is_one_line(n, background, cl, why):
    with pytest.raises(InputError, match=why):
        poisson_interval(n, background, cl)
