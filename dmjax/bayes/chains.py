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

from dmjax.store.progress import Say, nothing

STEPS = 100
"""Of one block."""

_FEW = 6
"""Parameters up to which slopes are taken forward."""

Block = dict[str, np.ndarray]
Keep = Callable[[str, Callable[[], Block]], Block]
Further = Callable[["Chains"], int]


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


def _initial(potential: Callable, warmup: int, key, start):
    """State of one chain, and the function that advances it, made in the same trace."""
    initialise, advance = hmc(potential, algo="NUTS")
    state = initialise(
        start,
        warmup,
        step_size=0.5,
        dense_mass=True,
        forward_mode_differentiation=len(start) <= _FEW,
        rng_key=key,
    )
    return state, advance


def _is_key(leaf) -> bool:
    return jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key)


def _plain(state: Any) -> list[Array]:
    """Leaves of a state as arrays that can be saved."""
    return [jax.random.key_data(x) if _is_key(x) else x for x in jax.tree.leaves(state)]


def _restored(leaves: list[Array], like: Any) -> Any:
    """The state of `_plain` leaves, in the shape of `like`."""
    known, tree = jax.tree.flatten(like)
    pairs = zip(leaves, known, strict=True)
    return jax.tree.unflatten(
        tree, [jax.random.wrap_key_data(x) if _is_key(y) else x for x, y in pairs]
    )


def _nothing_yet(keys, start: dict[str, Array], warmup: int) -> list[Array]:
    """State leaves of every chain before its first block; no potential changes their shapes."""

    def state(key, z):
        return _plain(_initial(lambda z: sum(z.values()), warmup, key, z)[0])

    shapes = jax.eval_shape(jax.vmap(state), keys, start)
    return [jnp.zeros(leaf.shape, leaf.dtype) for leaf in shapes]


def _block_of(model: Callable[[], None], warmup: int) -> Callable[..., dict[str, Array]]:
    """A compiled block: of keys, starts, state leaves, and whether it is the first."""
    potential = jax.jit(partial(potential_energy, model, (), {}))

    def one(key, start, held, first):
        new, advance = _initial(potential, warmup, key, start)
        old = _restored(held, new)
        state = jax.tree.map(lambda x, y: jnp.where(first, x, y), new, old)

        def step(state, _):
            state = advance(state)
            return state, (state.z, state.diverging, state.num_steps)

        state, (z, diverging, steps) = jax.lax.scan(step, state, length=STEPS)
        made = {f"state_{i}": leaf for i, leaf in enumerate(_plain(state))}
        made |= {f"draw_{name}": x for name, x in z.items()}
        return made | {"diverging": diverging, "steps": steps}

    return jax.jit(jax.vmap(one, in_axes=(0, 0, 0, None)))


def run_chains(
    model: Callable[[], None],
    keys: PRNGKeyArray,
    start: dict[str, Float[Array, " chains"]],
    warmup: int,
    draws: int,
    keep: Keep = lambda _, make: make(),
    say: Say = nothing,
    further: Further = lambda _: 0,
) -> Chains:
    """NUTS with a dense mass matrix adapted in the warm-up.

    Args:
        model: a NumPyro model without arguments.
        keys: one per chain.
        start: every site's unconstrained value.
        warmup, draws: of each chain.
        keep: called with (label, make) for every block of `STEPS` steps; returns make() or what an
            earlier run with the same arguments saved under that label.
        say: see `store.progress.Say`.
        further: of the draws so far, how many more each chain is to make; 0 ends.

    Returns:
        `Chains`.
    """
    block, total = _block_of(model, warmup), warmup + draws
    held, history = _nothing_yet(keys, start, warmup), []
    while True:
        while (first := len(history) * STEPS) < total:

            def make(held=held, first=first) -> Block:
                return jax.tree.map(np.asarray, block(keys, start, held, first == 0))

            made = keep(f"warmup_{warmup}_steps_{first}", make)
            held = [jnp.asarray(made[f"state_{i}"]) for i in range(len(held))]
            history.append(made)
            say("NUTS", min(first + STEPS, total), total, "steps in each chain")
        found = _joined(history, tuple(start), warmup, total)
        more = further(found)
        if more <= 0:
            return found
        total += more


def _joined(history: list[Block], names: tuple[str, ...], warmup: int, total: int) -> Chains:
    """The draws of some blocks, between the warm-up and `total` steps."""

    def whole(key: str) -> Array:
        every = np.concatenate([made[key] for made in history], axis=1)
        return jnp.asarray(every[:, warmup:total])

    found = {name: whole(f"draw_{name}") for name in names}
    return Chains(found, whole("diverging"), whole("steps"))
