"""Derivatives of minima and roots by the implicit function theorem, forward and in reverse.

What finds a minimum or a root runs without gradient; these functions hand its result on unchanged
and say how it moves with everything it depends on. Nothing is evaluated unless derivatives are
taken. First derivatives only.
"""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from dmjax.fits.minimise import Minimum, covariance
from dmjax.numerics import frozen

Scalar = Float[Array, ""]
Vector = Float[Array, " n"]


def _moves(function: Callable, operands: tuple, tangents: tuple):
    """Directional derivative of a function of any trees; a tangent of None is 0."""
    if not jax.tree.leaves(tangents):
        return jax.tree.map(jnp.zeros_like, eqx.filter_eval_shape(function, *operands))
    return eqx.filter_jvp(function, operands, tangents)[1]


def implicit_minimum(
    function: Callable[[Any, Vector], Scalar],
    operands: Any,
    start: Vector,
    fixed: Bool[Array, " n"],
    found: Minimum,
) -> tuple[Vector, Scalar]:
    """Point and value of a minimum, with their derivatives.

    dx = −H⁻¹ d(∂f/∂x) for the parameters that may move, 0 for those at a bound; those that the
    caller fixed move with their start value. The value moves by df at the fixed minimum.

    Args:
        function: (operands, x) to scalar; closes over nothing that is differentiated.
        operands: a tree: everything the function depends on.
        start: of the minimiser: the values of fixed parameters.
        fixed: parameters that kept them.
        found: the minimum, with `held` for parameters fixed or at a bound.

    Returns:
        (x, value) of `found`.

    >>> from dmjax.fits.minimise import minimise
    >>> def f(a, x):
    ...     return jnp.cosh(x[0] - 2.0 * a) + a
    >>> def at(a):
    ...     ends = (jnp.asarray([-9.0]), jnp.asarray([9.0]))
    ...     found = minimise(lambda x: f(frozen(a), x), jnp.zeros(1), *ends)
    ...     return implicit_minimum(f, a, jnp.zeros(1), jnp.zeros(1, bool), found)
    >>> slopes = jax.grad(lambda a: at(a)[0][0])(1.5), jax.grad(lambda a: at(a)[1])(1.5)
    >>> [round(float(slope), 4) for slope in slopes]
    [2.0, 1.0]
    """
    matrix = frozen(covariance(found))
    steady = jnp.where(jnp.isfinite(matrix), matrix, 0.0)
    x, value = frozen((found.x, found.value))
    return _minimum(operands, start, x, value, steady, fixed, function=function)


@eqx.filter_custom_jvp
def _minimum(operands, start, x, value, steady, fixed, *, function):
    return x, value


@_minimum.def_jvp
def _minimum_jvp(primals, tangents, *, function):
    operands, _, x, value, steady, fixed = primals
    moved = jnp.zeros_like(x) if tangents[1] is None else jnp.where(fixed, tangents[1], 0.0)
    both = (tangents[0], moved)
    slope_moves = _moves(jax.grad(function, argnums=1), (operands, x), both)
    value_moves = _moves(function, (operands, x), both)
    return (x, value), (moved - steady @ slope_moves, value_moves)


def implicit_root(
    residual: Callable[[Any, Scalar], Scalar], operands: Any, x: Scalar, exists: Bool[Array, ""]
) -> Scalar:
    """A root with its derivative dx = −dr/(∂r/∂x).

    Args:
        residual: (operands, x) to scalar, 0 at the root; closes over nothing differentiated.
        operands: a tree: everything the residual depends on.
        x: the root.
        exists: where False, x is any finite point, and the derivative is 0.

    Returns:
        x.

    >>> root = lambda a: implicit_root(lambda a, x: x**2 - a, a, frozen(jnp.sqrt(a)), a > 0)
    >>> float(jax.grad(root)(4.0)), float(jax.jacfwd(root)(4.0))
    (0.25, 0.25)
    """
    return _root(operands, frozen(x), exists, residual=residual)


@eqx.filter_custom_jvp
def _root(operands, x, exists, *, residual):
    return x


@_root.def_jvp
def _root_jvp(primals, tangents, *, residual):
    operands, x, exists = primals
    moves = _moves(lambda operands: residual(operands, x), (operands,), tangents[:1])
    slope = _moves(lambda x: residual(frozen(operands), x), (x,), (jnp.ones_like(x),))
    usable = exists & jnp.isfinite(slope) & (slope != 0)
    return x, jnp.where(usable, -1.0 / jnp.where(usable, slope, 1.0), 0.0) * moves
