"""What a selection is chosen for: every objective as a number to be made large."""

from typing import NamedTuple

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from dmjax.cuts.strength import Level, expected_limit, relative_information, significance
from dmjax.cuts.yields import Rules, Scalar, Yields
from dmjax.errors import InputError, unknown_name
from dmjax.numerics import safe_divide, safe_sqrt
from dmjax.studies.options import OBJECTIVES

NOTHING = -1e3
"""ln of the figure of merit of a window without signal."""


def is_something(merits):
    """Whether figures of merit are of selections with signal; numbers or arrays."""
    return merits > 0.5 * NOTHING


class Aim(NamedTuple):
    """What is to be made large.

    Attributes:
        objective: one of `OBJECTIVES` (static).
        level: of the limit (static).
    """

    objective: str
    level: Level


def merit(aim: Aim, rules: Rules, yields: Yields, strength: Scalar) -> Scalar:
    """ln of the figure of merit of a selection: −ln of a limit on μ, ln of anything else.

    limit: the strength that is expected to be excluded. discovery: √q₀ of a signal of `strength`.
    s-over-root-b: S/√(2 B_steady + B_ν + B_beam). information: on ln μ at `strength`.

    Args:
        aim, rules, yields: see there.
        strength: of the signal, for all but the limit.

    Returns:
        At least `NOTHING`, which is what a window without signal has.

    Source: [D20] (arXiv:2006.09386) Eq. 6.2; arXiv:1007.1727.
    """
    signal = jnp.sum(yields.signal[0])
    seen = signal > 0.0
    some = jnp.where(seen, yields.signal, 1.0)
    whole = eqx.tree_at(lambda one: one.signal, yields, some)
    if aim.objective == "limit":
        found = expected_limit(rules, whole, aim.level)
        return jnp.where(seen & found.found, jnp.maximum(-found.log, NOTHING), NOTHING)
    if aim.objective == "discovery":
        value = significance(rules, whole, strength)
    elif aim.objective == "information":
        value = relative_information(rules, whole, strength)
    else:
        value = signal_over_noise(rules, whole, strength)
    good = seen & (value > 0.0)
    return jnp.where(good, jnp.maximum(jnp.log(jnp.where(good, value, 1.0)), NOTHING), NOTHING)


def signal_over_noise(rules: Rules, yields: Yields, strength: Scalar) -> Float[Array, ""]:
    """S/√(2 B_steady + B_ν + B_beam); of several bins √(Σ of the squares). 0 without background.

    Source: [D20] (arXiv:2006.09386) Eq. 6.2.
    """
    weights = jnp.asarray([2.0 if kind == "steady" else 1.0 for kind in rules.kinds])
    noise = weights.astype(strength.dtype) @ yields.background
    events = strength * yields.signal[0]
    return safe_sqrt(jnp.sum(safe_divide(events * events, noise)))


def check_objective(detector: str, objective: str, rules: Rules) -> None:
    """Raise InputError for an unknown objective, or one that needs a background there is not.

    S/√B has no largest value where neutrinos alone are known: they have an endpoint.
    """
    if objective not in OBJECTIVES:
        raise unknown_name("objective", objective, OBJECTIVES)
    if objective == "s-over-root-b" and not {"steady", "beam"} & set(rules.kinds):
        raise InputError(
            f"objective s-over-root-b needs a steady state or neutrons, of which {detector} "
            "declares none: take limit"
        )
