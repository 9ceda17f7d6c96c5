"""`templates`: the counts of a signal in searches, the only bridge from physics to statistics."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, ArrayLike, Float

from dmjax.batches import in_blocks
from dmjax.conventions import CHANNELS, DMJAX, Conventions
from dmjax.errors import InputError
from dmjax.experiments.missing_energy import MissingEnergy
from dmjax.flux.beam import Beam
from dmjax.models import Charges, DoubleMediator, VectorMediator, producer_of
from dmjax.prediction.missing_energy import PULL, missing_events
from dmjax.prediction.moments import POWERS
from dmjax.prediction.points import (
    FLIGHT_FLOOR_M,
    Kind,
    Numbers,
    in_flight,
    kind_of,
    mean_flight_m,
    numbers_of,
    point_at,
)
from dmjax.prediction.recoils import TEMPLATE_ERROR
from dmjax.prediction.search import Search, channel_counts, in_slices, moved_counts
from dmjax.prediction.signal import EVENTS, Signal
from dmjax.programs import kept

BLOCK, HELD = 32, 2**25
"""Masses predicted together, and numbers that their moments may hold at once (256 MiB)."""


AnySearch = Search | MissingEnergy
"""A detector in bins, of χ that scatters, or a count of missing energy."""


class SignalCounts(eqx.Module):
    """Counts of a signal at strength 1, or of many signals with leading axes.

    Attributes:
        nominal: events per bin, (..., bins).
        raised: name of a pull of the sources → the events where it is 1, (..., bins).
        errors: name of the same pull → relative error of the part that it raises, (...).
        moved: name of a nuisance of the detector → the events at its knots, (..., knots, bins).
    """

    nominal: Float[Array, "*batch bins"]
    raised: dict[str, Float[Array, "*batch bins"]] = eqx.field(default_factory=dict)
    errors: dict[str, Float[Array, "*batch"]] = eqx.field(default_factory=dict)
    moved: dict[str, Float[Array, "*batch knots bins"]] = eqx.field(default_factory=dict)

    @property
    def numerical_error(self) -> float:
        """Largest error of any bin and of the sum, relative to the sum."""
        return TEMPLATE_ERROR


def source_errors(
    beam: Beam, conventions: Conventions, channels: tuple[str, ...], charges: Charges
) -> dict[str, tuple[str, Float[Array, ""]]]:
    """Name of each pull → (channel, relative error) of the sources in use, for some charges."""
    have = {name: beam.channels[name] for name in channels if name in beam.channels}
    return {
        pull.name: (name, jnp.asarray(pull.error))
        for name, channel in have.items()
        for pull in channel.pulls(conventions, charges)
    }


@kept
def dark_matter_signal(
    setting: Search,
    point: VectorMediator | DoubleMediator,
    conventions: Conventions = DMJAX,
    channels: tuple[str, ...] = CHANNELS,
    long_lived: bool = False,
) -> SignalCounts:
    """`dark_matter_counts` with the uncertainties of sources and detector.

    Args:
        setting: detector and bins.
        point: model point with its couplings (vmap for many).
        conventions, channels: profile and production channels (static).
        long_lived: let the mediator fly for its lifetime (static); see `expected_counts`.

    Returns:
        `SignalCounts`; `nominal` is `dark_matter_counts`.
    """
    predict = partial(channel_counts, setting, point, conventions, channels, long_lived)
    counts = predict()
    nominal = in_slices(setting, counts.sum(0))
    charges = producer_of(point).charges
    known = source_errors(setting.experiment.beam, conventions, channels, charges)
    errors = {name: error.astype(nominal.dtype) for name, (_, error) in known.items()}
    raised = {
        name: nominal + errors[name] * in_slices(setting, counts[channels.index(on)])
        for name, (on, _) in known.items()
    }
    moved = moved_counts(setting, lambda **changes: predict(**changes).sum(0))
    return SignalCounts(nominal, raised, errors, moved)


def templates(
    searches: Sequence[AnySearch],
    signal: Signal,
    masses: ArrayLike,
    couplings: ArrayLike | None = None,
) -> tuple[SignalCounts, ...]:
    """Counts of a signal at strength 1, at many masses, in every search.

    Args:
        searches: detectors in the bins of their data, or counts of missing energy.
        signal: the signal.
        masses: of V [MeV], (masses,); not used by the model "events".
        couplings: (masses,) or one, in `signal.coupling`, at which the strength is 1; None: the
            reference of that quantity (`points.REFERENCE`).

    Returns:
        `SignalCounts` of (masses, bins), one per search. A mass at which no χ is made has counts 0.
        A mediator that gets further than 1 cm before it decays is followed on its flight.

    Raises:
        InputError: no mass, or one that is not above 0; "events" in a search of several bins.

    >>> from dmjax.analyses.lar2020 import lar2020_search
    >>> found = templates([lar2020_search()], Signal(), [30.0, 75.0])
    >>> found[0].nominal.shape
    (2, 960)
    """
    if signal.model == EVENTS:
        return tuple(_one_event(search) for search in searches)
    m_v = np.atleast_1d(np.asarray(masses, float))
    check_mass_list(m_v)
    numbers = numbers_of(signal, m_v, couplings)
    flies = np.asarray(_flights(kind_of(signal), numbers)) > FLIGHT_FLOOR_M
    return tuple(
        _of_missing(search, signal, numbers)
        if isinstance(search, MissingEnergy)
        else _of_search(search, signal, numbers, flies)
        for search in searches
    )


def check_mass_list(m_v: np.ndarray) -> None:
    """Raise InputError unless there is a mass and every one is finite and above 0."""
    if m_v.size == 0:
        raise InputError("no masses given: pass --mv, e.g. 30,75,120 or 1:138:50")
    wrong = m_v[~(np.isfinite(m_v) & (m_v > 0.0))]
    if wrong.size:
        raise InputError(f"m_v must be finite and positive in MeV, got {wrong[0]:g}")


def at_index(counts: tuple[SignalCounts, ...], i: int) -> tuple[SignalCounts, ...]:
    """The signals of mass number i."""
    return jax.tree.map(lambda rows: rows[i], counts)


def signal_events(counts: tuple[SignalCounts, ...]) -> Float[Array, " masses"]:
    """Events of all searches at strength 1, per mass."""
    return jnp.sum(jnp.stack([jnp.sum(one.nominal, axis=1) for one in counts]), axis=0)


def _one_event(search: AnySearch) -> SignalCounts:
    if isinstance(search, MissingEnergy):
        return SignalCounts(jnp.ones((1, 1)))
    bins = search.recoils.fold.shape[0] * (search.time_edges.shape[0] - 1)
    if bins > 1 or search.slices is not None:
        raise InputError(
            f"model 'events' is for a search of one bin, not for {search.experiment.name}"
        )
    return SignalCounts(jnp.ones((1, 1)))


@partial(jax.jit, static_argnums=0)
def _flights(kind: Kind, numbers: Numbers) -> Float[Array, " masses"]:
    return jax.vmap(lambda row: mean_flight_m(point_at(kind, row)))(numbers)


def _of_search(search: Search, signal: Signal, numbers: Numbers, flies: np.ndarray) -> SignalCounts:
    """Prompt and flying mediators by a program each, put back in order.

    Name and backgrounds are left out, so that detectors of one kind share a program.
    """
    parts, order = [], []
    for long_lived in (False, True):
        rows = np.flatnonzero(flies == long_lived)
        if rows.size == 0:
            continue
        detector = in_flight(search.experiment) if long_lived else search.experiment
        bare = replace(detector, name="", backgrounds=())
        setting = eqx.tree_at(lambda s: s.experiment, search, bare)
        some = jax.tree.map(lambda leaf, rows=rows: leaf[rows], numbers)
        fixed = (kind_of(signal), signal.conventions, signal.channels, long_lived)
        parts.append(in_blocks(partial(_block, setting, fixed), some, _together(search)))
        order.append(rows)
    back = np.argsort(np.concatenate(order))
    counts = jax.tree.map(lambda *pieces: jnp.concatenate(pieces)[back], *parts)
    return counts if signal.source_errors else replace(counts, raised={}, errors={})


def _of_missing(search: MissingEnergy, signal: Signal, numbers: Numbers) -> SignalCounts:
    """Counts of missing energy, with the pull of the cross sections."""
    if signal.double:
        raise InputError("missing energy is that of V itself: leave m_x out")
    nominal = _missing_rows(search, kind_of(signal), numbers)[:, None]
    error = search.signal_error
    if not (signal.source_errors and error > 0.0):
        return SignalCounts(nominal)
    rows = jnp.full(nominal.shape[:1], error, nominal.dtype)
    return SignalCounts(nominal, {PULL: (1.0 + error) * nominal}, {PULL: rows})


@kept
def _missing_rows(search: MissingEnergy, kind: Kind, numbers: Numbers) -> Float[Array, " masses"]:
    def one(row: Numbers) -> Float[Array, ""]:
        return jnp.sum(jnp.stack(list(missing_events(search, _single(kind, row)).values())))

    return jax.vmap(one)(numbers)


def _single(kind: Kind, row: Numbers) -> VectorMediator:
    point = point_at(kind, row)
    assert isinstance(point, VectorMediator)
    return point


def _together(search: Search) -> int:
    """Masses of a block: fewer where many fine bins are smeared, each with moments of its own."""
    bins, nodes = search.recoils.fold.shape
    nuclei = max(1, len(search.experiment.nuclei))
    held = POWERS * nodes * nuclei * (1 if search.recoils.apart else bins)
    return max(1, min(BLOCK, HELD // held))


@kept
def _block(setting: Search, fixed: tuple, numbers: Numbers) -> SignalCounts:
    kind, conventions, channels, long_lived = fixed

    def one(row: Numbers) -> SignalCounts:
        return dark_matter_signal(setting, point_at(kind, row), conventions, channels, long_lived)

    return jax.vmap(one)(numbers)
