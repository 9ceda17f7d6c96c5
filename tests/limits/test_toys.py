"""Toys against the large-sample limit and exact coverage; failures and seeds; saved studies."""

import equinox as eqx
import jax
import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.stats import norm, poisson

import dmjax.limits.toys as engine
from counting_models import data_of, known, on_off, shapes
from dmjax.errors import InputError
from dmjax.fits.estimates import check_count
from dmjax.fits.pseudo_data import most_counts, throw
from dmjax.likelihood.joint import observed_data
from dmjax.likelihood.parameters import values_of
from dmjax.limits.asymptotic_limits import asymptotic_limit
from dmjax.limits.coverage import coverage
from dmjax.limits.feldman_cousins import belt, belt_points, unified_interval
from dmjax.limits.poisson_intervals import poisson_interval
from dmjax.limits.test_statistics import strength
from dmjax.limits.toy_limits import toy_limit
from dmjax.limits.toys import Throwing, Toys, p_value, quantile, throw_toys
from tolerances import tolerance

KEY = jax.random.key(2017)
SIGMAS = tolerance("sigmas")


def scaled(factor: float):
    """The three bins with many counts: where the large-sample formulas hold."""
    joint = shapes()
    models = joint.models
    parts = lambda j: [part.nominal for part in j.models[0].components]  # noqa: E731
    more = lambda j: [j.models[0].observed.on, *parts(j)]  # noqa: E731
    shape = lambda j: [j.models[0].components[1].effects[0].up]  # noqa: E731
    fall = lambda j: [j.models[0].components[1].effects[0].down]  # noqa: E731
    assert len(models) == 1
    for where in (more, shape, fall):
        joint = eqx.tree_at(where, joint, [factor * leaf for leaf in where(joint)])
    return joint


@pytest.fixture(scope="module")
def many():
    return scaled(50.0)


def test_a_toy_redraws_counts_and_auxiliary_measurements():
    joint = on_off([30.0, 4.0], [20.0, 6.0])
    truth = values_of(joint.parameters, {"signal": 2.0})
    most = most_counts(joint, truth)
    made = jax.vmap(lambda key: throw(joint, truth, key, most))(jax.random.split(KEY, 4000))
    counts, centres = made.counts[0], np.asarray(made.centres)
    off = np.asarray(counts.off).mean(0)
    on = np.asarray(counts.on).mean(0) - [2.0, 4.0]
    error = np.sqrt(2.0 * off / 4000)
    assert np.all(np.abs(on - off) < SIGMAS * error)
    lumi = centres[:, joint.parameters.names.index("lumi")]
    assert abs(lumi.mean() - 1.0) < SIGMAS * 0.1 / np.sqrt(4000)
    assert abs(lumi.std() - 0.1) < SIGMAS * 0.1 / np.sqrt(8000)
    assert np.all(centres[:, joint.parameters.names.index("signal")] == 0.0)


def test_toys_of_the_background_integral_fit():
    joint = on_off([3, 0, 5], [2, 1, 4], "integral")
    truth = values_of(joint.parameters, {"signal": 0.5})
    made = throw_toys(joint, strength(joint), truth, [0.5], 40, KEY, "t", 40)
    assert not made.status.any() and np.isfinite(made.statistic).all()


def test_high_counts_follow_the_large_sample_distributions(many):
    """q0 without signal and q̃ at its truth: tail shares within their own error."""
    chosen = strength(many)
    null = values_of(many.parameters)
    toys = throw_toys(many, chosen, null, [0.0], 2000, KEY, "q0")
    assert not toys.status.any()
    for level in (0.5, 1.0, 2.7):
        found = p_value(toys, level)
        assert abs(found.value - norm.sf(np.sqrt(level))) < SIGMAS * found.error
    truth = values_of(many.parameters, {"signal": 1.0})
    toys = throw_toys(many, chosen, truth, [1.0], 2000, KEY, "qtilde")
    for level in (0.5, 1.64, 2.7):
        found = p_value(toys, level)
        assert abs(found.value - norm.sf(np.sqrt(level))) < SIGMAS * found.error


def test_limits_from_toys_agree_with_asymptotic_ones(many):
    chosen, data = strength(many), observed_data(many)
    cl = 0.68  # keeps the number of toys that the −2σ band needs small
    exact = eqx.filter_jit(asymptotic_limit)(many, chosen, data, cl)
    points = np.geomspace(0.6 * float(exact.expected[0]), 1.5 * float(exact.expected[-1]), 7)
    found = toy_limit(many, chosen, data, points, Throwing(1500, KEY), cl)
    spacing = 0.02 * float(exact.limit)  # linear interpolation between the points
    assert abs(found.limit - float(exact.limit)) < SIGMAS * found.limit_error + spacing
    errors = SIGMAS * found.expected_error + spacing
    assert np.all(np.abs(found.expected - np.asarray(exact.expected)) < errors)
    assert np.all(np.isfinite(found.expected_error)) and np.all(np.diff(found.expected) > 0)
    assert not found.failed.any() and found.status == 0 and not found.expected_status.any()


@pytest.mark.parametrize(("background", "n"), [(3.0, 1.0), (0.5, 0.0)])
def test_limits_from_toys_at_low_counts_are_the_exact_ones(background, n):
    """One bin: CLs = P(N ≤ n | μ + b)/P(N ≤ n | b)."""

    def excess(mu):
        return np.log(poisson.cdf(n, mu + background) / poisson.cdf(n, background)) - np.log(0.1)

    exact = brentq(excess, 0.01, 20.0)
    joint = known(background, n)
    points = exact * np.array([0.7, 0.9, 1.1, 1.4])
    how = Throwing(4000, KEY)
    found = toy_limit(joint, strength(joint), observed_data(joint), points, how, bands=False)
    assert abs(found.limit - exact) < SIGMAS * found.limit_error
    assert found.limit_error < 0.1 * exact and found.status == 0 and not found.failed.any()
    shares = np.array([poisson.cdf(n, mu + background) for mu in points])
    assert np.all(np.abs(found.p_sb - shares) < SIGMAS * np.sqrt(shares / 4000))


def test_toys_depend_on_the_seed_and_not_on_the_batches(monkeypatch):
    joint = known(3.0, 4.0)
    chosen, truth = strength(joint), values_of(joint.parameters, {"signal": 1.0})
    traced = []
    plain = engine.toy_scans
    monkeypatch.setattr(engine, "toy_scans", lambda *args: (traced.append(1), plain(*args))[1])
    whole = throw_toys(joint, chosen, truth, [1.0], 60, KEY, "t", 25)
    assert len(traced) == 1
    part = throw_toys(joint, chosen, truth, [1.0], 20, KEY, "t", 20, first=40)
    assert np.array_equal(whole.statistic[40:], part.statistic)
    other = throw_toys(joint, chosen, truth, [1.0], 60, jax.random.key(1), "t", 25)
    assert not np.array_equal(whole.best, other.best)


def test_failed_toys_are_counted_and_widen_the_error():
    values, status = np.arange(1000.0)[:, None], np.zeros(1000, int)
    status[:50] = 1
    good = p_value(Toys(values[50:], values[50:, 0], status[50:]), 900.0)
    found = p_value(Toys(values, values[:, 0], status), 900.0)
    assert (found.toys, found.failed) == (1000, 50)
    assert found.value == good.value and found.error >= good.error + 0.05
    assert quantile(Toys(values, values[:, 0], status), 0.9).failed == 50
    with pytest.raises(InputError, match="none of the 5 toys"):
        p_value(Toys(values[:5], values[:5, 0], np.ones(5, int)), 1.0)


def test_too_few_toys_for_a_quantile_are_refused():
    with pytest.raises(InputError, match="use at least"):
        check_count(50, 0.1)
    joint = known(3.0, 4.0)
    chosen, data = strength(joint), observed_data(joint)
    with pytest.raises(InputError, match="use at least"):
        belt(joint, chosen, data, np.array([0.0, 1.0]), Throwing(50, KEY))
    with pytest.raises(InputError, match="use at least"):
        toy_limit(joint, chosen, data, np.array([1.0, 2.0]), Throwing(200, KEY))


def test_data_that_do_not_fit_and_toys_that_all_fail_are_refused():
    joint = known(3.0, 4.0)
    chosen, how, points = strength(joint), Throwing(200, KEY), np.array([1.0, 2.0])
    bad = data_of(joint, [-1.0])
    for ask in (
        lambda: toy_limit(joint, chosen, bad, points, how, bands=False),
        lambda: belt(joint, chosen, bad, points, how),
        lambda: belt_points(joint, chosen, bad),
        lambda: coverage(joint, chosen, bad, points, how),
    ):
        with pytest.raises(InputError, match="on counts must be >= 0, bin 0 has -1"):
            ask()
    lost = throw_toys(joint, chosen, np.full(1, np.nan), [1.0], 100, KEY, "t")
    assert lost.status.all()
    with pytest.raises(InputError, match="none of the 100 toys"):
        quantile(lost, 0.9)


def test_a_belt_of_many_counts_is_that_of_the_exact_construction():
    """One bin, b = 100, n = 104: toys against the Poisson belt."""
    joint = known(100.0, 104.0)
    chosen, data = strength(joint), observed_data(joint)
    points = belt_points(joint, chosen, data, points=7)
    found = unified_interval(belt(joint, chosen, data, points, Throwing(2000, KEY)))
    exact = poisson_interval(104, 100.0)
    assert found.lower == exact.lower == 0.0
    # Half a count more or less moves the exact end by about half.
    assert abs(found.upper - exact.upper) < SIGMAS * found.upper_error + 0.5


def accepted_share(mu: float, background: float, cl: float = 0.9) -> float:
    """Exact coverage of the unified construction at one truth."""
    n = np.arange(200)
    best = np.maximum(n, background)
    ratio = poisson.logpmf(n, mu + background) - poisson.logpmf(n, best)
    order = np.argsort(-ratio, kind="stable")
    total = np.cumsum(poisson.pmf(n[order], mu + background))
    return float(total[np.argmax(total >= cl)])


def test_coverage_at_low_counts_is_the_exact_one():
    joint = known(3.0, 4.0)
    points = np.array([0.0, 1.0, 2.5, 6.0])
    made = coverage(joint, strength(joint), observed_data(joint), points, Throwing(2000, KEY))
    exact = np.array([accepted_share(mu, 3.0) for mu in points])
    # Toys may put the critical count one further where the share is close to 90 %.
    assert np.all(made.coverage > 0.9 - SIGMAS * made.error)
    assert np.mean(np.abs(made.coverage - exact) < SIGMAS * made.error) >= 0.75


def test_coverage_of_a_low_count_on_off_analysis_is_between_88_and_93_percent():
    joint = on_off([4.0, 3.0, 6.0, 2.0, 1.0], [3.0, 2.0, 4.0, 3.0, 1.0])
    points = np.array([0.0, 0.2, 0.5, 1.0, 2.0])
    how = Throwing(1500, KEY)
    made = coverage(joint, strength(joint), observed_data(joint), points, how)
    assert np.all(made.coverage > 0.88 - made.error) and np.all(made.coverage < 0.93 + made.error)
    with pytest.raises(InputError, match="only constrained"):
        coverage(joint, strength(joint), observed_data(joint), points, how, shift={"signal": 1.0})
    with pytest.raises(InputError, match="unknown method"):
        coverage(joint, strength(joint), observed_data(joint), points, how, "wald")


def test_upper_limits_cover(many):
    chosen, data = strength(many), observed_data(many)
    found = {
        method: coverage(many, chosen, data, [0.0, 0.3], Throwing(1000, KEY), method)
        for method in ("asymptotic", "cls")
    }
    assert all(made.coverage[0] == 1.0 for made in found.values())
    plain = found["asymptotic"]
    assert abs(plain.coverage[1] - 0.9) < SIGMAS * plain.error[1]
    assert found["cls"].coverage[1] >= plain.coverage[1]
