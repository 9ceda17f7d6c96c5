"""A template whose shape was itself counted: one factor per energy, profiled.

A background's energies were counted elsewhere (off the beam, or in a simulation): a_g counts in
group g of bins, spread over the bins of the group by a known shape (time). The expectation of a bin
is then s_b + γ_g k_b, and the a_g follow a multinomial of shares γ_g a⁰_g, Σ γ_g a⁰_g = Σ a⁰_g: the
counts behind the template tell its shape; its size is a parameter of its own.
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from dmjax.likelihood.poisson import log_poisson

Bins = Float[Array, " bins"]
Groups = Float[Array, " groups"]
_STEPS = 15
_FEWEST = 1e-3
"""Counts that a group without any is taken to have: its factor stays above 0."""


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
    seen = jnp.maximum(seen, _FEWEST)
    rows = seen.shape[0], -1
    n, s, k = (x.reshape(rows) for x in (n, s, k))
    some = (k.sum(1) > 0.0) & (wanted > 0.0)
    held = (n, s, k, seen, jnp.where(some, wanted, 0.0))
    n0, s0, k0, seen0, wanted0 = jax.tree.map(jax.lax.stop_gradient, held)

    def step(_, state):
        gamma, multiplier = state
        moved, multiplier = _newton(gamma, multiplier, some, n0, s0, k0, seen0, wanted0)
        return jnp.clip(moved, 0.25 * gamma, 4.0 * gamma), multiplier

    start = jnp.ones_like(seen), jnp.ones((), seen.dtype)
    found = jax.lax.fori_loop(0, _STEPS, step, start)
    # One more step carries the derivative of the root.
    gamma, multiplier = jax.lax.stop_gradient(found)
    gamma, _ = _newton(gamma, multiplier, some, n, s, k, *held[3:])
    return jnp.where(some, gamma, 1.0)


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
    gamma = best_factors(n, s, k, seen, wanted)
    each = s.shape[0] // seen.shape[0]
    known = (wanted > 0.0) & (k.reshape(-1, each).sum(1) > 0.0)
    behind = jnp.where(known, log_poisson(seen, jnp.where(known, gamma * wanted, 1.0)), 0.0)
    return log_poisson(n, s + jnp.repeat(gamma, each) * k) + jnp.repeat(behind, each) / each
