"""`predict`: expected dark-matter events in a window, with everything needed to reproduce them."""

import math
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from dmjax._version import __version__
from dmjax.errors import InputError
from dmjax.experiments import Experiment
from dmjax.models.vector import VectorMediator, eps_of
from dmjax.profiles import CHANNELS, DMJAX, Conventions, check_channels, describe
from dmjax.response import accepted_recoils, all_recoils, observable_at, recoil_at
from dmjax.units import KEV_PER_MEV, MEV_PER_KEV
from dmjax.yields import expected_counts

RECOIL_CEILING_KEV = {"nucleus": 2000.0, "electron": 1e6}
"""Above this the form factor leaves nothing of any nucleus heavier than argon; electrons reach the
energy of the χ."""
TIME_CEILING_US = 1e4
N_MOMENTA_WINDOW = 384


class Prediction(NamedTuple):
    """Expected events of one model point.

    Attributes:
        experiment, model, dm: names.
        conventions: profile name and changed fields.
        m_v, m_chi: [MeV].
        couplings: {"eps" or "g": …, "alpha_d": …}.
        pot: protons on target.
        efficiency: whether the acceptance was applied.
        channels: production channel → events in the window.
        total: their sum.
        energy_edges_kev, time_edges_us: bins.
        counts: (energy, time) events, all channels.
        version: of the package.
    """

    experiment: str
    conventions: dict
    model: str
    dm: str
    m_v: float
    m_chi: float
    couplings: dict[str, float]
    pot: float
    efficiency: bool
    channels: dict[str, float]
    total: float
    energy_edges_kev: np.ndarray
    time_edges_us: np.ndarray
    counts: np.ndarray
    version: str


def _window(low: float | None, high: float, what: str) -> np.ndarray:
    low = 0.0 if low is None else low
    if not (math.isfinite(low) and math.isfinite(high) and 0.0 <= low < high):
        raise InputError(f"empty {what} window: need 0 <= {low:g} < {high:g}")
    return np.array([low, high])


def _closed_by(window: np.ndarray, native: tuple[float, ...]) -> np.ndarray:
    """Native edges inside the window, closed by the window's own ends."""
    edges = np.asarray(native)
    inside = edges[(edges > window[0]) & (edges < window[1])]
    return np.concatenate([window[:1], inside, window[1:]])


def _energy_edges(experiment: Experiment, window: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Bins of a window in recoil energy [keV]: (in the observable, in keV of mean recoil)."""
    to_observable = jax.vmap(observable_at, in_axes=(None, 0))
    ends = to_observable(experiment.response, jnp.asarray(window * MEV_PER_KEV))
    edges = _closed_by(np.asarray(ends, float), experiment.edges)
    to_recoil = jax.vmap(recoil_at, in_axes=(None, 0))
    kev = np.array(to_recoil(experiment.response, jnp.asarray(edges)), float) * KEV_PER_MEV
    kev[[0, -1]] = window
    return edges, kev


def predict(
    experiment: Experiment,
    mediator: VectorMediator,
    *,
    conventions: Conventions = DMJAX,
    channels: tuple[str, ...] = CHANNELS,
    pot: float | None = None,
    recoil_min: float | None = None,
    recoil_max: float | None = None,
    time_max: float | None = None,
    efficiency: bool = True,
) -> Prediction:
    """Expected dark-matter events in (recoil energy, time) bins.

    Args:
        experiment: detector, e.g. `dmjax.experiment("coherent-csi")`.
        mediator: model point.
        conventions: profile.
        channels: production channels to include.
        pot: protons on target; None: the experiment's own.
        recoil_min, recoil_max: window in recoil energy [keV], where the mean response puts it
            with a resolution, exact without; None: open.
        time_max: latest arrival [µs]; None: open.
        efficiency: apply the detector's resolution and efficiency; False: true recoils.

    Returns:
        Prediction. Bins are the detector's own, cut to the window; open ends reach 2000 keV (1 GeV
        for electrons) and 10 ms, beyond which nothing is left. Bad windows and channels raise
        InputError.

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
    check_channels(channels)
    if pot is not None and not (math.isfinite(pot) and pot > 0):
        raise InputError(f"pot must be finite and positive, got {pot}")
    if pot is not None:
        experiment = eqx.tree_at(lambda e: e.pot, experiment, jnp.asarray(pot, float))
    ceiling = RECOIL_CEILING_KEV[experiment.recoil] if recoil_max is None else recoil_max
    edges, energy_edges = _energy_edges(experiment, _window(recoil_min, ceiling, "recoil"))
    latest = TIME_CEILING_US if time_max is None else time_max
    time_edges = _closed_by(_window(None, latest, "time"), experiment.time_edges)
    if efficiency:
        recoils = accepted_recoils(experiment.response, edges)
    else:
        recoils = all_recoils(energy_edges)
        experiment = eqx.tree_at(
            lambda e: e.response.time_efficiency, experiment, None, is_leaf=lambda x: x is None
        )
    counts = eqx.filter_jit(expected_counts)(
        experiment,
        mediator,
        recoils,
        jnp.asarray(time_edges),
        conventions,
        channels,
        N_MOMENTA_WINDOW,
    )
    per_channel = np.asarray(counts.sum((1, 2)), float)
    named = "eps" if mediator.model == "dark-photon" else "g"
    strength = eps_of(mediator) if named == "eps" else jnp.exp(mediator.log_kappa)
    return Prediction(
        experiment=experiment.name,
        conventions=describe(conventions),
        model=mediator.model,
        dm=mediator.dm,
        m_v=float(mediator.m_v),
        m_chi=float(mediator.m_chi),
        couplings={named: float(strength), "alpha_d": float(jnp.exp(mediator.log_alpha_d))},
        pot=float(experiment.pot),
        efficiency=efficiency,
        channels=dict(zip(channels, per_channel.tolist(), strict=True)),
        total=float(per_channel.sum()),
        energy_edges_kev=energy_edges,
        time_edges_us=time_edges,
        counts=np.asarray(counts.sum(0), float),
        version=__version__,
    )
