"""Signal counts in a model: put in, exchanged for those of another mass."""

from collections.abc import Sequence

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, ArrayLike

from dmjax.errors import InputError
from dmjax.likelihood.count_model import CountModel
from dmjax.likelihood.effects import AbstractEffect, Held
from dmjax.likelihood.joint import JointModel
from dmjax.likelihood.parameters import Parameter
from dmjax.likelihood.smooth_effects import Exponential, Growth, SoftSpline, spline_heights
from dmjax.prediction.templates import SignalCounts

SIGNAL = "signal"
"""Component of every search, and its strength."""


SignalLike = ArrayLike | SignalCounts
"""Counts per bin with pulls, or alone."""


def source_pull(name: str) -> Parameter:
    """A standard-normal nuisance of a source: the log of a factor on its yield."""
    return Parameter(name, 0.0, 1.0, lower=-9.0, upper=9.0)


def as_signal(counts: SignalLike) -> SignalCounts:
    """Counts alone as a signal without pulls."""
    return counts if isinstance(counts, SignalCounts) else SignalCounts(jnp.asarray(counts))


def total_ratios(nominal: Array, moved: Array) -> tuple[Array, Array]:
    """Total counts at the first and the last knot, over the nominal total; 1 without events."""
    total = jnp.sum(nominal)
    some = total > 0.0
    first, last = (jnp.sum(moved[i]) / jnp.where(some, total, 1.0) for i in (0, -1))
    return jnp.where(some, first, 1.0), jnp.where(some, last, 1.0)


def with_signals(joint: JointModel, counts: Sequence[SignalLike]) -> JointModel:
    """`with_signal` in every model of a joint one."""
    pairs = zip(joint.models, counts, strict=True)
    models = tuple(with_signal(model, as_signal(one)) for model, one in pairs)
    return eqx.tree_at(lambda j: j.models, joint, models)


def with_signal(model: CountModel, counts: SignalCounts) -> CountModel:
    """The model with other signal counts, of the same pulls.

    Raises:
        InputError: no component "signal", or one of other pulls.
    """
    names = [part.name for part in model.components]
    if SIGNAL not in names:
        raise InputError(f"{model.name} has no component '{SIGNAL}'")
    where = names.index(SIGNAL)
    held = model.components[where].effects
    pulls = {_named(effect) for effect in held if isinstance(_bare(effect), Growth)}
    if pulls != set(counts.raised):
        raise InputError(
            f"{model.name}: its signal has pulls {sorted(pulls)}, not {sorted(counts.raised)}"
        )
    effects = tuple(_refreshed(effect, counts) for effect in held)
    return eqx.tree_at(
        lambda m: (m.components[where].nominal, m.components[where].effects),
        model,
        (counts.nominal, effects),
    )


def _bare(effect: AbstractEffect) -> AbstractEffect:
    return effect.effect if isinstance(effect, Held) else effect


def _named(effect: AbstractEffect) -> str:
    return _bare(effect).parameter


def _refreshed(effect: AbstractEffect, counts: SignalCounts) -> AbstractEffect:
    """The effect of the same parameter on another signal, its size computed for that."""
    if isinstance(effect, Held):
        return Held(effect=_refreshed(effect.effect, counts), value=effect.value)
    name = effect.parameter
    if isinstance(effect, Growth):
        return Growth(name, counts.raised[name], counts.errors[name])
    if name in counts.moved and isinstance(effect, SoftSpline):
        return SoftSpline(name, effect.knots, spline_heights(counts.moved[name]))
    if name in counts.moved and isinstance(effect, Exponential):
        down, up = total_ratios(counts.nominal, counts.moved[name])
        return Exponential(name, up, down)
    return effect
