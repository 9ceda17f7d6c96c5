"""Limits and significances that a selection expects, differentiable in its counts.

Counts without signal are taken at their expectation (Asimov). One bin: CLs of Poisson
probabilities, continued to counts that are not whole,

    P(N ≤ n | λ) = Φ(z), z = (n + 2/3 − λ + 0.02/(n + 1)) √q/|n + ½ − λ|,

q = 2[λ − n′ + n′ ln(n′/λ)] at n′ = n + ½, right to 2 % from n = 0 up, and with nuisances the
smallest q + Σθ². Many bins: √q_A reaches the level of arXiv:1007.1727 Eq. 88.
Source: D. B. Peizer and J. W. Pratt, J. Am. Stat. Assoc. 63 (1968) 1416.
"""

from functools import partial
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jax.scipy.special import log_ndtr, ndtri
from jaxtyping import Array, Bool, Float

from dmjax.cuts.profile import (
    LARGEST_STEP,
    curvature,
    no_pulls,
    pull_slope,
    solve,
    towards_best,
    two_nll,
)
from dmjax.cuts.yields import Bins, Pulls, Rules, Scalar, Yields, background_of, count_of, means
from dmjax.numerics import frozen, safe_divide, safe_sqrt

ROUNDS = 12
"""Newton steps of strength and nuisances together."""
NEAR = 1e-4
"""Standard deviations by which a limit may miss its level."""
_NONE = 1e-300
_MOST, _FLATTEST = 0.7, 1e-3
"""Largest step in ln μ, and the least slope that divides it."""


class Level(NamedTuple):
    """What is excluded.

    Attributes:
        alpha: 1 − confidence level.
        cls: whether the probability without signal divides (static).
    """

    alpha: float
    cls: bool


class Strength(NamedTuple):
    """A limit on the strength.

    Attributes:
        log: ln μ.
        found: whether μ reaches its level; False: `log` is the last that was tried.
    """

    log: Float[Array, ""]
    found: Bool[Array, ""]


def expected_limit(rules: Rules, yields: Yields, level: Level) -> Strength:
    """The strength that background-only data are expected to exclude, or that a toy excludes.

    Args:
        rules, yields: of the selection; one bin is counted, several make a binned likelihood.
        level: confidence level, CLs or not.

    Returns:
        `Strength`, with its derivative in the yields by the implicit step: nuisances stay, as they
        are at a minimum.

    >>> rules = Rules(("none",), ("steady",), (-1,), (0.0,), (), 0.0, 0)
    >>> empty = Yields(jnp.full((1, 1), 2.0), jnp.zeros((1, 1)), jnp.zeros(0))
    >>> found = expected_limit(rules, empty, Level(0.1, True))
    >>> round(2.0 * float(jnp.exp(found.log)), 2)  # −ln 0.1 = 2.30 events
    2.28
    """
    total = jnp.sum(yields.signal[0])
    single = yields.signal.shape[1] == 1
    out, wanted = (_counted, _count_level) if single else (_binned, _asimov_level)
    still = frozen(yields)
    data = _data(still)
    first = jnp.log(_first_guess(rules, still) / jnp.maximum(frozen(total), _NONE))
    both = jnp.stack([jnp.zeros_like(first), jnp.exp(first)])
    base, begun = jax.vmap(partial(_settled, rules, still, data))(both)
    aim = wanted(rules, still, base, level)

    def one(_, held: tuple[Scalar, Scalar, Pulls]) -> tuple[Scalar, Scalar, Pulls]:
        log, _, pulls = held
        pulls = towards_best(rules, still, data, jnp.exp(log), pulls)
        value, along = jax.jvp(
            lambda at: out(rules, still, at, pulls), (log,), (jnp.ones_like(log),)
        )
        along = jnp.maximum(along, _FLATTEST)
        step = jnp.clip((value - aim) / along, -_MOST, _MOST)
        return log - step, along, pulls + step * _turn(rules, still, data, log, pulls)

    start = (first, jnp.ones_like(first), begun)
    log, slope, pulls = frozen(jax.lax.fori_loop(0, ROUNDS, one, start))
    miss = out(rules, yields, log, pulls) - wanted(rules, yields, base, level)
    found = (jnp.abs(miss) < NEAR) & (total > 0.0)
    return Strength(log - miss / slope, found)


def _turn(rules: Rules, yields: Yields, data: Bins, log: Scalar, pulls: Pulls) -> Pulls:
    """How fast pulls at their best move with −ln μ: (1 + JᵀWJ)⁻¹ ∂g/∂ln μ."""
    if not rules.pulls:
        return pulls

    def slope(at: Scalar) -> Pulls:
        return pull_slope(rules, yields, data, jnp.exp(at), pulls)

    _, turning = jax.jvp(slope, (log,), (jnp.ones_like(log),))
    turn = solve(curvature(rules, yields, data, jnp.exp(log), pulls), turning)
    return jnp.clip(turn, -LARGEST_STEP, LARGEST_STEP)


def significance(rules: Rules, yields: Yields, strength: Scalar) -> Scalar:
    """√q₀ expected of a signal of given strength, nuisances profiled (arXiv:1007.1727 Eq. 12).

    Args:
        rules, yields: of the selection.
        strength: of the signal that is there.

    Returns:
        Standard deviations, ≥ 0; of s events over b known ones √(2[(s + b) ln(1 + s/b) − s]).
    """
    data = means(rules, yields, strength, no_pulls(rules, yields))
    zero = jnp.zeros_like(strength)
    still, kept = frozen(yields), frozen(data)
    pulls = _settled(rules, still, kept, zero)
    return safe_sqrt(two_nll(rules, yields, data, zero, pulls))


def _data(yields: Yields) -> Float[Array, " bins"]:
    """n′ of one bin, the expectation of many."""
    expected = background_of(yields)
    return count_of(yields)[None] + 0.5 if expected.shape[0] == 1 else expected


def _first_guess(rules: Rules, yields: Yields) -> Scalar:
    """Events of a limit of a plain count with its systematic error."""
    zero, pulls = jnp.zeros((), yields.signal.dtype), no_pulls(rules, yields)
    spread = jnp.sum(background_of(yields))
    if rules.pulls:
        slopes = jax.jacfwd(lambda at: jnp.sum(means(rules, yields, zero, at)))(pulls)
        spread = spread + jnp.sum(slopes * slopes)
    excess = count_of(yields) - jnp.sum(background_of(yields))
    return 2.3 + 1.7 * jnp.sqrt(spread) + jnp.maximum(excess, 0.0)


def _settled(rules: Rules, yields: Yields, data: Bins, strength: Scalar) -> Pulls:
    """Pulls at their best for a strength."""
    found = jax.lax.fori_loop(
        0,
        ROUNDS // 2,
        lambda _, at: towards_best(rules, yields, data, strength, at),
        no_pulls(rules, yields),
    )
    return frozen(found)


def _counted(rules: Rules, yields: Yields, log: Scalar, pulls: Pulls) -> Scalar:
    """−z of no more than the count, at a strength."""
    root = safe_sqrt(two_nll(rules, yields, _data(yields), jnp.exp(log), pulls))
    return _far(yields, jnp.exp(log) * jnp.sum(yields.signal[0]), root)


def _far(yields: Yields, events: Scalar, root: Scalar) -> Scalar:
    """−z of Peizer and Pratt: √q with the sign of what is expected above the count.

    Args:
        yields: give the count and what is expected of it without signal.
        events: of signal.
        root: √q of the count and a half.
    """
    count = count_of(yields)
    above = events + jnp.sum(background_of(yields)) - count
    gap = above - 0.5
    gap = jnp.where(jnp.abs(gap) < 1e-6, 1e-6, gap)
    return (above - 2.0 / 3.0 - 0.02 / (count + 1.0)) * root / jnp.abs(gap)


def _count_level(rules: Rules, yields: Yields, base: Pulls, level: Level) -> Scalar:
    """−z at the limit: where P(N ≤ n | μ) is α, or α P(N ≤ n | 0) with CLs."""
    kept = jnp.ones((), yields.signal.dtype)
    if level.cls:
        zero = jnp.zeros((), yields.signal.dtype)
        root = safe_sqrt(two_nll(rules, _held(yields), _data(yields), zero, base))
        kept = jnp.exp(log_ndtr(-_far(yields, zero, root)))
    return -ndtri(level.alpha * kept)


def _held(yields: Yields) -> Yields:
    """Backgrounds of at least a tiny share of an event: z of none at all is infinite."""
    least = jnp.full_like(yields.background[:1], 1e-12)
    rest = jnp.concatenate([yields.background[:1] + least, yields.background[1:]])
    return eqx.tree_at(lambda one: one.background, yields, rest)


def _binned(rules: Rules, yields: Yields, log: Scalar, pulls: Pulls) -> Scalar:
    """√q_A of a strength."""
    return safe_sqrt(two_nll(rules, yields, background_of(yields), jnp.exp(log), pulls))


def _asimov_level(rules: Rules, yields: Yields, base: Pulls, level: Level) -> Scalar:
    """√q_A at the median limit."""
    alone = level.alpha * (0.5 if level.cls else 1.0)
    return -ndtri(jnp.asarray(alone, yields.signal.dtype))


def relative_information(rules: Rules, yields: Yields, strength: Scalar) -> Scalar:
    """Fisher information on ln μ at a strength, nuisances marginalised: jᵀ(λ + JJᵀ)⁻¹j, j = μS.

    One bin: (μS)²/(λ + Σ(∂λ/∂θ)²).

    Args:
        rules, yields: of the selection.
        strength: μ > 0.
    """
    pulls = no_pulls(rules, yields)
    rate = means(rules, yields, strength, pulls)
    events = strength * yields.signal[0]
    weighted = safe_divide(events, rate)
    total = jnp.sum(weighted * events)
    if not rules.pulls:
        return total
    slopes = jax.jacfwd(lambda at: means(rules, yields, strength, at))(pulls)
    mixed = weighted @ slopes
    inner = slopes.T @ (safe_divide(jnp.ones_like(rate), rate)[:, None] * slopes)
    return total - mixed @ solve(inner + jnp.eye(pulls.shape[0], dtype=pulls.dtype), mixed)
