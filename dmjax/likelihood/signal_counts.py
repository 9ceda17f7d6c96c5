"""Expected dark matter in a data set, and what the uncertainties of its sources do to it."""

from collections.abc import Sequence

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float

from dmjax.errors import InputError
from dmjax.flux.beam import Beam
from dmjax.likelihood.count_model import CountModel
from dmjax.likelihood.joint import JointModel
from dmjax.likelihood.parameters import Parameter
from dmjax.likelihood.search import Search, channel_counts, in_slices
from dmjax.likelihood.templates import Morph
from dmjax.models import DoubleMediator, VectorMediator
from dmjax.profiles import CHANNELS, DMJAX, Conventions

SIGNAL = "signal"
"""Component of every search, and its strength."""

CAPTURE = "radiative_capture"
ETA = "eta_yield"


class SignalCounts(eqx.Module):
    """Counts of a signal at strength 1, or of many signals with leading axes.

    Attributes:
        nominal: events per bin, (..., bins).
        raised: name of a pull → the events where it is 1, (..., bins).
    """

    nominal: Float[Array, "*batch bins"]
    raised: dict[str, Float[Array, "*batch bins"]]


SignalLike = ArrayLike | SignalCounts
"""Counts per bin with pulls, or alone."""


def source_pull(name: str) -> Parameter:
    """A standard-normal nuisance of a source; at −3 no π⁻ capture radiates."""
    return Parameter(name, 0.0, 1.0, lower=-3.0, upper=9.0)


def source_errors(
    beam: Beam, conventions: Conventions, channels: tuple[str, ...]
) -> dict[str, tuple[str, Float[Array, ""]]]:
    """Pull → (channel, relative error) of the sources in use.

    π⁻ captures that radiate, unless all do by convention, and the number and shape of η.
    """
    found = {}
    pions = beam.pions
    if "piminus" in channels and not conventions.all_captures_radiate:
        found[CAPTURE] = ("piminus", pions.radiative_fraction_error / pions.radiative_fraction)
    if "eta" in channels and beam.eta is not None:
        found[ETA] = ("eta", beam.eta.mesons.per_pot_error / beam.eta.mesons.per_pot)
    return found


@eqx.filter_jit
def dark_matter_signal(
    setting: Search,
    point: VectorMediator | DoubleMediator,
    conventions: Conventions = DMJAX,
    channels: tuple[str, ...] = CHANNELS,
) -> SignalCounts:
    """`dark_matter_counts` with the uncertainties of the sources as pulls.

    Args:
        setting: detector and bins.
        point: model point with its couplings (vmap for many).
        conventions, channels: profile and production channels (static).

    Returns:
        `SignalCounts`; `nominal` is `dark_matter_counts`.
    """
    counts = channel_counts(setting, point, conventions, channels)
    nominal = in_slices(setting, counts.sum(0))
    errors = source_errors(setting.experiment.beam, conventions, channels)
    raised = {
        name: nominal + error.astype(nominal.dtype) * in_slices(setting, counts[channels.index(on)])
        for name, (on, error) in errors.items()
    }
    return SignalCounts(nominal, raised)


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
