"""Limits of toys in a selection: data that nothing was chosen on."""

from functools import partial
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from dmjax.batches import in_blocks
from dmjax.cuts.strength import Level, expected_limit
from dmjax.cuts.yields import Rules, Yields, means
from dmjax.programs import kept

BLOCK = 64
"""Counts, or toys, at once."""


class Trial(NamedTuple):
    """What toys say of one selection.

    Attributes:
        log_limit: median of ln μ of toys without signal.
        low, high: what one event less and one more than the median count give.
        covered: share of toys with a signal of the expected limit whose own limits hold it.
    """

    log_limit: float
    low: float
    high: float
    covered: float


def count_limits(rules: Rules, yields: Yields, level: Level, counts: np.ndarray) -> np.ndarray:
    """ln of the largest strength that each count allows, nuisances profiled.

    Args:
        rules, yields: of a selection as one bin.
        level: confidence level, CLs or not.
        counts: (n,).
    """
    known, back = np.unique(counts.astype(float), return_inverse=True)
    found = in_blocks(partial(_limits, rules, yields, level), known, BLOCK)
    return np.asarray(found)[back]


@kept
def _limits(
    rules: Rules, yields: Yields, level: Level, counts: Float[Array, " n"]
) -> Float[Array, " n"]:
    def one(count: Array) -> Array:
        seen = eqx.tree_at(lambda y: y.count, yields, count, is_leaf=lambda x: x is None)
        return expected_limit(rules, seen, level).log

    return jax.vmap(one)(counts)


def thrown(
    rules: Rules, yields: Yields, strength: float, toys: int, rng: np.random.Generator
) -> np.ndarray:
    """Counts of toys whose nuisances are drawn anew from their constraints, (toys,)."""
    pulls = jnp.asarray(rng.standard_normal((toys, len(rules.pulls))))
    rates = jax.vmap(lambda at: means(rules, yields, jnp.asarray(strength), at))(pulls)
    return rng.poisson(np.maximum(np.asarray(rates)[:, 0], 0.0))


def trial(
    rules: Rules,
    yields: Yields,
    log_strength: float,
    level: Level,
    toys: int,
    rng: np.random.Generator,
) -> Trial:
    """Throw toys without signal, and toys with the signal that was expected to be excluded.

    Args:
        rules, yields, level: see `count_limits`.
        log_strength: ln μ that was expected.
        toys: of each kind, at least 2.
        rng: whatever was not used to choose the selection.
    """
    empty, full = (
        thrown(rules, yields, strength, toys, rng)
        for strength in (0.0, float(np.exp(log_strength)))
    )
    middle = float(np.median(empty))
    near = np.maximum(middle + np.array([0.0, -1.0, 1.0]), 0.0)
    found = count_limits(rules, yields, level, np.concatenate([near, full]))
    median, low, high = found[:3].tolist()
    return Trial(median, low, high, float(np.mean(found[3:] >= log_strength)))
