"""`predict`: expected dark-matter events in a window, with everything needed to reproduce them."""

import math

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from dmjax.conventions import CHANNELS, DMJAX, Conventions, check_channels, describe
from dmjax.errors import InputError
from dmjax.experiments import Experiment, in_scenario
from dmjax.models import DoubleMediator, VectorMediator, lifetime_ns, producer_of, scatterer_of
from dmjax.models.vector import eps_of
from dmjax.numerics import cast_floats
from dmjax.prediction.backgrounds import exposed, known_backgrounds
from dmjax.prediction.ceiling import recoil_ceiling_kev
from dmjax.prediction.events import is_traced
from dmjax.prediction.neutrinos import endpoints_kev, neutrino_background
from dmjax.prediction.points import FLIGHT_FLOOR_M, in_flight, mean_flight_m
from dmjax.prediction.prediction import Prediction
from dmjax.prediction.recoils import expected_counts
from dmjax.prediction.validity import notes
from dmjax.prediction.windows import (
    check_clock,
    closed_by,
    in_windows,
    selected_windows,
    time_bins,
)
from dmjax.response import (
    RecoilGrid,
    accepted_recoils,
    all_recoils,
    observable_at,
    recoil_at,
)
from dmjax.scattering import Nsi
from dmjax.units import KEV_PER_MEV, MEV_PER_KEV

TIME_CEILING_US = 1e4
N_MOMENTA_WINDOW = 384
NODES_ERROR = 3e-3
"""Largest relative error of the events at 384 momenta, mostly of the nodes of the width."""


def _window(low: float | None, high: float, what: str) -> np.ndarray:
    low = 0.0 if low is None else low
    if not (math.isfinite(low) and math.isfinite(high) and 0.0 <= low < high):
        raise InputError(f"empty {what} window: need 0 <= {low:g} < {high:g}")
    return np.array([low, high])


def _highest(experiment: Experiment) -> float:
    """The end of all recoils [keV]: the largest there is, or that of the last bin."""
    last = recoil_at(experiment.response, jnp.asarray(experiment.edges[-1], float))
    return max(recoil_ceiling_kev(experiment), KEV_PER_MEV * float(last))


def _energy_edges(experiment: Experiment, window: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Bins of a window in recoil energy [keV]: (in the observable, in keV of mean recoil)."""
    to_observable = jax.vmap(observable_at, in_axes=(None, 0))
    ends = to_observable(experiment.response, jnp.asarray(window * MEV_PER_KEV))
    edges = closed_by(np.asarray(ends, float), experiment.edges)
    to_recoil = jax.vmap(recoil_at, in_axes=(None, 0))
    kev = np.array(to_recoil(experiment.response, jnp.asarray(edges)), float) * KEV_PER_MEV
    kev[[0, -1]] = window
    return edges, kev


def predict(
    experiment: Experiment,
    point: VectorMediator | DoubleMediator,
    *,
    conventions: Conventions = DMJAX,
    channels: tuple[str, ...] = CHANNELS,
    pot: float | None = None,
    cuts: bool = False,
    all_windows: bool = False,
    recoil_min: float | None = None,
    recoil_max: float | None = None,
    time_max: float | None = None,
    efficiency: bool = True,
    nsi: Nsi | None = None,
    background: str | None = None,
) -> Prediction:
    """Expected dark-matter events, and backgrounds, in (recoil energy, time) bins.

    Args:
        experiment: detector, e.g. `dmjax.experiment("coherent-csi")`.
        point: model point, one mediator or two.
        conventions: profile.
        channels: production channels to include.
        pot: protons on target; None: the experiment's own.
        cuts: the experiment's own selection, where a limit below is None.
        all_windows: every time window of that selection, not the first alone; bins in the gaps
            between them are empty.
        recoil_min, recoil_max: window in recoil energy [keV], where the mean response puts it
            with a resolution, exact without; None: open.
        time_max: latest arrival [µs]; None: open.
        efficiency: apply the detector's resolution and efficiency; False: true recoils.
        nsi: non-standard interactions of the background neutrinos.
        background: alternative of the detector's file, its first where None; "none": neutrinos.

    Returns:
        Prediction. Bins are the detector's own, cut to the window; open ends reach the largest
        recoil there is (`recoil_ceiling_kev`) and 10 ms. A mediator that flies further than 1 cm on
        average is followed on its way (its beam is prepared for that within seconds). Other
        backgrounds than neutrinos are as the file counts them, after efficiency, in its bins. Bad
        windows and channels raise InputError.

    >>> import dmjax
    >>> point = dmjax.mediator("dark-photon", 75.0, 25.0, eps=1e-4)
    >>> csi = dmjax.experiment("coherent-csi")
    >>> d20 = dmjax.conventions("d20")
    >>> n = dmjax.predict(
    ...     csi, point, conventions=d20, pot=1e23, channels=("pi0",), efficiency=False
    ... )
    >>> round(n.total, 1)
    6.0
    """
    if is_traced(experiment, point, pot, recoil_min, recoil_max, time_max):
        raise InputError(
            "predict gives plain numbers, so jax cannot trace it: use dmjax.events(search, signal, "
            "m_v), which can be compiled, batched and differentiated"
        )
    check_channels(channels)
    experiment = exposed(experiment, pot=pot)
    if cuts:
        chosen = experiment.selection
        recoil_min = chosen.recoil_min_kev if recoil_min is None else recoil_min
        recoil_max = chosen.recoil_max_kev if recoil_max is None else recoil_max
    windows = _windows(experiment, conventions, cuts, all_windows, time_max)
    others = in_scenario(experiment.name, experiment.backgrounds, background)
    highest = _highest(experiment) if recoil_max is None else recoil_max
    edges, energy_edges = _energy_edges(experiment, _window(recoil_min, highest, "recoil"))
    time_edges, kept = time_bins(windows, experiment.time_edges)
    steps = endpoints_kev(experiment)
    if efficiency:
        recoils = accepted_recoils(experiment.response, edges, breaks=steps)
    else:
        recoils = all_recoils(energy_edges, breaks=steps)
        experiment = eqx.tree_at(
            lambda e: e.response.time_efficiency, experiment, None, is_leaf=lambda x: x is None
        )
    experiment = in_windows(experiment, windows) if all_windows else experiment
    long_lived = bool(mean_flight_m(point) > FLIGHT_FLOOR_M)
    if long_lived:
        experiment = in_flight(experiment)
    bins = (recoils, jnp.asarray(time_edges))
    counts, coarse = (
        eqx.filter_jit(expected_counts)(
            experiment, point, *bins, conventions, channels, n, long_lived
        )
        for n in (N_MOMENTA_WINDOW, N_MOMENTA_WINDOW // 2)
    )
    rounding = _rounding(counts, experiment, point, *bins, conventions, channels, long_lived)
    neutrinos = eqx.filter_jit(neutrino_background)(experiment, *bins, conventions, None, nsi)
    known = known_backgrounds(experiment, others, jnp.asarray(edges), bins[1])
    behind = {name: np.asarray(n, float) * kept for name, n in (neutrinos | known).items()}
    per_channel = np.asarray(counts.sum((1, 2)), float)
    _check_finite(dict(zip(channels, per_channel, strict=True)) | behind)
    return Prediction(
        experiment=experiment.name,
        conventions=conventions.name,
        conventions_changed=describe(conventions)["changed"],
        **labels(point),
        long_lived=long_lived,
        pot=float(experiment.pot),
        efficiency=efficiency,
        channels=dict(zip(channels, per_channel.tolist(), strict=True)),
        total=float(per_channel.sum()),
        numerical_error=_numerical_error(per_channel.sum(), float(coarse.sum())) + rounding,
        dtype=counts.dtype.name,
        background={name: float(events.sum()) for name, events in behind.items()},
        energy_edges_kev=energy_edges,
        time_edges_us=time_edges,
        counts=np.asarray(counts.sum(0), float),
        background_counts=behind,
        notes=notes(experiment, point, channels),
    )


def _check_finite(parts: dict[str, np.ndarray]) -> None:
    """A prediction that double precision does not hold is none."""
    for name, events in parts.items():
        if not np.all(np.isfinite(events)):
            raise InputError(
                f"the events of '{name}' are not finite: masses, couplings or exposure are "
                "too large or too small for double precision"
            )


def _numerical_error(events: float, coarse: float) -> float:
    """What half the momenta change, and no less than `NODES_ERROR`; 0 without events."""
    return max(abs(coarse / events - 1.0), NODES_ERROR) if events > 0.0 else 0.0


def _rounding(
    counts: Array,
    experiment: Experiment,
    point: VectorMediator | DoubleMediator,
    recoils: RecoilGrid,
    time_edges: Array,
    conventions: Conventions,
    channels: tuple[str, ...],
    long_lived: bool,
) -> float:
    """Relative difference of the events from the same in float64, measured; 0 in float64."""
    if counts.dtype == jnp.float64:
        return 0.0
    with jax.enable_x64(True):
        wide = cast_floats((experiment, point, recoils, time_edges), jnp.float64)
        experiment, point, recoils, time_edges = wide
        exact = eqx.filter_jit(expected_counts)(
            experiment,
            point,
            recoils,
            time_edges,
            conventions,
            channels,
            N_MOMENTA_WINDOW,
            long_lived,
        )
        total = float(exact.sum())
    return abs(float(counts.sum()) / total - 1.0) if total > 0.0 else 0.0


def _windows(
    experiment: Experiment,
    conventions: Conventions,
    cuts: bool,
    every: bool,
    time_max: float | None,
) -> tuple[tuple[float, float], ...]:
    """Time windows [µs]: of the selection, or one up to a latest time."""
    if every:
        if not cuts or time_max is not None:
            raise InputError("all_windows goes with cuts, and without time_max")
        check_clock(conventions)
        return selected_windows(experiment, True)
    if cuts and time_max is None:
        time_max = experiment.selection.time_max_us
    low, high = _window(None, TIME_CEILING_US if time_max is None else time_max, "time")
    return ((float(low), float(high)),)


def labels(point: VectorMediator | DoubleMediator) -> dict:
    """What a result says of its model."""
    make, hit = producer_of(point), scatterer_of(point)
    named = "eps" if hit.model == "dark-photon" else "g"
    strength = eps_of(hit) if named == "eps" else jnp.exp(hit.log_kappa)
    couplings = {named: float(strength), "alpha_d": float(jnp.exp(hit.log_alpha_d))}
    double = isinstance(point, DoubleMediator)
    if double:
        couplings["kappa_x"] = float(jnp.exp(make.log_kappa))
        couplings["kappa_d_x"] = math.sqrt(4.0 * math.pi * float(jnp.exp(make.log_alpha_d)))
    return {
        "model": f"{make.model} > {hit.model}" if double else hit.model,
        "dm": hit.dm,
        "m_v": float(hit.m_v),
        "m_chi": float(hit.m_chi),
        "m_x": float(make.m_v) if double else None,
        "couplings": couplings,
        "lifetime_ns": float(lifetime_ns(make)),
    }
