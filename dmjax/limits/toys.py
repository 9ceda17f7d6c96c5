"""Distributions of a test statistic from toys, in batches of bounded size."""

import math
import zlib
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from dmjax.errors import InputError
from dmjax.fits.estimates import (
    Estimate,
    check_count,
    some_fitted,
    tail_share,
)
from dmjax.fits.fit import WAYS
from dmjax.fits.pseudo_data import most_counts, numbered_keys, throw, toy_keys
from dmjax.fits.retry import start_at, tried_again
from dmjax.likelihood.joint import Data, JointModel
from dmjax.limits.test_statistics import Strength, check_test, judged, toy_scans, wanted_points
from dmjax.programs import kept
from dmjax.store.blocks import fingerprint
from dmjax.store.progress import Say, nothing

Values = Float[Array, " parameters"]
Make = Callable[[Array, int], tuple[Any, Any, Any]]
"""Keys of toys and an attempt at their fits to (statistic, best, status), as in `Toys`."""

BATCH = 100
"""Toys fitted together, as a rule: more fill the cache and wait longer for the slowest."""

KEPT = 1000
"""Toys in one saved block."""


class Toys(NamedTuple):
    """A test statistic over toys.

    Attributes:
        statistic: (toys, points).
        best: best-fit strength of each toy, (toys,).
        status: 0 where every fit of the toy converged, (toys,); see `minimise.STATUS_TEXT`.
    """

    statistic: np.ndarray
    best: np.ndarray
    status: np.ndarray


@kept
def throw_batch(joint: JointModel, truth: Values, keys: Array, most: tuple[int, ...]) -> Data:
    """`throw` of every key: compiled once, whatever is then done with the toys."""
    return jax.vmap(lambda key: throw(joint, truth, key, most))(keys)


@kept
def toy_starts(joint: JointModel, truth: Values, keys: Array, attempt) -> Float[Array, "toys _"]:
    """Where the fits of toys begin: at the truth, and elsewhere when tried again."""
    return jax.vmap(
        lambda key: start_at(joint.parameters, truth, jax.random.fold_in(key, attempt), attempt)
    )(keys)


@kept
def _statistics(joint, chosen, data: Data, starts, truth, points, test, way: str):
    wanted = wanted_points(chosen, points, test)
    scans = toy_scans(joint, chosen, data, wanted, starts, truth, way)
    return jax.vmap(lambda scan: judged(chosen, scan, points, test))(scans)


def throw_toys(
    joint: JointModel,
    chosen: Strength,
    truth: Values,
    points,
    toys: int,
    key: Array,
    test: str = "qtilde",
    batch_size: int = BATCH,
    first: int = 0,
    most: tuple[int, ...] | None = None,
    say: Say = nothing,
) -> Toys:
    """A test statistic at given strengths over toys thrown at `truth`.

    Args:
        joint, chosen: model and its strength.
        truth: parameter values of the toys, as a rule a conditional best fit.
        points: strengths at which the statistic is evaluated, (points,).
        toys: how many.
        key: of `jax.random`; toy i depends on (key, first + i) alone.
        test: one of `TESTS`.
        batch_size: toys held in memory at once.
        first: number of the first toy: throws can be continued.
        most: from `most_counts`, where several truths should share one compilation.
        say: see `store.progress.Say`.

    Returns:
        `Toys`. Fits that fail, or that end above the likelihood of what was thrown, are tried
        again (`fits.retry`); what still fails is kept and marked.
    """
    make = _maker(joint, chosen, truth, points, test, most)
    return in_batches(make, toys, key, batch_size, first, say)


def _maker(joint, chosen, truth, points, test, most) -> Make:
    check_test(test, chosen)
    most = most_counts(joint, truth) if most is None else most
    points = jnp.atleast_1d(jnp.asarray(points, truth.dtype))

    def make(keys, attempt):
        data = throw_batch(joint, truth, keys, most)
        starts = toy_starts(joint, truth, keys, jnp.asarray(attempt))
        way = WAYS[attempt] if attempt < len(WAYS) else WAYS[-1]
        return _statistics(joint, chosen, data, starts, truth, points, test, way)

    return make


def in_batches(
    make: Make,
    toys: int,
    key: Array,
    batch_size: int = BATCH,
    first: int = 0,
    say: Say = nothing,
) -> Toys:
    """Any number of toys in batches of one size; those that failed are tried again."""
    _check_size(toys, batch_size)
    parts = []
    for start in range(0, toys, batch_size):
        part = make(toy_keys(key, first + start, batch_size), 0)
        parts.append([np.asarray(field)[: toys - start] for field in part])
        say("toys", min(start + batch_size, toys), toys, "toys")
    found = tuple(np.concatenate(field) for field in zip(*parts, strict=True))

    def again(rows: np.ndarray, attempt: int):
        return make(numbered_keys(key, first + rows), attempt)

    return Toys(*tried_again(again, found))


def _check_size(toys: int, batch_size: int) -> None:
    if toys < 1 or batch_size < 1:
        raise InputError(f"toys and batch_size must be at least 1, got {toys} and {batch_size}")


class Wanted(NamedTuple):
    """A block of toys that is wanted.

    Attributes:
        label: of the block.
        toys: how many.
        about: the strengths at which they are judged, and a fingerprint of the truth they are
            thrown at.
    """

    label: str
    toys: int
    about: dict[str, Any]


class Throwing(NamedTuple):
    """How toys are thrown, wherever a method needs some.

    Attributes:
        toys: at each point.
        key: of `jax.random`.
        batch_size: held in memory at once.
        say: see `store.progress.Say`.
        keep: called with (wanted, make) for every block of up to `KEPT` toys; returns make() or
            what an earlier run saved of the same.
    """

    toys: int
    key: Array
    batch_size: int = BATCH
    say: Say = nothing
    keep: Callable[[Wanted, Callable[[], Toys]], Toys] = lambda _, make: make()


def throw_blocks(
    joint: JointModel,
    chosen: Strength,
    truth: Values,
    points,
    how: Throwing,
    test: str,
    label: str,
    most: tuple[int, ...] | None = None,
) -> Toys:
    """`throw_toys` in blocks that can be kept."""
    make = _maker(joint, chosen, truth, points, test, most)
    return in_kept_blocks(make, how, label, truth, points)


def in_kept_blocks(make: Make, how: Throwing, label: str, truth: Values, points) -> Toys:
    """`in_batches` in blocks that can be kept.

    Args:
        make: see `Make`.
        how: its key is folded with the label.
        label: of the blocks, beside their first toy and size.
        truth: parameter values that `make` throws its toys at.
        points: strengths at which it judges them.
    """
    _check_size(how.toys, how.batch_size)
    about = {
        "strengths": [float(f"{x:.6g}") for x in np.atleast_1d(np.asarray(points))],
        "truth": fingerprint([truth]),
    }
    key = labelled_key(how.key, label)
    parts = []
    for first in range(0, how.toys, KEPT):
        count = min(KEPT, how.toys - first)

        def say(_: str, done: int, __: int | None, note: str = "", /, first: int = first) -> None:
            how.say(label, first + done, how.toys, note)

        block = partial(in_batches, make, count, key, how.batch_size, first, say)
        parts.append(how.keep(Wanted(f"{label}_{first}_{count}", count, about), block))
    return Toys(*(np.concatenate(field) for field in zip(*parts, strict=True)))


def labelled_key(key: Array, label: str) -> Array:
    """An independent key for every label."""
    return jax.random.fold_in(key, zlib.crc32(label.encode()))


def largest_counts(joint: JointModel, truths) -> tuple[int, ...]:
    """`most_counts` that serve every one of several truths, so that they share a compilation."""
    every = [most_counts(joint, truth) for truth in truths]
    return tuple(max(column) for column in zip(*every, strict=True))


def converged(toys: Toys) -> np.ndarray:
    """Mask of the toys that count; InputError where none does."""
    return some_fitted(toys.status == 0)


def p_value(toys: Toys, observed: float, column: int = 0) -> Estimate:
    """Share of toys at least as far out as the observed statistic, with binomial error.

    The error of k out of n is √(p(1 − p)/n) at p = (k + ½)/(n + 1), so it is not 0 at k = 0.

    >>> some = Toys(np.arange(100.0)[:, None], np.zeros(100), np.zeros(100, int))
    >>> found = p_value(some, 90.0)
    >>> round(found.value, 2), round(found.error, 2), found.failed
    (0.1, 0.03, 0)
    """
    return tail_share(toys.statistic[:, column], toys.status == 0, observed)


def quantile(toys: Toys, level: float, column: int = 0) -> Estimate:
    """The quantile of a statistic over toys; its error from the order statistics one σ away.

    It is the smallest value that at least that share of toys does not exceed.

    Raises:
        InputError: too few toys beyond the quantile.

    >>> some = Toys(np.arange(1000.0)[:, None], np.zeros(1000), np.zeros(1000, int))
    >>> found = quantile(some, 0.9)
    >>> round(found.value), round(found.error, 1)
    (899, 9.5)
    """
    good = converged(toys)
    n = int(good.sum())
    check_count(n, 1.0 - level)
    share = math.sqrt(level * (1.0 - level) / n) + (good.size - n) / good.size
    around = np.clip([level - share, level, level + share], 0.0, 1.0)
    low, middle, high = np.quantile(toys.statistic[good, column], around, method="inverted_cdf")
    return Estimate(float(middle), float(0.5 * (high - low)), good.size, good.size - n)
