"""A detector in the bins of its data set: what turns a model point into expected counts."""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from dmjax.conventions import CHANNELS, DMJAX, Conventions
from dmjax.experiments import Experiment
from dmjax.models import DoubleMediator, VectorMediator
from dmjax.numerics import cast_floats
from dmjax.prediction.neutrinos import component_times, neutrino_spectra
from dmjax.prediction.recoils import expected_counts
from dmjax.response import RecoilGrid, accepted_recoils, time_acceptance
from dmjax.timing import arrival_fractions


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
    slices = setting.slices.astype(counts.dtype)
    return (counts[:, None, :] * slices[:, :, None]).ravel()


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
    setting: Search, conventions: Conventions = DMJAX, radius_fm: float | None = None
) -> Float[Array, "bins times"]:
    """Expected neutrino events per energy and time bin, all components, recorded late or not.

    Args:
        setting: detector and bins.
        conventions: profile.
        radius_fm: one rms radius in place of the profile's [fm].
    """
    detector, edges = setting.experiment, setting.time_edges
    dtype = setting.recoils.t.dtype
    spectra = neutrino_spectra(detector, setting.recoils, conventions, radius_fm)
    times = component_times(cast_floats(detector.neutrinos, dtype))
    kept = time_acceptance(detector.response, edges)
    on_time = jnp.zeros((), dtype)
    parts = [
        jnp.outer(spectrum, arrival_fractions(times[name], on_time, edges) * kept)
        for name, spectrum in spectra.items()
    ]
    return jnp.sum(jnp.stack(parts), axis=0)
