"""Limits at low counts against closed forms and enumeration."""

import itertools

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.stats import norm, poisson

from dmjax.errors import InputError
from dmjax.limits.low_counts import FEW, effective_counts, exact_limit, low_count_limits
from dmjax.limits.weighted_counts import Means
from tolerances import tolerance

SIGMAS = (-2.0, -1.0, 0.0, 1.0, 2.0)


def _one_bin(b: float) -> list[float]:
    """Expected CLs limits of a count: quantiles of Poisson(b), then the limit of each."""
    counts = [int(poisson.ppf(norm.cdf(n) - 1e-13, b)) if b > 0 else 0 for n in SIGMAS]
    return [
        brentq(lambda s, n=n: poisson.cdf(n, s + b) / poisson.cdf(n, b) - 0.1, 1e-9, 1e3)
        for n in counts
    ]


@pytest.mark.parametrize("bins", [1, 3, 40])
@pytest.mark.parametrize("b", [0.0, 0.5, 3.0, 20.0])
def test_one_count_however_it_is_cut(b, bins):
    cut = np.random.default_rng(2).dirichlet(np.ones(bins))[None, :]
    found = low_count_limits(Means(cut, b * cut))
    assert np.allclose(found, _one_bin(b), rtol=10 * tolerance("normalisation"))


def test_without_background_the_limit_is_2_30_events():
    signal = np.array([[0.1, 0.0, 2.0, 0.5]])
    found = low_count_limits(Means(signal, np.zeros_like(signal)))
    assert np.allclose(signal.sum() * found, np.log(10.0), rtol=tolerance("normalisation"))
    rich = np.array([[0.0, 5.0, 0.0, 0.0]])
    assert np.allclose(low_count_limits(Means(signal, rich)), found, rtol=tolerance("table"))


def test_three_bins_by_enumeration():
    signal, background = np.array([1.0, 0.5, 0.2]), np.array([0.3, 1.0, 2.0])
    outcomes = np.array(list(itertools.product(range(14), range(18), range(22))))

    def level(strength, n):
        order = outcomes @ np.log1p(strength * signal / background)
        by = np.argsort(order)
        order = order[by]
        p_b, p_sb = (
            np.cumsum(poisson.pmf(outcomes, means).prod(1)[by])
            for means in (background, background + strength * signal)
        )
        first = np.argmax(p_b >= norm.cdf(n) - 1e-12)
        last = np.searchsorted(order, order[first] + 1e-9) - 1
        return p_sb[last] / p_b[last]

    wanted = [brentq(lambda mu, n=n: level(mu, n) - 0.1, 0.01, 30.0, xtol=1e-6) for n in SIGMAS]
    found = low_count_limits(Means(signal[None], background[None]))
    assert np.allclose(found, wanted, rtol=tolerance("fit_parameter"))


def test_an_error_on_the_signal_weakens_a_limit_as_its_average():
    """⟨e^{−μsf}⟩ = 0.1 where nothing is counted and nothing expected."""
    factors = np.concatenate([[1.0], 1.0 + 0.3 * norm.ppf((np.arange(64) + 0.5) / 64)])[:, None]
    found = low_count_limits(Means(factors, np.zeros_like(factors)))
    wanted = brentq(lambda mu: np.exp(-mu * factors[1:]).mean() - 0.1, 0.1, 10.0)
    assert np.allclose(found, wanted, rtol=tolerance("table")) and wanted > np.log(10.0)


def test_effective_counts_do_not_depend_on_the_binning():
    cut = np.array([0.1, 0.3, 0.6])
    for b in (0.0, 1.0, 100.0):
        assert np.isclose(
            effective_counts(cut, b * cut),
            effective_counts(np.ones(1), np.full(1, b)),
            rtol=tolerance("normalisation"),
        )
    assert effective_counts(np.array([1.0, 1e-3]), np.array([1e4, 0.0])) > FEW
    assert effective_counts(np.array([1.0, 1e-3]), np.array([0.0, 1e4])) < FEW


def test_no_signal_has_no_limit_and_a_bad_level_is_refused():
    assert np.all(np.isinf(low_count_limits(Means(np.zeros((1, 2)), np.ones((1, 2))))))
    with pytest.raises(InputError, match="cl must lie"):
        low_count_limits(Means(np.ones((1, 1)), np.ones((1, 1))), cl=0.3)


@pytest.mark.parametrize("cl", [0.9, 0.95, 0.999])
@pytest.mark.parametrize(("n", "b"), [(0, 0.0), (0, 2.0), (3, 0.5), (4, 3.0), (12, 1.0)])
def test_an_observed_count_has_its_exact_limit(n, b, cl):
    """P(N ≤ n | s + b)/P(N ≤ n | b) = 1 − cl."""

    def excess(s):
        return poisson.cdf(n, s + b) / poisson.cdf(n, b) - (1.0 - cl)

    wanted = brentq(excess, 1e-9, 200.0)
    found = exact_limit(Means(np.ones((1, 1)), np.full((1, 1), b)), np.array([float(n)]), cl)
    assert np.isclose(found.limit, wanted, rtol=tolerance("table"))
    assert np.isclose(found.p_b, poisson.cdf(n, b), rtol=tolerance("table"))
    assert np.isclose(found.p_sb, poisson.cdf(n, b + wanted), rtol=10 * tolerance("table"))


def test_observed_counts_of_three_bins_by_enumeration():
    signal, background = np.array([1.0, 0.5, 0.2]), np.array([0.3, 1.0, 2.0])
    outcomes = np.array(list(itertools.product(range(14), range(18), range(22))))
    seen = np.array([1.0, 0.0, 3.0])

    def level(strength):
        weights = np.log1p(strength * signal / background)
        inside = outcomes @ weights <= seen @ weights + 1e-9
        p_sb, p_b = (
            poisson.pmf(outcomes[inside], means).prod(1).sum()
            for means in (background + strength * signal, background)
        )
        return p_sb / p_b

    found = exact_limit(Means(signal[None], background[None]), seen)
    assert np.isclose(level(found.limit), 0.1, rtol=tolerance("benchmark"))
