"""The largest recoil there is in a detector: where "all recoils" end."""

import jax
import numpy as np
from jax.core import Tracer

from dmjax.constants import E_NU_KAON, M_ELECTRON
from dmjax.experiments import Experiment
from dmjax.units import KEV_PER_MEV, MEV_PER_DALTON

HARDEST_MEV = 2000.0
"""Momentum taken for a beam that is traced: no stopped-pion beam has a harder χ."""


def recoil_ceiling_kev(experiment: Experiment) -> float:
    """Recoil energy that nothing from the beam exceeds in a detector [keV].

    T = 2k²/(M + 2k): what a massless particle of momentum k gives in a head-on collision with the
    lightest target, k the largest χ momentum of the beam or the hardest neutrino. Lighter or
    heavier χ, elastic or not, give less, as E + p of no χ exceeds 2k.

    Args:
        experiment: its beam may be traced; 2 GeV then stand for k.

    >>> from dmjax.experiments import experiment
    >>> [round(recoil_ceiling_kev(experiment(name))) for name in ("coherent-csi", "coherent-lar")]
    [3893, 12147]
    """
    k = max(_hardest(experiment), E_NU_KAON)
    mass = M_ELECTRON
    if experiment.recoil == "nucleus":
        mass = min(nucleus.z + nucleus.n for nucleus in experiment.nuclei) * MEV_PER_DALTON
    return KEV_PER_MEV * 2.0 * k * k / (0.99 * mass + 2.0 * k)


def _hardest(experiment: Experiment) -> float:
    """Momentum of the hardest χ or neutrino [MeV]."""
    inflight = experiment.neutrinos.inflight
    ends = [experiment.beam.k_max] + ([] if inflight is None else [inflight.edges[-1]])
    if any(isinstance(end, Tracer) for end in ends):
        return HARDEST_MEV
    with jax.ensure_compile_time_eval():
        return max(float(np.asarray(end)) for end in ends)
