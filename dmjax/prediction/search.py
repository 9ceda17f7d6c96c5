"""A detector in the bins of its data set: what turns a model point into expected counts."""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from dmjax.conventions import CHANNELS, DMJAX, Conventions
from dmjax.experiments import Experiment, slice_counts
from dmjax.models import DoubleMediator, VectorMediator
from dmjax.prediction.neutrinos import neutrino_background
from dmjax.prediction.recoils import expected_counts
from dmjax.response import RecoilGrid, accepted_recoils


class Search(eqx.Module):
    """An experiment with the exposure and the bins of a data set.

    Attributes:
        experiment: the detector.
        recoils: energy bins.
        time_edges: [µs].
        slices: (energy bins, slices) share of recoils in each slice of a third axis, or None.
        energy_edges: in the observable, from which `recoils` were made; empty: not known.
    """

    experiment: Experiment
    recoils: RecoilGrid
    time_edges: Float[Array, " times_plus_1"]
    slices: Float[Array, "bins slices"] | None
    energy_edges: tuple[float, ...] = eqx.field(static=True, default=())


def search(
    detector: Experiment, energy_edges: np.ndarray, time_edges: np.ndarray, sliced: bool = False
) -> Search:
    """A search in given bins; `sliced` adds the detector's third axis."""
    return Search(
        experiment=detector,
        recoils=accepted_recoils(detector.response, energy_edges),
        time_edges=jnp.asarray(time_edges, float),
        slices=detector.slices if sliced else None,
        energy_edges=tuple(np.asarray(energy_edges, float).tolist()),
    )


def in_slices(setting: Search, counts: Float[Array, "bins times"]) -> Float[Array, " all_bins"]:
    """Counts per energy and time, spread over the slices and flattened, time fastest."""
    if setting.slices is None:
        return counts.ravel()
    return slice_counts(setting.slices.astype(counts.dtype), counts).ravel()


def channel_counts(
    setting: Search,
    point: VectorMediator | DoubleMediator,
    conventions: Conventions,
    channels: tuple[str, ...],
    long_lived: bool = False,
) -> Float[Array, "channels bins times"]:
    """Expected dark-matter events of each production channel, without the third axis."""
    return expected_counts(
        setting.experiment,
        point,
        setting.recoils,
        setting.time_edges,
        conventions,
        channels,
        long_lived=long_lived,
    )


@eqx.filter_jit
def dark_matter_counts(
    setting: Search,
    point: VectorMediator | DoubleMediator,
    conventions: Conventions = DMJAX,
    channels: tuple[str, ...] = CHANNELS,
) -> Float[Array, " all_bins"]:
    """Expected dark-matter events per bin of the data set, flattened like its counts.

    The energy and the time are those of the prediction; a third axis (F90) is that of nuclear
    recoils at given energy.

    Args:
        setting: detector and bins.
        point: model point with its couplings (vmap for many).
        conventions, channels: profile and production channels (static).

    Returns:
        Events, (bins,).
    """
    return in_slices(setting, channel_counts(setting, point, conventions, channels).sum(0))


@eqx.filter_jit
def neutrino_counts(
    setting: Search, conventions: Conventions = DMJAX
) -> Float[Array, "bins times"]:
    """Expected neutrino events per energy and time bin, all components, recorded late or not.

    Args:
        setting: detector and bins.
        conventions: profile.
    """
    detector, edges = setting.experiment, setting.time_edges
    parts = neutrino_background(detector, setting.recoils, edges, conventions)
    return jnp.sum(jnp.stack(list(parts.values())), axis=0)
