"""`limit --expected`: what detectors without data are expected to exclude, as a `LimitResult`."""

import numpy as np

from dmjax.errors import InputError
from dmjax.limits.asymptotic_limits import LIMIT_TEXT, LimitStatus
from dmjax.prediction.signal import describe_conventions, describe_signal
from dmjax.studies.limit_result import LimitResult
from dmjax.studies.plan import configuration
from dmjax.studies.sensitivity import METHODS, expected_limit
from dmjax.studies.setting import DEFAULT_MASSES, signal_of
from dmjax.studies.settings import LimitSettings

_NOTES = {
    "exact": "few counts: exact Poisson probabilities",
    "averaged": "few counts: Poisson probabilities averaged over the nuisances",
}


def run_expected(settings: LimitSettings) -> LimitResult:
    """Limits expected without signal, of one or several detectors together.

    Args:
        settings: detectors, signal, masses, exposure, method: auto, asymptotic or chi2-d20.

    Returns:
        `LimitResult` whose `limit` is the median expected one; there is no observed limit.

    Raises:
        InputError: options of data sets, a bad detector file.
    """
    for name in ("systematics", "off_term", "integrate"):
        if getattr(settings, name) is not None:
            raise InputError(f"{name} is of data sets: --expected takes detectors without data")
    signal = signal_of(settings)
    counted = signal.model == "events"
    found = expected_limit(
        settings.where,
        signal,
        () if counted else settings.m_v or DEFAULT_MASSES,
        years=settings.years,
        pot=settings.pot,
        background=settings.background,
        cuts=settings.window == "cuts",
        all_windows=settings.all_windows,
        method=settings.method or METHODS[0],
        cl=settings.cl,
        cls=settings.cls,
        nuisance=dict(settings.nuisance),
        fix=dict(settings.fix),
    )
    median = found.expected[:, found.sigmas.index(0.0)]
    size = median.size
    texts = [
        [LIMIT_TEXT[LimitStatus.FOUND if np.isfinite(x) else LimitStatus.UNREACHED] for x in row]
        for row in found.expected
    ]
    nothing = np.full(size, np.nan)
    same = len(set(found.methods)) == 1
    return LimitResult(
        quantity=found.quantity,
        method=found.methods[0] if same else "auto",
        methods=found.methods,
        notes=[_NOTES.get(name, "") for name in found.methods],
        p_sb=found.p_sb,
        p_b=found.p_b,
        cls_at_limit=found.p_sb / found.p_b,
        cls_error=np.zeros(size),
        cl=found.cl,
        test="qtilde" if "chi2" not in found.methods[0] else None,
        cls=settings.cls if "chi2" not in found.methods[0] else None,
        datasets=[],
        experiment=", ".join(found.detectors),
        signal=describe_signal(signal),
        m_v=found.m_v,
        limit=median,
        lower=np.zeros(size),
        limit_error=np.zeros(size),
        lower_error=np.zeros(size),
        expected=found.expected,
        expected_error=np.zeros(found.expected.shape),
        sigmas=found.sigmas,
        best_fit=nothing,
        best_fit_events=nothing,
        status=[row[found.sigmas.index(0.0)] for row in texts],
        expected_status=texts,
        background=found.background,
        toys=0,
        failed=[0] * size,
        conventions=describe_conventions(signal.conventions),
        configuration=configuration(settings),
    )
