"""What is said beside a limit: its sensitivity, the power constraint, couplings out of validity."""

from collections.abc import Sequence
from dataclasses import replace

import jax.numpy as jnp
import numpy as np

from dmjax.constants import E_CHARGE
from dmjax.errors import InputError
from dmjax.likelihood.joint import Data, JointModel, asimov_data
from dmjax.limits.asymptotic_limits import LIMIT_TEXT, LimitStatus
from dmjax.limits.likelihood_limits import likelihood_limits
from dmjax.limits.test_statistics import Strength, conditional
from dmjax.models.couplings import LARGEST_EPS
from dmjax.prediction.points import kappa_of
from dmjax.prediction.signal import EVENTS, Signal
from dmjax.prediction.templates import SignalCounts
from dmjax.prediction.validity import Detector, signal_notes
from dmjax.programs import kept
from dmjax.studies.limit_result import LimitResult

BEYOND = f"eps > {LARGEST_EPS:g}: fluxes and widths are not valid there"
RAISED = "raised to the expected median - 1 sigma"
_OK = LIMIT_TEXT[LimitStatus.FOUND]
_POWER = -1.0


def median_strengths(
    joint: JointModel,
    chosen: Strength,
    data: Data,
    counts: Sequence[SignalCounts],
    cl: float,
) -> np.ndarray:
    """Limits by the rise of the likelihood on Asimov data without signal, (masses,).

    Args:
        joint, chosen, data: model, its strength, data: nuisances are those of their fit without
            signal.
        counts: at strength 1, (masses, bins), one entry per model.
        cl: confidence level.
    """
    asimov = _nothing(joint, chosen, data)
    return np.asarray(likelihood_limits(joint, chosen, asimov, tuple(counts), cl).limit)


@kept
def _nothing(joint: JointModel, chosen: Strength, data: Data) -> Data:
    start = joint.parameters.centres
    zero = conditional(joint, chosen, data, jnp.zeros_like(start[0]), start)
    return asimov_data(joint, zero.values)


def noted(
    found: LimitResult,
    signal: Signal,
    sensitivity: np.ndarray | None = None,
    experiments: Sequence[Detector] = (),
) -> LimitResult:
    """The limit with what must be said beside it.

    The status of a limit that needs a word is that word, not "ok".

    Args:
        found: a limit.
        signal: of it.
        sensitivity: median limits expected without signal, (masses,), in the coupling; None: not
            known.
        experiments: detectors of the prediction, whose `signal_notes` become caveats.

    Raises:
        InputError: a power constraint without bands.
    """
    beyond = {}
    if found.m_v is not None:
        beyond = signal_notes(experiments, signal, found.m_v, found.limit)
    caveats = [*found.caveats, *beyond.values()]
    found = replace(found, sensitivity=sensitivity, caveats=caveats)
    if found.configuration.get("power_constrained"):
        found = power_constrained(found)
    return _within_validity(found, signal)


def power_constrained(found: LimitResult) -> LimitResult:
    """Limits below the expected median − 1σ raised to it: the test has no power to exclude there.

    Valid for limits of p_sb (without CLs), whose coverage it keeps; with CLs it only adds caution.

    Source: Cowan, Cranmer, Gross, Vitells, arXiv:1105.3166, with a least power of 16 %.

    Raises:
        InputError: no bands.
    """
    if found.expected is None:
        raise InputError("a power-constrained limit needs its bands: give --bands")
    least = found.expected[:, found.sigmas.index(_POWER)]
    raised = np.isfinite(found.limit) & (found.limit < least)
    error = found.limit_error
    if found.expected_error is not None:
        error = np.where(raised, found.expected_error[:, found.sigmas.index(_POWER)], error)
    return replace(
        found,
        limit=np.where(raised, least, found.limit),
        limit_error=error,
        status=_added(found.status, raised, RAISED),
    )


def _within_validity(found: LimitResult, signal: Signal) -> LimitResult:
    """Limits at ε > 0.1 named as such."""
    if signal.model == EVENTS or found.m_v is None:
        return found
    known = np.isfinite(found.limit) & (found.limit > 0)
    kappa = kappa_of(signal, found.m_v, np.where(known, found.limit, 1e-12))
    beyond = known & (np.asarray(kappa) / E_CHARGE > LARGEST_EPS)
    return replace(found, status=_added(found.status, beyond, BEYOND))


def _added(texts: Sequence[str], where: np.ndarray, text: str) -> list[str]:
    """Statuses with a word more."""
    pairs = zip(texts, where, strict=True)
    return [(text if old == _OK else f"{old}; {text}") if yes else old for old, yes in pairs]
