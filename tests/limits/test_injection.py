"""Signal injection in one bin against the exact sums over its counts."""

import jax
import numpy as np
import pytest
from scipy.stats import chi2, poisson

from counting_models import data_of, known, shapes
from dmjax.errors import InputError
from dmjax.likelihood.joint import observed_data
from dmjax.limits.injection import injection
from dmjax.limits.test_statistics import strength
from dmjax.limits.toys import Throwing
from tolerances import tolerance

BACKGROUND, LEVELS = 6.0, (0.6827, 0.9)
KEY = jax.random.key(23)
SIGMAS = tolerance("sigmas")


def exact(mu: float) -> dict[str, float | list[float]]:
    """Mean of max(n − b, 0), of the signed root and its width, shares inside, by summation."""
    n = np.arange(200)
    weight = poisson.pmf(n, BACKGROUND + mu)
    best = np.maximum(n - BACKGROUND, 0.0)
    t = 2.0 * (poisson.logpmf(n, best + BACKGROUND) - poisson.logpmf(n, mu + BACKGROUND))
    pull = np.sign(best - mu) * np.sqrt(np.maximum(t, 0.0))
    mean = (weight * pull).sum()
    return {
        "mean": (weight * best).sum(),
        "pull": mean,
        "width": np.sqrt((weight * (pull - mean) ** 2).sum()),
        "at_zero": weight[n <= BACKGROUND].sum(),
        "coverage": [weight[t <= chi2.ppf(level, 1)].sum() for level in LEVELS],
    }


def test_bias_pulls_and_coverage_of_one_bin_are_the_exact_sums():
    joint, points = known(BACKGROUND, 8.0), np.array([0.0, 3.0, 12.0])
    ask = (joint, strength(joint), observed_data(joint), points)
    made = injection(*ask, Throwing(4000, KEY), LEVELS)
    for i, mu in enumerate(points):
        wanted = exact(mu)
        for name in ("mean", "pull", "width"):
            error = getattr(made, f"{name}_error")[i]
            assert error > 0 and abs(getattr(made, name)[i] - wanted[name]) < SIGMAS * error
        assert np.all(
            np.abs(made.coverage[i] - wanted["coverage"]) < SIGMAS * made.coverage_error[i]
        )
        spread = np.sqrt(wanted["at_zero"] * (1.0 - wanted["at_zero"]) / 4000)
        assert abs(made.at_zero[i] - wanted["at_zero"]) < SIGMAS * spread
    assert not made.failed.any()
    # At no signal the bound makes a bias that one must know of.
    assert made.mean[0] > 0.5 and made.pull[0] > 0.0 and made.width[0] < 0.9


def test_errors_hold_over_seeds():
    """The scatter of the answers over seeds is the error they state, within a factor of 1.5."""
    joint = known(BACKGROUND, 8.0)
    ask = (joint, strength(joint), observed_data(joint), np.array([6.0]))
    many = [injection(*ask, Throwing(200, jax.random.key(seed)), LEVELS) for seed in range(40)]
    for name in ("mean", "pull", "width", "coverage"):
        values = np.array([np.ravel(getattr(made, name))[0] for made in many])
        stated = np.mean([np.ravel(getattr(made, f"{name}_error"))[0] for made in many])
        assert stated / 1.5 < values.std() < 1.5 * stated


def test_a_fit_of_many_counts_is_unbiased_and_covers():
    joint = shapes(on=(55.0, 70.0, 23.0))
    ask = (joint, strength(joint), observed_data(joint), np.array([2.0]))
    made = injection(*ask, Throwing(1500, KEY), LEVELS)
    assert abs(made.pull[0]) < 0.1 and abs(made.width[0] - 1.0) < SIGMAS * made.width_error[0]
    assert np.all(np.abs(made.coverage[0] - LEVELS) < SIGMAS * made.coverage_error[0])


def test_what_cannot_be_injected_is_refused():
    joint = known(BACKGROUND, 8.0)
    chosen, data, how = strength(joint), observed_data(joint), Throwing(200, KEY)
    for bad, said in (([-1.0], "strengths >= 0"), ([], "strengths >= 0")):
        with pytest.raises(InputError, match=said):
            injection(joint, chosen, data, np.array(bad), how)
    with pytest.raises(InputError, match="cl must lie"):
        injection(joint, chosen, data, np.array([1.0]), how, (1.5,))
    with pytest.raises(InputError, match="at least 10"):
        injection(joint, chosen, data, np.array([1.0]), Throwing(5, KEY))
    with pytest.raises(InputError, match="on counts"):
        injection(joint, chosen, data_of(joint, [-1.0]), np.array([1.0]), how)
