"""Nested slice sampling: the evidence and weighted draws of a likelihood under proper priors."""

from collections.abc import Callable
from typing import Any, NamedTuple

import blackjax
import jax
import jax.numpy as jnp
import numpy as np
from blackjax.ns.utils import compute_num_live, finalise
from jaxtyping import Array, Float, PRNGKeyArray

from dmjax.bayes.priors import PriorSet, quantiles
from dmjax.errors import InputError
from dmjax.programs import kept
from dmjax.store.progress import Say, nothing

_VOLUMES = 200
_BLOCK = 8


class Hypothesis(NamedTuple):
    """A likelihood with proper priors: all that an evidence depends on.

    Attributes:
        name: a label.
        priors: of its parameters.
        log_likelihood: values (parameters) → ln L without any prior or constraint, finite inside
            the ranges. A `jax.tree_util.Partial` of a module-level function keeps its data as
            arrays, so that other data do not recompile.
        expected: values → expected counts of each analysis beside a measured steady state, for
            predictive checks; None where there are no counts.
    """

    name: str
    priors: PriorSet
    log_likelihood: Callable[[Float[Array, " parameters"]], Float[Array, ""]]
    expected: Callable[[Float[Array, " parameters"]], tuple[Float[Array, " bins"], ...]] | None = (
        None
    )


class NestedRun(NamedTuple):
    """Evidence and posterior of a hypothesis.

    Attributes:
        name: of the hypothesis.
        log_z: ln ∫ L dπ.
        error: its standard deviation, from simulated prior volumes of the run.
        information: ln of the compression from prior to posterior, ∫ p ln(p/π) [nats].
        draws: name → equally weighted posterior draws, (draws,).
        log_likelihood: at the draws, (draws,).
        effective: effective number of the weighted points behind them.
        live: number of live points.
        deaths: points replaced.
        evaluations: of the likelihood.
        status: "converged", or why not.
    """

    name: str
    log_z: float
    error: float
    information: float
    draws: dict[str, np.ndarray]
    log_likelihood: np.ndarray
    effective: float
    live: int
    deaths: int
    evaluations: int
    status: str


def _algorithm(hypothesis: Hypothesis, replaced: int, steps: int) -> Any:
    """Nested slice sampling in the unit cube of prior shares."""

    def log_inside(u):
        inside = jnp.all((u >= 0.0) & (u <= 1.0))
        return jnp.where(inside, jnp.zeros((), u.dtype), -jnp.inf)

    def log_likelihood(u):
        return hypothesis.log_likelihood(quantiles(hypothesis.priors, u))

    return blackjax.nss(log_inside, log_likelihood, num_inner_steps=steps, num_delete=replaced)


@kept
def _begin(hypothesis: Hypothesis, key, live: int, replaced: int, steps: int):
    u_key, start_key = jax.random.split(key)
    u = jax.random.uniform(u_key, (live, len(hypothesis.priors.names)))
    return _algorithm(hypothesis, replaced, steps).init(u, start_key)


@kept
def _advance(hypothesis: Hypothesis, key, state, replaced: int, steps: int):
    """A block of replacements: the state after, and the dead points with their cost."""
    algorithm = _algorithm(hypothesis, replaced, steps)

    def one(state, key):
        state, info = algorithm.step(key, state)
        moves = info.update_info
        cost = jnp.sum(moves.num_expansions + 2 + moves.num_shrink)
        return state, (info._replace(update_info=None), cost)

    state, (dead, cost) = jax.lax.scan(one, state, jax.random.split(key, _BLOCK))
    dead = jax.tree.map(lambda x: x.reshape(-1, *x.shape[2:]), dead)
    return state, dead, jnp.sum(cost)


def _check(hypothesis: Hypothesis, log_l: np.ndarray) -> None:
    if np.isnan(log_l).any() or (log_l == np.inf).any():
        raise InputError(
            f"{hypothesis.name}: the likelihood is not a number somewhere in the priors' ranges"
        )
    if not np.isfinite(log_l).any():
        raise InputError(
            f"{hypothesis.name}: the prior has no support where the likelihood is not zero"
        )


def nested_sampling(
    hypothesis: Hypothesis,
    key: PRNGKeyArray,
    live: int = 500,
    draws: int = 2000,
    steps: int | None = None,
    remainder: float = 1e-3,
    max_deaths: int = 200_000,
    say: Say = nothing,
) -> NestedRun:
    """Evidence of a hypothesis by nested slice sampling.

    Z = ∫ L dπ over shrinking prior volumes: the lowest of the live points are replaced by points
    drawn above them by hit-and-run slice moves in the unit cube of prior shares, until the live
    points hold less than `remainder` of Z. (Yallup, Kroupa, Handley, arXiv:2601.23252; Skilling,
    Bayesian Anal. 1 (2006) 833.)

    Args:
        hypothesis: likelihood and priors.
        key: random key.
        live: live points; the error falls as its square root.
        draws: equally weighted posterior draws to return.
        steps: slice moves per new point; None: 3 per parameter, at least 8.
        remainder: share of Z left to the live points at the end.
        max_deaths: budget; reaching it is reported in the status.
        say: see `store.progress.Say`.

    Returns:
        `NestedRun`. A single mode narrower than about 1/live of the prior can be missed.

    Raises:
        InputError: a likelihood that is NaN, or zero everywhere the live points fall.

    >>> from dmjax.bayes.priors import Prior, prior_set
    >>> flat = Hypothesis("flat", prior_set([Prior("x", "uniform", 0.0, 2.0)]), lambda x: x[0])
    >>> run = nested_sampling(flat, jax.random.key(0), live=200)
    >>> bool(abs(run.log_z - np.log((np.exp(2) - 1) / 2)) < 0.15)
    True
    """
    if live < 20 or draws < 1:
        raise InputError(f"nested sampling needs at least 20 live points and a draw, got {live}")
    steps = max(8, 3 * len(hypothesis.priors.names)) if steps is None else steps
    replaced = max(live // 10, 1)
    start_key, run_key, end_key = jax.random.split(key, 3)
    dead, evaluations, deaths, left = [], live, 0, 1.0
    # blackjax relies on promotion inside; a caller's stricter setting is left as it is outside.
    with jax.numpy_dtype_promotion("standard"), jax.numpy_rank_promotion("allow"):
        state = _begin(hypothesis, start_key, live, replaced, steps)
        _check(hypothesis, np.asarray(state.particles.loglikelihood))
        while left > remainder and deaths < max_deaths:
            run_key, block_key = jax.random.split(run_key)
            state, gone, cost = _advance(hypothesis, block_key, state, replaced, steps)
            dead.append(gone)
            deaths += replaced * _BLOCK
            evaluations += int(cost)
            total = np.logaddexp(state.integrator.logZ, state.integrator.logZ_live)
            left = float(np.exp(state.integrator.logZ_live - total))
            note = f"points, ln Z = {float(total):.2f}, {left:.1%} still open"
            say("nested sampling", deaths, None, note)
        every = finalise(state, dead, update_info=False)
        order = jnp.argsort(every.particles.loglikelihood)
        every = jax.tree.map(lambda x: x[order], every)
        alive = np.asarray(compute_num_live(every))
    particles = jax.tree.map(np.asarray, every.particles)
    numbers = np.random.default_rng(np.asarray(jax.random.key_data(end_key)))
    found = _summary(particles.loglikelihood, alive, numbers)
    indices = _draw(numbers, found["share"], draws)
    values = np.asarray(jax.vmap(quantiles, (None, 0))(hypothesis.priors, particles.position))
    return NestedRun(
        name=hypothesis.name,
        log_z=found["log_z"],
        error=found["error"],
        information=found["information"],
        draws={n: values[indices, i] for i, n in enumerate(hypothesis.priors.names)},
        log_likelihood=particles.loglikelihood[indices],
        effective=found["effective"],
        live=live,
        deaths=deaths,
        evaluations=evaluations,
        status="converged" if left <= remainder else f"{left:.2g} of Z left at {deaths} deaths",
    )


def _summary(log_l: np.ndarray, alive: np.ndarray, numbers: np.random.Generator) -> dict:
    """Evidence, error, information and shares of the points, sorted, from simulated volumes.

    Each death shrinks the volume by a factor t with density k t^(k−1) among k live points; a point
    stands for half the volume between its neighbours.
    """
    log_x = np.cumsum(-numbers.exponential(size=(_VOLUMES, log_l.size)) / alive, axis=1)
    before = np.concatenate([np.zeros((_VOLUMES, 1)), log_x[:, :-1]], axis=1)
    after = np.concatenate([log_x[:, 1:], np.full((_VOLUMES, 1), -np.inf)], axis=1)
    log_w = before + np.log(-np.expm1(after - before)) - np.log(2.0) + log_l
    peak = log_w.max()
    log_z = peak + np.log(np.exp(log_w - peak).sum(axis=1, keepdims=True))
    share = np.exp(log_w - log_z).mean(axis=0)
    share = share / share.sum()
    return {
        "log_z": float(log_z.mean()),
        "error": float(log_z.std()),
        "information": float(np.sum(share * np.where(share > 0, log_l, 0.0)) - log_z.mean()),
        "effective": float(1.0 / np.sum(share**2)),
        "share": share,
    }


def _draw(numbers: np.random.Generator, share: np.ndarray, draws: int) -> np.ndarray:
    """Systematic resampling: indices with expected multiplicities draws × share, shuffled."""
    ticks = (np.arange(draws) + numbers.uniform()) / draws
    indices = np.minimum(np.searchsorted(np.cumsum(share), ticks), share.size - 1)
    return numbers.permutation(indices)
