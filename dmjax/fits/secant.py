"""The slow and sure way to a minimum: BFGS first, then Newton steps with the exact Hessian."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from dmjax.fits.minimise import Box, Minimum, descend, unknown_point
from dmjax.fits.steps import Point, newton_point, secant_hessian

Scalar = Float[Array, ""]
Vector = Float[Array, " n"]


def minimise_surely(
    function: Callable[[Vector], Scalar], start: Vector, box: Box, steps: int = 60
) -> Minimum:
    """`minimise` for what it failed on: up to `steps` steps by BFGS, then as many by Newton.

    Args:
        function: (n,) to scalar, twice differentiable forward, once in reverse.
        start: where to begin; moved into the box.
        box: of the parameters.
        steps: budget of each of the two; static.

    Returns:
        `Minimum`.
    """
    slope = jax.value_and_grad(function)

    def by_secant(x: Vector, old: Point) -> Point:
        value, gradient = slope(x)
        hessian = secant_hessian(old.hessian, x - old.x, gradient - old.gradient)
        return Point(x, value, gradient, hessian)

    size = jnp.abs(jnp.diagonal(newton_point(function, start).hessian))
    round_bowl = jnp.diag(jnp.where(size > 0, size, 1.0))
    rough = descend(by_secant, unknown_point(start, round_bowl), box, steps)
    again = unknown_point(rough.x)
    # BFGS ends within the usual distance: Newton has to go beyond it.
    return descend(lambda x, _: newton_point(function, x), again, box, steps, precision=2.0 / 3.0)
