"""Dark photons fitted to the regions of CsI 2017 that the NSI fit compares."""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from dmjax.analyses.nsi2017 import REGIONS, in_region, region_mask
from dmjax.analyses.signal import Y_REF, TemplateTable
from dmjax.bayes.hypothesis import MassFit, Tables, at_mass, below, best_mass
from dmjax.fits.compatibility import Compatibility, compatibility
from dmjax.fits.fit import best_fit, fit
from dmjax.likelihood.joint import Data, JointModel, observed_data
from dmjax.likelihood.signals import SIGNAL
from dmjax.studies.hypotheses import DarkSetting, EvidenceSettings, dark_setting

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
    table: TemplateTable


def _region(dark: DarkSetting, region: str) -> _Region:
    table = TemplateTable(dark.table.log_m_v, dark.table.values[:, region_mask(region)])
    return _Region(JointModel(in_region(dark.joint.models[0], region)), table)


@eqx.filter_jit
def _profile(joint: JointModel, data: Data, tables: Tables, m_v, alphas) -> Float[Array, " alphas"]:
    """−2 ln L of a region against α, least over masses and couplings."""
    held = jnp.asarray([name == _ALPHA for name in joint.parameters.names])

    def one(m, alpha):
        start = jnp.where(held, alpha, joint.parameters.centres)
        return fit(at_mass(joint, tables, m), data, start, held).two_nll

    every = jax.lax.map(lambda m: jax.vmap(one, (None, 0))(m, alphas), m_v, batch_size=_BLOCK)
    return jnp.min(every, axis=0)


def _apart(regions: dict[str, _Region], m_v: np.ndarray, sigma: float, y_max: float) -> float:
    """−2 ln L of cuts and outside with a (m_V, Y) each and one α, on a grid of α."""
    total = -((_ALPHAS / sigma) ** 2) - 2.0 * np.log(sigma * np.sqrt(2.0 * np.pi))
    for name in ("cuts", "outside"):
        joint, table = regions[name]
        joint = below(joint, y_max)
        points = jnp.asarray(m_v), jnp.asarray(_ALPHAS)
        total = total + np.asarray(_profile(joint, observed_data(joint), (table,), *points))
    return float(np.min(total))


def fit_dark_regions(settings: EvidenceSettings, masses: int = 120) -> DarkRegions:
    """Best dark photon in the cuts, without cuts, and outside the cuts: beside `fit_nsi`.

    Args:
        settings: the model and the ranges of (m_V, Y); priors are not used.
        masses: number of masses, equal steps in ln m_V.

    Returns:
        `DarkRegions`; the separate fits share α on a grid in steps of 0.025, which leaves less
        than 0.02 in the tension.
    """
    dark, m_v = dark_setting(settings, "no-cuts"), np.geomspace(*settings.m_v_range, masses)
    regions = {name: _region(dark, name) for name in REGIONS}
    found, gain = {}, {}
    for name, (joint, table) in regions.items():
        tables = {joint.models[0].name: table}
        best = best_mass(joint, tables, m_v, settings.y_range[1])
        without = best_fit(joint, fixed={SIGNAL: 0.0})
        found[name], gain[name] = best, float(without.two_nll) - best.two_nll

    def cost(name: str, other: str) -> float:
        joint, table = regions[name]
        joint = at_mass(joint, (table,), jnp.asarray(found[other].m_v))
        there = best_fit(joint, fixed={SIGNAL: (found[other].y / Y_REF) ** 2})
        return float(there.two_nll) - found[name].two_nll

    apart = _apart(regions, m_v, float(dark.data.sigma_alpha), settings.y_range[1])
    return DarkRegions(
        regions=found,
        gain=gain,
        cuts_at_no_cuts=cost("cuts", "no-cuts"),
        no_cuts_at_cuts=cost("no-cuts", "cuts"),
        compatibility=compatibility(found["no-cuts"].two_nll, apart, 2),
    )
