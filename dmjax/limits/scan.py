"""Significance of a scan over masses: local p-values, and the global one by toys or upcrossings."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.special import ndtr
from jaxtyping import Array, Float, Int

from dmjax.fits.estimates import Estimate, some_fitted, tail_share
from dmjax.fits.fit import fit
from dmjax.fits.pseudo_data import check_data
from dmjax.likelihood.joint import Data, JointModel, asimov_data
from dmjax.likelihood.signals import with_signals
from dmjax.limits.asymptotics import SIGMAS
from dmjax.limits.test_statistics import Strength
from dmjax.limits.toys import Throwing, Toys, in_kept_blocks, largest_counts, throw_batch
from dmjax.numerics import safe_sqrt
from dmjax.prediction.templates import SignalCounts, at_index
from dmjax.programs import kept

Values = Float[Array, " parameters"]
LEVEL = 1.0
"""q0 at which upcrossings are counted: low, so that many toys cross it."""


class Scan(NamedTuple):
    """Test of no signal against the mass.

    Attributes:
        q0: −2 ln[L(0)/L(μ̂)] for μ̂ > 0, else 0, (masses,).
        best: μ̂, (masses,).
        status: of the fits, (masses,).
        nothing: parameters of the fit without signal.
    """

    q0: Float[Array, " masses"]
    best: Float[Array, " masses"]
    status: Int[Array, " masses"]
    nothing: Values


class Upcrossings(NamedTuple):
    """How often q0 rises through a level along the masses.

    Attributes:
        level: of q0.
        mean, error: upcrossings per background-only toy, and the error of the mean.
    """

    level: float
    mean: float
    error: float


def _scan(joint, chosen: Strength, counts: tuple[SignalCounts, ...], data: Data, start: Values):
    here = np.arange(start.shape[0]) == chosen.index
    zero = jnp.where(here, 0.0, start)
    without = fit(with_signals(joint, at_index(counts, 0)), data, zero, jnp.asarray(here))

    def one(each):
        found = fit(with_signals(joint, each), data, without.values)
        return found.two_nll, found.values[chosen.index], found.status

    nll, best, status = jax.lax.map(one, counts)
    q0 = jnp.where(best > 0.0, jnp.maximum(without.two_nll - nll, 0.0), 0.0)
    return Scan(q0, best, jnp.maximum(status, without.status), without.values)


@kept
def scan_masses(
    joint: JointModel, chosen: Strength, data: Data, counts: Sequence[SignalCounts]
) -> Scan:
    """q0 at every mass. The fit without signal is one: no mass enters it.

    Args:
        joint, chosen, data: model with a component "signal", its strength, data.
        counts: at strength 1, (masses, bins), one entry per model.

    Returns:
        `Scan`; √q0 is the local significance, Φ(−√q0) the local p-value in the large-sample limit.

    Source: arXiv:1007.1727 Eqs. 12, 53.
    """
    check_data(joint, data)
    return _scan(joint, chosen, tuple(counts), data, joint.parameters.centres)


def local_p(q0) -> np.ndarray:
    """Φ(−√q0); ½ where the best fit has no signal.

    >>> round(float(local_p(9.0)), 5)
    0.00135
    """
    return np.asarray(ndtr(-jnp.sqrt(jnp.asarray(q0, float))))


@kept
def expected_scan(
    joint: JointModel, chosen: Strength, nothing: Values, counts, strengths
) -> Float[Array, "masses bands"]:
    """p-values of no signal expected at each mass from a signal of that mass.

    Median √q0_A, q0_A that of Asimov data with the signal and nuisances at `nothing`; the bands
    are √q0_A shifted by `SIGMAS`: √q0 is normal of unit width in the large-sample limit.

    Args:
        joint, chosen: model, its strength.
        nothing: parameters of the fit without signal.
        counts: at strength 1, (masses, bins), one entry per model.
        strengths: of the signal, (masses,).

    Returns:
        Φ(−(√q0_A − N)) for N in `SIGMAS`, (masses, bands): the last band is the smallest p.

    Source: arXiv:1007.1727 Secs. 4.1, 4.3.
    """
    here = np.arange(nothing.shape[0]) == chosen.index

    def one(point):
        each, strength = point
        model = with_signals(joint, each)
        truth = jnp.where(here, strength, nothing)
        data = asimov_data(model, truth)
        free = fit(model, data, truth)
        without = fit(model, data, jnp.where(here, 0.0, truth), jnp.asarray(here))
        return jnp.maximum(without.two_nll - free.two_nll, 0.0)

    z = safe_sqrt(jax.lax.map(one, (tuple(counts), strengths)))
    return ndtr(-(z[:, None] + jnp.asarray(SIGMAS, z.dtype)[None, :]))


@kept
def _toy_scans(joint, chosen: Strength, counts, data: Data, start) -> tuple[Array, Array, Array]:
    def one(toy):
        found = _scan(joint, chosen, counts, toy, start)
        return found.q0, jnp.argmax(found.q0), jnp.max(found.status)

    return jax.vmap(one)(data)


def throw_scans(
    joint: JointModel,
    chosen: Strength,
    counts: Sequence[SignalCounts],
    nothing: Values,
    how: Throwing,
) -> Toys:
    """Scans of background-only toys: q0 (toys, masses), number of the mass where it is largest.

    Args:
        joint, chosen, counts: see `scan_masses`.
        nothing: their truth: parameters of the fit without signal.
        how: number of toys, key, batches.
    """
    held, most = tuple(counts), largest_counts(joint, [nothing])

    def make(keys, attempt=0):
        # Another attempt at what failed begins where the toy was thrown.
        start = nothing if attempt else joint.parameters.centres
        return _toy_scans(joint, chosen, held, throw_batch(joint, nothing, keys, most), start)

    return in_kept_blocks(make, how, "scan", nothing, [0.0])


def global_p(toys: Toys, largest: float) -> Estimate:
    """Share of toys whose largest q0 over all masses is at least the observed one."""
    return tail_share(toys.statistic.max(axis=1), toys.status == 0, largest)


def upcrossings(toys: Toys, level: float = LEVEL) -> Upcrossings:
    """Mean number of upcrossings of a level between neighbouring masses, over toys.

    >>> some = np.array([[0.0, 2.0, 0.0, 3.0], [0.0, 0.0, 2.0, 2.0]])
    >>> upcrossings(Toys(some, np.zeros(2), np.zeros(2, int))).mean
    1.5
    """
    q0 = toys.statistic[some_fitted(toys.status == 0)]
    each = ((q0[:, :-1] < level) & (q0[:, 1:] >= level)).sum(axis=1)
    # A mean of few counts is known to no better than one more of them.
    error = math.sqrt(max(float(each.var()), 1.0 / len(each)) / len(each))
    return Upcrossings(level, float(each.mean()), error)


def gross_vitells(found: Upcrossings, largest: float) -> tuple[float, float]:
    """(global p-value of a largest q0, its Monte Carlo error) from upcrossings of a lower level.

    P(max q0 > u) ≈ Φ(−√u) + ⟨N(u₀)⟩ e^{−(u − u₀)/2}, at most 1.

    Valid for u well above u₀ in the large-sample limit, and for masses closer than the
    correlation of their signals: a coarser list misses upcrossings.

    Source: Gross and Vitells, arXiv:1005.1891, for one degree of freedom and μ̂ ≥ 0.

    >>> p, error = gross_vitells(Upcrossings(1.0, 2.0, 0.1), 16.0)
    >>> round(p, 5), round(error, 6)
    (0.00114, 5.5e-05)
    """
    fall = math.exp(-0.5 * (largest - found.level))
    return min(float(local_p(largest)) + found.mean * fall, 1.0), found.error * fall
