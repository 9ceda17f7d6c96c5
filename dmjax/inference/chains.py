"""NUTS chains side by side, in blocks of steps that can be shown, kept and continued from."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray
from numpyro.infer.hmc import hmc
from numpyro.infer.util import potential_energy

STEPS = 100
"""Of one block."""

_FEW = 6
"""Parameters up to which slopes are taken forward."""

Block = dict[str, np.ndarray]
Keep = Callable[[str, Callable[[], Block]], Block]
Say = Callable[[int, int], None]


class Chains(NamedTuple):
    """Draws of every chain in unconstrained coordinates, after the warm-up.

    Attributes:
        draws: name → value.
        diverging: whether the step to a draw diverged.
        steps: leapfrog steps to a draw.
    """

    draws: dict[str, Float[Array, "chains draws"]]
    diverging: Bool[Array, "chains draws"]
    steps: Int[Array, "chains draws"]


def _initial(model: Callable[[], None], warmup: int, parameters: int, key, start):
    """State of one chain, and the function that advances it, made in the same trace."""
    initialise, advance = hmc(lambda z: potential_energy(model, (), {}, z), algo="NUTS")
    state = initialise(
        start,
        warmup,
        step_size=0.5,
        dense_mass=True,
        forward_mode_differentiation=parameters <= _FEW,
        rng_key=key,
    )
    return state, advance


def _is_key(leaf) -> bool:
    return jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key)


def _stored(tree: Any) -> Block:
    """Leaves of a tree as plain arrays, in order."""
    leaves = [jax.random.key_data(x) if _is_key(x) else x for x in jax.tree.leaves(tree)]
    return {f"leaf_{i}": np.asarray(leaf) for i, leaf in enumerate(leaves)}


def _restored(block: Block, like: Any) -> Any:
    """The tree of `_stored` arrays, in the shape of `like`."""
    leaves, tree = jax.tree.flatten(like)
    values = [jnp.asarray(block[f"leaf_{i}"]) for i in range(len(leaves))]
    pairs = zip(values, leaves, strict=True)
    return jax.tree.unflatten(
        tree, [jax.random.wrap_key_data(x) if _is_key(y) else x for x, y in pairs]
    )


def run_chains(
    model: Callable[[], None],
    keys: PRNGKeyArray,
    start: dict[str, Float[Array, " chains"]],
    warmup: int,
    draws: int,
    keep: Keep = lambda _, make: make(),
    say: Say = lambda *_: None,
) -> Chains:
    """NUTS with a dense mass matrix adapted in the warm-up.

    Args:
        model: a NumPyro model without arguments.
        keys: one per chain.
        start: every site's unconstrained value.
        warmup, draws: of each chain.
        keep: called with (label, make) for every block of `STEPS` steps; returns make() or what an
            earlier run with the same arguments saved under that label.
        say: called with (steps done, steps of all).

    Returns:
        `Chains`.
    """

    def begin(key, z):
        return _initial(model, warmup, len(start), key, z)[0]

    def advanced(key, z, state):
        _, advance = _initial(model, warmup, len(start), key, z)

        def step(state, _):
            state = advance(state)
            return state, (state.z, state.diverging, state.num_steps)

        return jax.lax.scan(step, state, length=STEPS)

    state, history = jax.jit(jax.vmap(begin))(keys, start), []
    block = jax.jit(jax.vmap(advanced))
    like = jax.eval_shape(block, keys, start, state)
    total = warmup + draws
    for first in range(0, total, STEPS):
        made = keep(f"steps_{first}", partial(lambda s: _stored(block(keys, start, s)), state))
        state, part = _restored(made, like)
        history.append(part)
        say(min(first + STEPS, total), total)
    whole = jax.tree.map(lambda *x: jnp.concatenate(x, axis=1)[:, warmup:total], *history)
    return Chains(*whole)
