"""Flavour-diagonal NSI fitted to CsI 2017 with and without the cuts: can one ε explain both?"""

from itertools import product
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from dmjax.analyses.nsi2017 import FLAVOURS, REGIONS, csi2017_nsi, in_region, renamed
from dmjax.batches import in_blocks
from dmjax.errors import InputError, unknown_name
from dmjax.fits.compatibility import Compatibility, compatibility
from dmjax.fits.fit import Fit, fit
from dmjax.fits.minimise import STATUS_TEXT
from dmjax.likelihood.joint import Data, JointModel, observed_data
from dmjax.programs import kept

COUPLINGS = {"ee": ("eps_ee",), "mumu": ("eps_mumu",), "both": tuple(FLAVOURS)}
"""Named choice → the couplings that are free; the others are 0."""

FIT_RANGE = (-1.0, 1.4)
"""Range of every ε in fits: wider than any region of u quarks, whose mirror axis is at 0.2."""

MAP_RANGE = (-0.8, 1.2)
"""Range of the maps."""

_PARTS = ("cuts", "outside")
_STARTS = 9
_BLOCK = _STARTS**2
_SAME = 0.5
"""−2 ln L within which minima are solutions alike: form factors of protons and neutrons, and the
radii of ν_e and ν_µ, keep mirror images from being exact."""
_APART = 0.1


class NsiMinimum(NamedTuple):
    """One minimum of −2 ln L.

    Attributes:
        eps_ee, eps_mumu, alpha: there.
        delta_chi2: −2 ln L above the lowest minimum.
    """

    eps_ee: float
    eps_mumu: float
    alpha: float
    delta_chi2: float


class RegionFit(NamedTuple):
    """NSI in one region of the data.

    Attributes:
        region: "cuts", "no-cuts" or "outside" (no-cuts without the cuts).
        events: on counts.
        two_nll_standard, alpha_standard: without NSI, α fitted.
        two_nll: at the lowest minimum.
        gain: two_nll_standard − two_nll ≥ 0.
        minima: within 0.5 of the lowest, distinct; the counts are parabolas in each ε, so every
            solution has mirror images, exact where protons and neutrons have one form factor.
        status: of the worst fit.
    """

    region: str
    events: int
    two_nll_standard: float
    alpha_standard: float
    two_nll: float
    gain: float
    minima: list[NsiMinimum]
    status: str


class NsiFit(NamedTuple):
    """The numbers of an NSI fit; see `dmjax.studies.nsi.NsiResult`."""

    quarks: str
    couplings: str
    off_term: str
    regions: dict[str, RegionFit]
    cuts_at_no_cuts: float
    no_cuts_at_cuts: float
    compatibility: Compatibility
    eps: np.ndarray
    maps: dict[str, np.ndarray]


@kept
def _block(joint: JointModel, data: Data, starts, fixed) -> Fit:
    """Counts are parabolas in ε: at their vertex JᵀWJ sees no curvature, the exact Hessian does."""
    return jax.vmap(lambda start: fit(joint, data, start, fixed, way="sure"))(starts)


def _fits(joint: JointModel, starts: np.ndarray, fixed) -> Fit:
    """Fits from many starts, in blocks of one size: a region compiles once."""
    data = observed_data(joint)
    return in_blocks(lambda block: _block(joint, data, block, fixed), starts, _BLOCK)


def _held(joint: JointModel, free: tuple[str, ...] = ()):
    """Which parameters keep their start: every coupling that is not free."""
    return jnp.asarray([n in FLAVOURS and n not in free for n in joint.parameters.names])


def _starts(joint: JointModel, free: tuple[str, ...], axis: np.ndarray) -> np.ndarray:
    """Every point of a grid in the free couplings, α at 0."""
    points = np.meshgrid(*[axis] * len(free), indexing="ij")
    starts = np.tile(np.asarray(joint.parameters.centres), (axis.size ** len(free), 1))
    for name, column in zip(free, points, strict=True):
        starts[:, joint.parameters.names.index(name)] = column.ravel()
    return starts


def nearest_minimum(joint: JointModel) -> Fit:
    """Of the lowest minima of −2 ln L, mirror images within `_SAME`, the one nearest to no NSI."""
    free = tuple(FLAVOURS)
    found = _fits(joint, _start_grid(joint, free), _held(joint, free))
    two_nll, values = np.asarray(found.two_nll), np.asarray(found.values)
    couplings = values[:, [joint.parameters.names.index(name) for name in free]]
    size = np.where(two_nll < two_nll.min() + _SAME, np.hypot(*couplings.T), np.inf)
    return jax.tree.map(lambda x: jnp.asarray(x[np.argmin(size)]), found)


def _start_grid(joint: JointModel, free: tuple[str, ...]) -> np.ndarray:
    """Starts on both sides of the mirror images and of the saddle between them, off its axis."""
    axis = np.linspace(*FIT_RANGE, _STARTS + 1) + 0.013
    return _starts(joint, free, axis[:-1])


def _fit_region(joint: JointModel, region: str, free: tuple[str, ...]) -> RegionFit:
    standard = _fits(joint, _starts(joint, (), np.zeros(1)), _held(joint))
    found = _fits(joint, _start_grid(joint, free), _held(joint, free))
    two_nll, at = np.asarray(found.two_nll), joint.parameters.names.index
    columns = [at("eps_ee"), at("eps_mumu"), at("csi_signal")]
    lowest, minima = two_nll.min(), []
    for i in np.argsort(two_nll):
        if two_nll[i] > lowest + _SAME:
            break
        here = np.asarray(found.values)[i, columns]
        seen = np.array([m[:2] for m in minima]).reshape(-1, 2)
        if not np.any(np.abs(seen - here[:2]).max(axis=1, initial=0.0) < _APART):
            ee, mumu, alpha = here.tolist()
            minima.append(NsiMinimum(ee, mumu, alpha, float(two_nll[i] - lowest)))
    return RegionFit(
        region=region,
        events=int(joint.models[0].observed.on.sum()),
        two_nll_standard=float(standard.two_nll[0]),
        alpha_standard=float(standard.values[0, at("csi_signal")]),
        two_nll=float(lowest),
        gain=float(standard.two_nll[0] - lowest),
        minima=minima,
        status=STATUS_TEXT[max(int(standard.status[0]), int(np.max(np.asarray(found.status))))],
    )


def _cost(joint: JointModel, region: RegionFit, at: RegionFit) -> float:
    """−2Δ ln L of a region at the best ε of another one, the least over its minima."""
    starts = np.tile(np.asarray(joint.parameters.centres), (len(at.minima), 1))
    for row, minimum in zip(starts, at.minima, strict=True):
        for name in FLAVOURS:
            row[joint.parameters.names.index(name)] = getattr(minimum, name)
    return float(np.min(_fits(joint, starts, _held(joint)).two_nll) - region.two_nll)


def _apart(models: dict, found: dict[str, RegionFit], free: tuple[str, ...]) -> Fit:
    """Cuts and the rest, each with an ε of its own and one α, from every pair of their minima."""
    parts = [renamed(m, {eps: f"{eps} {r}" for eps in FLAVOURS}) for r, m in models.items()]
    joint = JointModel(parts)
    names, starts = joint.parameters.names, []
    for pair in product(*(found[region].minima for region in models)):
        start = np.zeros(len(names))
        start[names.index("csi_signal")] = pair[0].alpha
        for region, minimum in zip(models, pair, strict=True):
            for eps in free:
                start[names.index(f"{eps} {region}")] = getattr(minimum, eps)
        starts.append(start)
    held = jnp.asarray([n.split()[0] in FLAVOURS and n.split()[0] not in free for n in names])
    return _fits(joint, np.array(starts), held)


def _map(joint: JointModel, region: RegionFit, axis: np.ndarray) -> np.ndarray:
    """−2Δ ln L on a grid of both couplings, α refitted."""
    found = _fits(joint, _starts(joint, tuple(FLAVOURS), axis), _held(joint))
    return (np.asarray(found.two_nll) - region.two_nll).reshape(axis.size, axis.size)


def fit_nsi(
    quarks: str = "u", couplings: str = "both", points: int = 0, off_term: str = "integral"
) -> NsiFit:
    """Fit ε_ee and ε_µµ to CsI 2017 in the cuts, without cuts, and outside the cuts.

    Args:
        quarks: "u" (ε^u alone, ε^d = 0), "d", or "u=d".
        couplings: "both", "ee" or "mumu".
        points: per axis of the maps over `MAP_RANGE`; 0: no maps.
        off_term: "integral" ([D20] Eq. 6.4, whose flat prior of the steady state adds one expected
            event per bin) or "profile".

    Returns:
        `NsiFit`.

    Source: the argument at the end of [D20] (arXiv:2006.09386) §6.1.
    """
    if couplings not in COUPLINGS:
        raise unknown_name("choice of couplings", couplings, COUPLINGS)
    if points and (points < 3 or couplings != "both"):
        raise InputError("maps need both couplings and at least 3 points per axis")
    free = COUPLINGS[couplings]
    whole = csi2017_nsi(quarks=quarks, off_term=off_term, eps_range=FIT_RANGE)
    joints = {region: JointModel(in_region(whole, region)) for region in REGIONS}
    found = {region: _fit_region(joints[region], region, free) for region in REGIONS}
    axis = np.linspace(*MAP_RANGE, points) if points else np.zeros(0)
    apart = _apart({r: joints[r].models[0] for r in _PARTS}, found, free)
    return NsiFit(
        quarks=quarks,
        couplings=couplings,
        off_term=off_term,
        regions=found,
        cuts_at_no_cuts=_cost(joints["cuts"], found["cuts"], found["no-cuts"]),
        no_cuts_at_cuts=_cost(joints["no-cuts"], found["no-cuts"], found["cuts"]),
        compatibility=compatibility(
            found["no-cuts"].two_nll, float(np.min(apart.two_nll)), len(free)
        ),
        eps=axis,
        maps={r: _map(joints[r], found[r], axis) for r in REGIONS} if points else {},
    )
