"""Limits on Y against m_V from a published data set."""

from typing import NamedTuple

import numpy as np

from dmjax._version import __version__
from dmjax.analyses.datasets import Dataset
from dmjax.analyses.signal import Y_REF, Signal, template_table
from dmjax.batches import in_blocks
from dmjax.conventions import describe
from dmjax.errors import InputError, unknown_name
from dmjax.likelihood.analysis import BinnedAnalysis
from dmjax.likelihood.nuisance import TREATMENTS
from dmjax.likelihood.onoff import OnOffCounts
from dmjax.limits.profile import STATUS
from dmjax.limits.upper_limit import StrengthLimit, upper_limits
from dmjax.models.vector import check_masses

BLOCK = 50
"""Masses solved at once."""


class LimitCurve(NamedTuple):
    """Best fit and upper limit on Y = ε²α_D(m_χ/m_V)⁴ at each mass.

    Attributes:
        experiment, dataset, window, model, dm: names.
        conventions: profile name and changed fields.
        quantity: "Y".
        alpha_d, mass_ratio, cl, sigma_alpha: what the limit holds for.
        alpha_treatment: how the shared scale α was removed.
        channels: production channels.
        m_v: mediator masses [MeV].
        limit: Y above the best fit where −2Δln L reaches the threshold; inf: no limit.
        best_fit: Y ≥ 0 of the best fit.
        best_fit_events: signal events in the window there, before the factor 1 + α.
        test_statistic_null: −2Δln L of no signal.
        status: one word per mass.
        version: of the package.
    """

    experiment: str
    dataset: str
    window: str
    model: str
    dm: str
    conventions: dict
    quantity: str
    alpha_d: float
    mass_ratio: float
    cl: float
    sigma_alpha: float
    alpha_treatment: str
    channels: list[str]
    m_v: np.ndarray
    limit: np.ndarray
    best_fit: np.ndarray
    best_fit_events: np.ndarray
    test_statistic_null: np.ndarray
    status: list[str]
    version: str


def analysis(data: Dataset) -> BinnedAnalysis:
    """The binned likelihood of a data set: counts, neutrinos, neutrons, shared uncertainty."""
    return BinnedAnalysis(
        counts=OnOffCounts(data.on.ravel(), data.off.ravel()),
        neutrinos=(data.prompt + data.delayed).ravel(),
        neutrons=data.neutrons.ravel(),
        sigma_alpha=data.sigma_alpha,
        name=f"{data.name} {data.window}",
    )


def _blockwise_limits(
    likelihood: BinnedAnalysis, templates: np.ndarray, cl: float, treatment: str
) -> StrengthLimit:
    """`upper_limits` in blocks of one size, so that no number of masses recompiles."""
    return in_blocks(lambda block: upper_limits(likelihood, block, cl, treatment), templates, BLOCK)


def limit(
    data: Dataset, model: Signal, m_v, cl: float = 0.90, treatment: str = "profile"
) -> LimitCurve:
    """Upper limits on Y for many masses.

    At each m_V the signal is (Y/Y_ref)² times a template; the limit is the Y above the best fit
    (Y ≥ 0) where the profile −2Δln L reaches the χ²₁ quantile of `cl`: 2.706 at 90 %.

    Args:
        data: data set in a window.
        model: signal in the same bins, from `signal(data, …)`.
        m_v: mediator masses [MeV], (masses,).
        cl: confidence level in (0, 1).
        treatment: of α: "profile", "marginal" or "per-bin".

    Returns:
        LimitCurve. Closed masses have limit inf and status "unconstrained".

    >>> from dmjax.analyses.datasets import load_dataset
    >>> from dmjax.analyses.signal import signal
    >>> data = load_dataset("csi2017", "cuts")
    >>> 1e-10 < float(limit(data, signal(data), [75.0]).limit[0]) < 1e-9
    True
    """
    m_v = np.atleast_1d(np.asarray(m_v, float))
    if m_v.size == 0:
        raise InputError("no masses given: pass --mv, or --mv-min, --mv-max and --points")
    check_masses(m_v, m_v / float(model.mass_ratio))
    if not 0.0 < cl < 1.0:
        raise InputError(f"cl must lie between 0 and 1, got {cl}")
    if treatment not in TREATMENTS:
        raise unknown_name("treatment of alpha", treatment, TREATMENTS)
    templates = template_table(model, m_v)
    found = _blockwise_limits(analysis(data), templates, cl, treatment)
    best = np.asarray(found.best_fit)
    return LimitCurve(
        experiment=data.experiment.name,
        dataset=data.name,
        window=data.window,
        model="dark-photon",
        dm=model.dm,
        conventions=describe(data.conventions),
        quantity="Y",
        alpha_d=float(model.alpha_d),
        mass_ratio=float(model.mass_ratio),
        cl=cl,
        sigma_alpha=data.sigma_alpha,
        alpha_treatment=treatment,
        channels=list(model.channels),
        m_v=m_v,
        limit=Y_REF * np.sqrt(np.asarray(found.limit)),
        best_fit=Y_REF * np.sqrt(best),
        best_fit_events=best * templates.sum(1),
        test_statistic_null=np.asarray(found.test_statistic_null),
        status=[STATUS[code] for code in np.asarray(found.status)],
        version=__version__,
    )
