"""A template whose shape was itself counted: one factor per energy, profiled.

A background's energies were counted elsewhere (off the beam, or in a simulation): a_g counts in
group g of bins, spread over the bins of the group by a known shape (time). The expectation of a bin
is then s_b + γ_g k_b, and the a_g follow a multinomial of shares γ_g a⁰_g, Σ γ_g a⁰_g = Σ a⁰_g: the
counts behind the template tell its shape; its size is a parameter of its own.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from dmjax.likelihood.poisson import log_poisson, poisson_terms

Bins = Float[Array, " bins"]
Groups = Float[Array, " groups"]
_STEPS = 15
_FEWEST = 1e-3
"""Counts that a group without any is taken to have: its factor stays above 0."""


class Factors(NamedTuple):
    """Factors of the groups, and the multiplier that keeps Σ γ_g a⁰_g.

    Attributes:
        gamma: γ, (groups,).
        multiplier: µ.
    """

    gamma: Groups
    multiplier: Float[Array, ""]


def unit_factors(seen: Groups) -> Factors:
    """Where the search for the factors begins."""
    return Factors(jnp.ones_like(seen), jnp.ones((), seen.dtype))


def best_factors(n: Bins, s: Bins, k: Bins, seen: Groups, wanted: Groups) -> Groups:
    """γ̂_g: the root of Σ_b n_b k_b/(s_b + γ_g k_b) + a_g/γ_g = Σ_b k_b + µ a⁰_g, per group.

    The multiplier µ keeps Σ γ_g a⁰_g; both are found together by Newton's steps.

    Args:
        n, s, k: counts, other expectations and template, (bins,); groups are runs of equal length.
        seen: counts behind the template, (groups,).
        wanted: what they were when the template was made, > 0 where it is.

    Returns:
        γ̂, (groups,); 1 for a group without template or counts behind it.
    """
    held = (n, s, k, seen, wanted)
    found = _converged(*jax.tree.map(jax.lax.stop_gradient, held))
    # One more step carries the derivative of the root.
    rows, seen, wanted, some = _grouped(*held)
    gamma, _ = _newton(*jax.lax.stop_gradient(found), some, *rows, seen, wanted)
    return jnp.where(some, gamma, 1.0)


def refined(
    start: Factors, n: Bins, s: Bins, k: Bins, seen: Groups, wanted: Groups, steps: int
) -> Factors:
    """The factors after some steps of Newton's from factors that are nearly right.

    Args:
        start: e.g. those of nearby parameters: their error is squared in every step.
        n, s, k, seen, wanted: see `best_factors`.
        steps: static.
    """
    known = _grouped(n, s, k, seen, wanted)
    return jax.lax.fori_loop(0, steps, lambda _, state: _step(state, known), start)


def _step(state: Factors, known) -> Factors:
    rows, seen, wanted, some = known
    n, s, k = rows
    moved, multiplier = _newton(state.gamma, state.multiplier, some, n, s, k, seen, wanted)
    return Factors(jnp.clip(moved, 0.25 * state.gamma, 4.0 * state.gamma), multiplier)


def _converged(n, s, k, seen, wanted) -> Factors:
    """The factors once a step changes them by less than √ε: the error of the next is below ε."""
    known = _grouped(n, s, k, seen, wanted)
    near = jnp.finfo(seen.dtype).eps ** 0.5

    def step(state):
        factors, _, count = state
        moved = _step(factors, known)
        change = jnp.max(jnp.abs(moved.gamma / factors.gamma - 1.0))
        return moved, change, count + 1

    def going(state):
        return (state[1] > near) & (state[2] < _STEPS)

    start = unit_factors(seen), jnp.full((), jnp.inf, seen.dtype), jnp.asarray(0)
    return jax.lax.while_loop(going, step, start)[0]


def _grouped(n, s, k, seen, wanted):
    """((n, s, k) by group, a, a⁰, which groups have a template and counts behind it)."""
    rows = seen.shape[0], -1
    n, s, k = (x.reshape(rows) for x in (n, s, k))
    some = (k.sum(1) > 0.0) & (wanted > 0.0)
    return (n, s, k), jnp.maximum(seen, _FEWEST), jnp.where(some, wanted, 0.0), some


def _newton(gamma, multiplier, some, n, s, k, seen, wanted):
    """γ and µ after one step; the matrix is diagonal but for one row and column."""
    means = s + gamma[:, None] * k
    share = k / jnp.where(means > 0.0, means, 1.0)
    value = jnp.sum(n * share, 1) + seen / gamma - k.sum(1) - multiplier * wanted
    slope = jax.lax.stop_gradient(-jnp.sum(n * share * share, 1) - seen / (gamma * gamma))
    alone = gamma - value / slope
    missing = jnp.sum(jnp.where(some, wanted * (1.0 - alone), 0.0))
    change = missing / jnp.sum(jnp.where(some, wanted * wanted / slope, -1e-30))
    return jnp.where(some, alone + wanted * change / slope, 1.0), multiplier + change


def log_measured(n: Bins, s: Bins, k: Bins, seen: Groups, wanted: Groups) -> Bins:
    """ln of max_γ Π_b P(n_b; s_b + γ_g k_b) Π_g P(a_g; γ_g a⁰_g), the second factor spread evenly.

    Args:
        n, s, k, seen, wanted: see `best_factors`.

    Returns:
        ln L per bin, (bins,), to be summed; twice differentiable in s and k.

    Source: R. Barlow, C. Beeston, Comput. Phys. Commun. 77 (1993) 219, one template. One factor per
    bin ("light") would let every time of an energy fluctuate by itself, though one count is behind
    all of them.

    >>> out = log_measured(*(jnp.asarray([x]) for x in (4.0, 1.0, 3.0, 30.0, 30.0)))
    >>> bool(out[0] < 0.0)
    True
    """
    n, seen, wanted = (x.astype(s.dtype) for x in (n, seen, wanted))
    seen = jnp.maximum(seen, _FEWEST)
    gamma = best_factors(n, s, k, seen, wanted)
    each = s.shape[0] // seen.shape[0]
    known = (wanted > 0.0) & (k.reshape(-1, each).sum(1) > 0.0)
    behind = jnp.where(known, log_poisson(seen, jnp.where(known, gamma * wanted, 1.0)), 0.0)
    return log_poisson(n, s + jnp.repeat(gamma, each) * k) + jnp.repeat(behind, each) / each


class MeasuredTerms(NamedTuple):
    """−ln L of counts on a measured template, its factors free, at given factors.

    Attributes:
        value: without what depends on the counts alone.
        slope, bend: first and second derivative in the mean of every bin, (bins,).
        stiff: second derivative in every factor, (groups,), > 0.
        wanted: a⁰, 0 for groups whose factor stays 1, (groups,): Σ γ a⁰ does not change.
    """

    value: Float[Array, ""]
    slope: Bins
    bend: Bins
    stiff: Groups
    wanted: Groups


def measured_terms(
    n: Bins, s: Bins, k: Bins, seen: Groups, wanted: Groups, gamma: Groups
) -> MeasuredTerms:
    """−ln L of `log_measured` at factors γ, with its derivatives in means and factors.

    Args:
        n, s, k, seen, wanted: see `best_factors`.
        gamma: (groups,).
    """
    (_, _, rows), seen, wanted, some = _grouped(n, s, k, seen, wanted)
    each = s.shape[0] // seen.shape[0]
    value, slope, bend = poisson_terms(n, s + jnp.repeat(gamma, each) * k)
    mean = jnp.where(some, gamma * wanted, 1.0)
    behind = jnp.where(some, seen * jnp.log(mean) - mean, 0.0)
    stiff = jnp.sum(-bend.reshape(rows.shape) * rows * rows, 1) + seen / (gamma * gamma)
    return MeasuredTerms(-value.sum() - behind.sum(), -slope, -bend, stiff, wanted)
