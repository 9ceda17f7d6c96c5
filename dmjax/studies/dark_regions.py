"""Dark photons fitted to the regions of CsI 2017 that the NSI fit compares."""

from dataclasses import replace
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from dmjax.analyses.nsi2017 import REGIONS, in_region, region_mask
from dmjax.bayes.hypothesis import MassFit, at_mass, below, best_mass, top_strengths
from dmjax.fits.compatibility import Compatibility, compatibility
from dmjax.fits.fit import best_fit, fit
from dmjax.likelihood.joint import Data, JointModel, observed_data
from dmjax.likelihood.signals import SIGNAL
from dmjax.prediction.tables import SignalTable, strength_at
from dmjax.prediction.templates import SignalCounts
from dmjax.programs import kept
from dmjax.studies.hypotheses import DarkSetting, dark_setting
from dmjax.studies.settings import EvidenceSettings

_ALPHA = "csi_signal"
_ALPHAS = np.linspace(-0.6, 0.9, 61)
_BLOCK = 16


class DarkRegions(NamedTuple):
    """Dark photons in the regions of `fit_nsi`.

    Attributes:
        regions: name → best fit.
        gain: name → two_nll without dark matter less with.
        cuts_at_no_cuts: −2Δ ln L in the cuts at the best (m_V, Y) of no-cuts, α refitted.
        no_cuts_at_cuts: the reverse.
        compatibility: of the cuts and the rest: one (m_V, Y) for both against one each, α shared.
    """

    regions: dict[str, MassFit]
    gain: dict[str, float]
    cuts_at_no_cuts: float
    no_cuts_at_cuts: float
    compatibility: Compatibility


class _Region(NamedTuple):
    joint: JointModel
    table: SignalTable


def _region(dark: DarkSetting, region: str) -> _Region:
    rows = np.flatnonzero(region_mask(region))
    cut = tuple(SignalCounts(c.nominal[:, rows], {}) for c in dark.table.counts)
    table = eqx.tree_at(lambda t: t.counts, dark.table, cut)
    return _Region(JointModel(in_region(dark.joint.models[0], region)), table)


@kept
def _profile(
    joint: JointModel, data: Data, table: SignalTable, m_v, tops, alphas
) -> Float[Array, " alphas"]:
    """−2 ln L of a region against α, least over masses and couplings."""
    held = jnp.asarray([name == _ALPHA for name in joint.parameters.names])

    def row(point):
        m, top = point
        model = below(at_mass(joint, table, m), top)

        def one(alpha):
            start = jnp.where(held, alpha, joint.parameters.centres)
            return fit(model, data, start, held).two_nll

        return jax.vmap(one)(alphas)

    return jnp.min(jax.lax.map(row, (m_v, tops), batch_size=_BLOCK), axis=0)


def _apart(regions: dict[str, _Region], m_v: np.ndarray, y_max: float) -> float:
    """−2 ln L of cuts and outside with a (m_V, Y) each and one α, on a grid of α."""
    total = np.zeros(_ALPHAS.size)
    for name in ("cuts", "outside"):
        joint, table = regions[name]
        masses = jnp.asarray(m_v)
        tops = top_strengths(table, masses, y_max)
        points = masses, tops, jnp.asarray(_ALPHAS)
        total = total + np.asarray(_profile(joint, observed_data(joint), table, *points))
    sigma = float(joint.parameters.sigmas[joint.parameters.names.index(_ALPHA)])
    # Both regions hold the constraint of the one α.
    once = (_ALPHAS / sigma) ** 2 + 2.0 * np.log(sigma * np.sqrt(2.0 * np.pi))
    return float(np.min(total - once))


def fit_dark_regions(settings: EvidenceSettings, masses: int = 120) -> DarkRegions:
    """Best dark photon in the cuts, without cuts, and outside the cuts: beside `fit_nsi`.

    Args:
        settings: the model and the ranges of (m_V, Y); priors are not used, and sources have no
            errors: α is the one nuisance.
        masses: number of masses, equal steps in ln m_V.

    Returns:
        `DarkRegions`; the separate fits share α on a grid in steps of 0.025, which leaves less
        than 0.02 in the tension.
    """
    alone = replace(settings, source_errors=False)
    dark, m_v = dark_setting(alone, "no-cuts"), np.geomspace(*settings.m_v_range, masses)
    regions = {name: _region(dark, name) for name in REGIONS}
    found, gain = {}, {}
    for name, (joint, table) in regions.items():
        best = best_mass(joint, table, m_v, settings.y_range[1])
        without = best_fit(joint, fixed={SIGNAL: 0.0})
        found[name], gain[name] = best, float(without.two_nll) - best.two_nll

    def cost(name: str, other: str) -> float:
        joint, table = regions[name]
        m, coupling = (jnp.asarray(x) for x in (found[other].m_v, found[other].coupling))
        strength = float(strength_at(table, m, coupling))
        there = best_fit(at_mass(joint, table, m), fixed={SIGNAL: strength})
        return float(there.two_nll) - found[name].two_nll

    apart = _apart(regions, m_v, settings.y_range[1])
    return DarkRegions(
        regions=found,
        gain=gain,
        cuts_at_no_cuts=cost("cuts", "no-cuts"),
        no_cuts_at_cuts=cost("no-cuts", "cuts"),
        compatibility=compatibility(found["no-cuts"].two_nll, apart, 2),
    )
