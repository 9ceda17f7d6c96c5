"""The recoil spectrum of an on/off data set with every prediction stacked ([D20] Fig. 6, right)."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from dmjax.analyses.datasets import Dataset
from dmjax.analyses.signal import Y_REF, Signal, template_table
from dmjax.likelihood.nuisance import profile_alpha
from dmjax.limits.curve import analysis
from dmjax.response import recoil_at
from dmjax.units import KEV_PER_MEV


class Spectrum(NamedTuple):
    """Counts per energy bin, summed over the time window.

    Attributes:
        pe_edges: [PE].
        kev_per_pe: recoil energy per photo-electron [keV].
        on, off: coincidence and anticoincidence counts.
        prompt, delayed, neutrons, signal: expected events, without the factor 1 + α.
        alpha: scale shift of signal and neutrinos.
        sigma_alpha: its width.
        m_v, y: of the signal.
        mass_ratio, alpha_d, dm, conventions: conventions of the signal.
    """

    pe_edges: np.ndarray
    kev_per_pe: float
    on: np.ndarray
    off: np.ndarray
    prompt: np.ndarray
    delayed: np.ndarray
    neutrons: np.ndarray
    signal: np.ndarray
    alpha: float
    sigma_alpha: float
    m_v: float
    y: float
    mass_ratio: float
    alpha_d: float
    dm: str
    conventions: str


def signal_events(model: Signal, m_v: float, y: float) -> np.ndarray:
    """Expected signal events per bin, flattened, without the factor 1 + α."""
    return (y / Y_REF) ** 2 * template_table(model, np.array([m_v]))[0]


def fitted_alpha(data: Dataset, model: Signal, m_v: float, y: float) -> float:
    """α at the maximum of likelihood times constraint, for one signal point."""
    events = jnp.asarray(signal_events(model, m_v, y))
    return float(jax.jit(profile_alpha)(analysis(data), events).alpha_hat)


def spectrum(data: Dataset, model: Signal, m_v: float, y: float, alpha: float) -> Spectrum:
    """Data and predictions of a window against recoil energy, for one signal point.

    Args:
        data, model: data set and signal in the same bins.
        m_v: mediator mass [MeV].
        y: coupling Y.
        alpha: scale shift to draw with, e.g. `fitted_alpha` of the window that was fitted.
    """
    events = signal_events(model, m_v, y)
    response = data.experiment.response
    return Spectrum(
        pe_edges=data.pe_edges,
        kev_per_pe=float(recoil_at(response, jnp.asarray(1.0))) * KEV_PER_MEV,
        on=data.on.sum(1),
        off=data.off.sum(1),
        prompt=np.asarray(data.prompt.sum(1)),
        delayed=np.asarray(data.delayed.sum(1)),
        neutrons=np.asarray(data.neutrons.sum(1)),
        signal=events.reshape(data.on.shape).sum(1),
        alpha=alpha,
        sigma_alpha=data.sigma_alpha,
        m_v=m_v,
        y=y,
        mass_ratio=float(model.mass_ratio),
        alpha_d=float(model.alpha_d),
        dm=model.dm,
        conventions=data.conventions.name,
    )
