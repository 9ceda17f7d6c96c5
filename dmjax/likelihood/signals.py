"""Signal counts in a model: put in, exchanged for those of another mass."""

from collections.abc import Sequence

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import ArrayLike

from dmjax.errors import InputError
from dmjax.likelihood.count_model import CountModel
from dmjax.likelihood.effects import Morph
from dmjax.likelihood.joint import JointModel
from dmjax.likelihood.parameters import Parameter
from dmjax.prediction.templates import SignalCounts

SIGNAL = "signal"
"""Component of every search, and its strength."""


SignalLike = ArrayLike | SignalCounts
"""Counts per bin with pulls, or alone."""


def source_pull(name: str) -> Parameter:
    """A standard-normal nuisance of a source; at −3 no π⁻ capture radiates."""
    return Parameter(name, 0.0, 1.0, lower=-3.0, upper=9.0)


def as_signal(counts: SignalLike) -> SignalCounts:
    """Counts alone as a signal without pulls."""
    return counts if isinstance(counts, SignalCounts) else SignalCounts(jnp.asarray(counts), {})


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
    pulls = {effect.parameter for effect in held if isinstance(effect, Morph)}
    if pulls != set(counts.raised):
        raise InputError(
            f"{model.name}: its signal has pulls {sorted(pulls)}, not {sorted(counts.raised)}"
        )
    effects = tuple(
        Morph(effect.parameter, counts.raised[effect.parameter])
        if isinstance(effect, Morph)
        else effect
        for effect in held
    )
    return eqx.tree_at(
        lambda m: (m.components[where].nominal, m.components[where].effects),
        model,
        (counts.nominal, effects),
    )
