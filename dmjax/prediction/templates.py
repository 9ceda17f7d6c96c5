"""Expected dark matter in a data set, and what the uncertainties of its sources do to it."""

import equinox as eqx
from jaxtyping import Array, Float

from dmjax.conventions import CHANNELS, DMJAX, Conventions
from dmjax.flux.beam import Beam
from dmjax.models import DoubleMediator, VectorMediator
from dmjax.prediction.search import Search, channel_counts, in_slices

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
