"""Nuisances at their best for given counts: a few Newton steps for many small problems at once."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from dmjax.cuts.yields import Bins, Pulls, Rules, Scalar, Yields, means
from dmjax.numerics import safe_divide

LARGEST_STEP = 1.0
"""Of a Newton step in any pull, in standard deviations."""


def no_pulls(rules: Rules, yields: Yields) -> Pulls:
    """All nuisances at their centres."""
    return jnp.zeros(len(rules.pulls), yields.signal.dtype)


def two_nll(rules: Rules, yields: Yields, data: Bins, strength: Scalar, pulls: Pulls) -> Scalar:
    """2 Σ [λ − n + n ln(n/λ)] + Σ θ²: −2 ln L above its smallest possible value.

    Args:
        rules, yields: of the selection.
        data: n ≥ 0, (bins,); need not be whole.
        strength, pulls: at which λ is taken.

    Returns:
        ≥ 0. A bin with λ = 0 counts as if n were 0 there.
    """
    rate = means(rules, yields, strength, pulls)
    some = (data > 0.0) & (rate > 0.0)
    ratio = jnp.where(some, data, 1.0) / jnp.where(some, rate, 1.0)
    terms = rate - data + jnp.where(some, data * jnp.log(ratio), 0.0)
    return 2.0 * jnp.sum(terms) + jnp.sum(pulls * pulls)


def pull_slope(rules: Rules, yields: Yields, data: Bins, strength: Scalar, pulls: Pulls) -> Pulls:
    """½ ∂(two_nll)/∂θ = Jᵀ(1 − n/λ) + θ."""
    rate, slopes = _rates(rules, yields, strength, pulls)
    return (1.0 - safe_divide(data, rate)) @ slopes + pulls


def curvature(
    rules: Rules, yields: Yields, data: Bins, strength: Scalar, pulls: Pulls
) -> Float[Array, "pulls pulls"]:
    """1 + JᵀWJ, W = n/λ²: ½ the second derivative but for what curves the factors."""
    rate, slopes = _rates(rules, yields, strength, pulls)
    weighted = safe_divide(safe_divide(data, rate), rate)[:, None] * slopes
    return slopes.T @ weighted + jnp.eye(pulls.shape[0], dtype=pulls.dtype)


def _rates(
    rules: Rules, yields: Yields, strength: Scalar, pulls: Pulls
) -> tuple[Bins, Float[Array, "bins pulls"]]:
    def rates(at: Pulls) -> Bins:
        return means(rules, yields, strength, at)

    return rates(pulls), jax.jacfwd(rates)(pulls)


def towards_best(rules: Rules, yields: Yields, data: Bins, strength: Scalar, pulls: Pulls) -> Pulls:
    """One Gauss–Newton step of the pulls, held at `LARGEST_STEP`."""
    if not rules.pulls:
        return pulls
    where = (rules, yields, data, strength, pulls)
    step = solve(curvature(*where), pull_slope(*where))
    return pulls - jnp.clip(step, -LARGEST_STEP, LARGEST_STEP)


def solve(matrix: Float[Array, "n n"], vector: Float[Array, " n"]) -> Float[Array, " n"]:
    """x of A x = v for a small positive definite A: LDLᵀ written out, which a batch vectorises.

    >>> solve(jnp.asarray([[2.0, 1.0], [1.0, 3.0]]), jnp.asarray([3.0, 4.0])).round(12).tolist()
    [1.0, 1.0]
    """
    n = vector.shape[0]
    low = [[matrix[i, j] for j in range(n)] for i in range(n)]
    pivot, x = [], [vector[i] for i in range(n)]
    for j in range(n):
        held = low[j][j] - sum(low[j][k] * low[j][k] * pivot[k] for k in range(j))
        pivot.append(held)
        for i in range(j + 1, n):
            known = sum(low[i][k] * low[j][k] * pivot[k] for k in range(j))
            low[i][j] = (low[i][j] - known) / held
    for i in range(n):
        x[i] = x[i] - sum(low[i][k] * x[k] for k in range(i))
    x = [x[i] / pivot[i] for i in range(n)]
    for i in reversed(range(n)):
        x[i] = x[i] - sum(low[k][i] * x[k] for k in range(i + 1, n))
    return jnp.stack(x)
