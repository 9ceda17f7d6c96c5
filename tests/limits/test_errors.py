"""Stated Monte Carlo errors against the scatter over seeds; belts of each toy."""

import jax
import numpy as np
import pytest

from counting_models import known, on_off
from dmjax.errors import InputError
from dmjax.fits.pseudo_data import most_counts
from dmjax.likelihood.joint import observed_data
from dmjax.likelihood.parameters import values_of
from dmjax.limits.coverage import coverage
from dmjax.limits.feldman_cousins import belt, unified_interval
from dmjax.limits.test_statistics import strength
from dmjax.limits.toy_limits import toy_limit
from dmjax.limits.toys import Throwing, p_value, quantile, throw_toys
from tolerances import tolerance

SEEDS = 40
FACTOR = 1.5
"""Stated errors match the scatter within this."""


def match(values, errors) -> None:
    """The scatter of estimates over seeds and their stated error, the scatter within its own."""
    values, errors = np.asarray(values), np.asarray(errors)
    scatter, stated = values.std(ddof=1), errors.mean()
    own = tolerance("sigmas") / np.sqrt(2.0 * (values.size - 1))  # relative, of a scatter
    assert scatter < FACTOR * stated * (1.0 + own)
    assert scatter > stated / FACTOR * (1.0 - own)


def over_seeds(make):
    """(values, errors) of an estimate, one per seed."""
    found = [make(jax.random.key(seed)) for seed in range(SEEDS)]
    return [value for value, _ in found], [error for _, error in found]


def test_errors_of_shares_and_quantiles():
    joint = known(100.0, 104.0)
    chosen, truth = strength(joint), values_of(joint.parameters, {"signal": 5.0})
    most = most_counts(joint, truth)

    def thrown(key):
        return throw_toys(joint, chosen, truth, [5.0], 400, key, "t", 100, most=most)

    toys = [thrown(jax.random.key(seed)) for seed in range(SEEDS)]
    for estimate in (lambda t: p_value(t, 2.0), lambda t: quantile(t, 0.9)):
        found = [estimate(each) for each in toys]
        match([each.value for each in found], [each.error for each in found])


def test_errors_of_limits_and_intervals():
    joint = known(100.0, 104.0)
    chosen, data = strength(joint), observed_data(joint)
    points = np.array([10.0, 15.0, 20.0, 25.0, 30.0])

    def limit(key):
        found = toy_limit(joint, chosen, data, points, Throwing(400, key), bands=False)
        return found.limit, found.limit_error

    def interval(key):
        ends = unified_interval(belt(joint, chosen, data, points, Throwing(400, key)))
        return ends.upper, ends.upper_error

    match(*over_seeds(limit))
    match(*over_seeds(interval))


@pytest.mark.parametrize("nested", [False, True])
def test_errors_of_coverage(nested):
    joint = known(100.0, 104.0)
    chosen, data = strength(joint), observed_data(joint)

    def share(key):
        how = Throwing(100, key)
        made = coverage(joint, chosen, data, [10.0], how, nested=nested, belt_toys=99)
        return made.coverage[0], made.error[0]

    shares, errors = over_seeds(share)
    match(shares, errors)
    mean = np.sqrt(np.sum(np.square(errors))) / len(errors)
    assert abs(np.mean(shares) - 0.9) < tolerance("sigmas") * mean + 0.02  # counts are whole


def test_every_toy_has_its_own_belt():
    """Low counts over a measured background, where the belt depends on it."""
    joint = on_off([4.0, 3.0, 6.0, 2.0, 1.0], [3.0, 2.0, 4.0, 3.0, 1.0])
    chosen, data = strength(joint), observed_data(joint)
    how = Throwing(150, jax.random.key(3))
    found = coverage(joint, chosen, data, [0.5], how, nested=True, belt_toys=99)
    assert found.belt == "toy" and not found.failed.any()
    assert found.coverage[0] > 0.88 - tolerance("sigmas") * found.error[0]
    assert coverage(joint, chosen, data, [0.5], how).belt == "data"
    with pytest.raises(InputError, match="goes with fc"):
        coverage(joint, chosen, data, [0.5], how, "chi2", nested=True)
