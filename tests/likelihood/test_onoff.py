"""The on/off term: against quadrature, exact arithmetic, closed sums, and at its extremes."""

import itertools
import math
from fractions import Fraction

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import gammaln, xlogy

from dmjax.likelihood.onoff import MAX_COUNT, OnOffCounts, log_onoff, onoff_terms
from tolerances import tolerance

COUNTS = (0, 1, 4, 30, 200)
SIGNALS = (0.0, 0.4, 6.0, 45.0, 400.0)


def log_by_quadrature(n, m, s):
    """ln ∫ dN P(n; s+N) P(m; N), the integrand scaled by its peak, to where it fell by e^−60."""

    def log_f(b):
        return xlogy(n, s + b) - s - 2 * b + xlogy(m, b) - gammaln(n + 1) - gammaln(m + 1)

    ladder = np.concatenate([[0.0], np.geomspace(1e-8, 2e3, 40001)])
    values = log_f(ladder)
    peak = values.max()
    alive = np.flatnonzero(values > peak - 60)
    low, top = ladder[max(alive[0] - 1, 0)], ladder[min(alive[-1] + 1, ladder.size - 1)]
    edges = [low, *np.linspace(low, top, 9)[1:-1], top]
    pieces = [
        quad(lambda b: np.exp(log_f(b) - peak), a, c, epsabs=0, epsrel=1e-12, limit=200)[0]
        for a, c in itertools.pairwise(edges)
    ]
    return peak + math.log(sum(pieces))


def log_exactly(n, m, s):
    """ln L in rational arithmetic, rounded once."""
    s = Fraction(s)
    total = sum(
        s**j * Fraction(math.comb(n - j + m, m), math.factorial(j) * 2 ** (n - j + m + 1))
        for j in range(n + 1)
    )
    shift = total.numerator.bit_length() - total.denominator.bit_length()
    return math.log(total / Fraction(2) ** shift) + shift * math.log(2.0) - float(s)


def test_background_integral_against_quadrature():
    on, off = (np.array(x) for x in zip(*itertools.product(COUNTS, COUNTS), strict=True))
    counts = OnOffCounts(on, off)
    for s in SIGNALS:
        ours = np.asarray(log_onoff(counts, jnp.full(on.size, s)))
        theirs = [log_by_quadrature(n, m, s) for n, m in zip(on, off, strict=True)]
        assert np.max(np.abs(np.expm1(ours - theirs))) < tolerance("nbg")


@pytest.mark.parametrize("s", [0.0, 1e-12, 0.7, 33.0, 1e3, 1e12])
def test_exact_at_any_signal(s):
    pairs = [(0, 0), (0, 9), (9, 0), (40, 3), (200, 200), (MAX_COUNT, 0), (MAX_COUNT, MAX_COUNT)]
    ours = log_onoff(OnOffCounts(*zip(*pairs, strict=True)), jnp.full(len(pairs), s))
    theirs = np.array([log_exactly(n, m, s) for n, m in pairs])
    assert np.allclose(ours, theirs, rtol=tolerance("identity"), atol=0.0)


@pytest.mark.parametrize(("m", "s"), [(0, 0.0), (3, 1.5), (25, 40.0)])
def test_probabilities_of_all_on_counts_sum_to_one(m, s):
    n = np.arange(MAX_COUNT + 1)
    log_l = log_onoff(OnOffCounts(n, np.full_like(n, m)), jnp.full(n.size, s))
    assert abs(float(jnp.sum(jnp.exp(log_l))) - 1.0) < 10 * tolerance("identity")


@pytest.mark.parametrize("s", [0.0, 1e-300, 1e-6, 1.0, 1e4, 1e12])
def test_value_and_slopes_are_finite(s):
    n, m = (np.array(x) for x in zip(*itertools.product(COUNTS, COUNTS), strict=True))
    counts, at = OnOffCounts(n, m), jnp.full(n.size, s)
    _, slope, curvature = onoff_terms(counts, at)
    forward = jax.jvp(lambda x: log_onoff(counts, x), (at,), (jnp.ones_like(at),))[1]
    reverse = jax.grad(lambda x: jnp.sum(log_onoff(counts, x)))(at)
    for value in (log_onoff(counts, at), slope, curvature, forward, reverse):
        assert bool(jnp.all(jnp.isfinite(value)))
    assert np.array_equal(forward, reverse)
    assert bool(jnp.all(slope >= -1.0 - tolerance("identity")))
    assert bool(jnp.all(curvature <= tolerance("identity")))


def test_slopes_against_finite_differences():
    rng = np.random.default_rng(1)
    n, m = rng.integers(0, 60, 40), rng.integers(0, 60, 40)
    counts, s = OnOffCounts(n, m), jnp.asarray(rng.uniform(0.1, 120.0, 40))
    step = 1e-4 * s
    up, down = (log_onoff(counts, s + k * step) for k in (1, -1))
    _, slope, curvature = onoff_terms(counts, s)
    assert np.allclose(slope, (up - down) / (2 * step), atol=tolerance("gradient"))
    change = (onoff_terms(counts, s + step)[1] - onoff_terms(counts, s - step)[1]) / (2 * step)
    assert np.allclose(curvature, change, atol=tolerance("gradient"))
    twice = jax.jvp(jax.grad(lambda x: jnp.sum(log_onoff(counts, x))), (s,), (jnp.ones_like(s),))[1]
    assert np.allclose(twice, curvature, atol=tolerance("identity"))


def test_float32_follows_its_input():
    n, m = (np.array(x) for x in zip(*itertools.product((0, 2, 17, 40), repeat=2), strict=True))
    counts = OnOffCounts(n, m)
    for s in (0.0, 0.3, 20.0, 1e6):
        single = log_onoff(counts, jnp.full(n.size, s, jnp.float32))
        assert single.dtype == jnp.float32
        double = log_onoff(counts, jnp.full(n.size, s))
        assert np.allclose(
            single,
            double,
            rtol=tolerance("identity", "float32"),
            atol=tolerance("identity", "float32"),
        )


@pytest.mark.parametrize(
    ("on", "off", "message"),
    [
        ([1, -1], [0, 0], "bin 1 has -1"),
        ([1, 2], [0, 0.5], "n_off must hold integers"),
        ([1, np.nan], [0, 0], "n_on must hold integers"),
        ([MAX_COUNT + 1], [0], f"from 0 to {MAX_COUNT}"),
        ([1, 2], [0], "equal needed"),
        ([[1, 2]], [[0, 0]], "one flat list"),
        ([], [], "one flat list"),
    ],
)
def test_bad_counts_are_named(on, off, message):
    with pytest.raises(ValueError, match=message):
        OnOffCounts(on, off)
