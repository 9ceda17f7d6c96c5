"""A detector in the bins of its data set: what turns a model point into expected counts."""

from collections.abc import Callable
from functools import partial

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, ArrayLike, Float

from dmjax.conventions import CHANNELS, DMJAX, Conventions
from dmjax.experiments import Experiment, slice_counts
from dmjax.models import DoubleMediator, VectorMediator
from dmjax.prediction.neutrinos import neutrino_background
from dmjax.prediction.nuisances import AbstractNuisance, Clock, Responses, Slices
from dmjax.prediction.recoils import expected_counts
from dmjax.programs import kept
from dmjax.response import RecoilGrid, accepted_recoils


class Search(eqx.Module):
    """An experiment with the exposure and the bins of a data set.

    Attributes:
        experiment: the detector.
        recoils: energy bins.
        time_edges: [µs].
        slices: (energy bins, slices) share of recoils in each slice of a third axis, or None.
        energy_edges: in the observable, from which `recoils` were made; empty: not known.
        nuisances: of the detector, which move everything that recoils in it.
    """

    experiment: Experiment
    recoils: RecoilGrid
    time_edges: Float[Array, " times_plus_1"]
    slices: Float[Array, "bins slices"] | None
    energy_edges: tuple[float, ...] = eqx.field(static=True, default=())
    nuisances: tuple[AbstractNuisance, ...] = ()


def search(
    detector: Experiment,
    energy_edges: np.ndarray,
    time_edges: np.ndarray,
    sliced: bool = False,
    nuisances: tuple[AbstractNuisance, ...] = (),
) -> Search:
    """A search in given bins; `sliced` adds the detector's third axis."""
    return Search(
        experiment=detector,
        recoils=accepted_recoils(detector.response, energy_edges),
        time_edges=jnp.asarray(time_edges, float),
        slices=detector.slices if sliced else None,
        energy_edges=tuple(np.asarray(energy_edges, float).tolist()),
        nuisances=nuisances,
    )


def in_slices(
    setting: Search,
    counts: Float[Array, "bins times"],
    slices: Float[Array, "bins slices"] | None = None,
) -> Float[Array, " all_bins"]:
    """Counts per energy and time, spread over the slices and flattened, time fastest."""
    shares = setting.slices if slices is None else slices
    if shares is None:
        return counts.ravel()
    return slice_counts(shares.astype(counts.dtype), counts).ravel()


def moved_counts(
    setting: Search, predict: Callable[..., Float[Array, "bins times"]]
) -> dict[str, Float[Array, "knots all_bins"]]:
    """Counts of a recoil component at the knots of every nuisance of the detector.

    Args:
        setting: detector, bins and nuisances.
        predict: counts per energy and time; takes `recoils` and `clock_us`, both optional.

    Returns:
        Nuisance → counts at its knots, flattened like the counts of the data set.
    """
    found, nominal = {}, predict()
    for one in setting.nuisances:
        if isinstance(one, Clock):
            shifts = jnp.asarray(one.knots, nominal.dtype)
            rows = jax.vmap(lambda late: in_slices(setting, predict(clock_us=late)))(shifts)
        elif isinstance(one, Responses):
            sides = jax.vmap(lambda grid: in_slices(setting, predict(recoils=grid)))(one.recoils)
            rows = jnp.stack([sides[0], in_slices(setting, nominal), sides[1]])
        elif isinstance(one, Slices):
            shares = (one.slices[0], setting.slices, one.slices[1])
            rows = jnp.stack([in_slices(setting, nominal, side) for side in shares])
        else:
            continue
        found[one.name] = rows
    return found


def channel_counts(
    setting: Search,
    point: VectorMediator | DoubleMediator,
    conventions: Conventions,
    channels: tuple[str, ...],
    long_lived: bool = False,
    recoils: RecoilGrid | None = None,
    clock_us: ArrayLike = 0.0,
) -> Float[Array, "channels bins times"]:
    """Expected dark-matter events of each production channel, without the third axis.

    `recoils` and `clock_us` are those of a moved detector; momentum nodes stay those of `setting`.
    """
    return expected_counts(
        setting.experiment,
        point,
        setting.recoils if recoils is None else recoils,
        setting.time_edges,
        conventions,
        channels,
        long_lived=long_lived,
        nodes_of=setting.recoils,
        clock_us=clock_us,
    )


@kept
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


@kept
def neutrino_counts(
    setting: Search,
    conventions: Conventions = DMJAX,
    recoils: RecoilGrid | None = None,
    clock_us: ArrayLike = 0.0,
) -> Float[Array, "bins times"]:
    """Expected neutrino events per energy and time bin, all components, recorded late or not.

    Args:
        setting: detector and bins.
        conventions: profile.
        recoils, clock_us: of a moved detector.
    """
    detector, edges = setting.experiment, setting.time_edges
    grid = setting.recoils if recoils is None else recoils
    parts = neutrino_background(detector, grid, edges, conventions, clock_us=clock_us)
    return jnp.sum(jnp.stack(list(parts.values())), axis=0)


@kept
def neutrino_knots(
    setting: Search, conventions: Conventions = DMJAX
) -> dict[str, Float[Array, "knots all_bins"]]:
    """`neutrino_counts` at the knots of every nuisance of the detector; see `moved_counts`."""
    return moved_counts(setting, partial(neutrino_counts, setting, conventions))
