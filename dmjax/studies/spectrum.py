"""The recoil spectrum of an on/off data set with every prediction stacked ([D20] Fig. 6, right)."""

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np

from dmjax.analyses.datasets import Dataset
from dmjax.fits.fit import best_fit
from dmjax.likelihood.parameters import index_of
from dmjax.likelihood.signals import SIGNAL
from dmjax.prediction.points import chi_mass
from dmjax.prediction.search import search
from dmjax.prediction.templates import templates
from dmjax.response import recoil_at
from dmjax.studies.setting import Setting, needed_signal, one_mass, strength_at
from dmjax.units import KEV_PER_MEV

ALPHA = "csi_signal"


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


class Point(NamedTuple):
    """A signal point in a window: mass [MeV], Y, and the fitted α there."""

    m_v: float
    y: float
    alpha: float


def fitted_alpha(setting: Setting, m_v: float, y: float) -> float:
    """α at the maximum of likelihood times constraints, for one signal point."""
    joint, _, _, _ = one_mass(setting, m_v)
    best = best_fit(joint, fixed={SIGNAL: strength_at(setting, m_v, y)})
    return float(best.values[index_of(joint.parameters.names, ALPHA)])


def spectrum(setting: Setting, data: Dataset, point: Point) -> Spectrum:
    """Data and predictions of a window against recoil energy, for one signal point.

    Args:
        setting: data set and signal.
        data: the data set in the window that is shown.
        point: signal and α to draw with, e.g. `fitted_alpha` of the window that was fitted.
    """
    chosen = needed_signal(setting)
    shown = search(data.experiment, data.pe_edges, data.time_edges)
    counts = templates((shown,), chosen, np.array([point.m_v]), point.y)[0].nominal[0]
    response = data.experiment.response
    return Spectrum(
        pe_edges=data.pe_edges,
        kev_per_pe=float(recoil_at(response, jnp.asarray(1.0))) * KEV_PER_MEV,
        on=data.on.sum(1),
        off=data.off.sum(1),
        prompt=np.asarray(data.prompt.sum(1)),
        delayed=np.asarray(data.delayed.sum(1)),
        neutrons=np.asarray(data.neutrons.sum(1)),
        signal=np.asarray(counts).reshape(data.on.shape).sum(1),
        alpha=point.alpha,
        sigma_alpha=data.sigma_alpha,
        m_v=point.m_v,
        y=point.y,
        mass_ratio=point.m_v / float(chi_mass(chosen, point.m_v)),
        alpha_d=chosen.alpha_d,
        dm=chosen.dm,
        conventions=data.conventions.name,
    )
