"""What `limit` gives: limits or intervals against the mass, with the bands expected."""

import math
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from dmjax._version import __version__
from dmjax.store.fields import column
from dmjax.store.result import AbstractResult, container

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@container
class LimitResult(AbstractResult):
    """Limits of one or more masses in a coupling.

    A limit that is not there (see `status`) is inf, null in JSON; a best fit that failed is NaN.

    Attributes:
        quantity: what is limited: "Y", "alpha_B", "eps", "g", "events", …; pure numbers all.
        method: "asymptotic", "toys", "fc", "chi2", …; "auto" where masses differ, see `methods`.
        off_term: of bins with off counts: "integral" or "profile"; None where there are none.
        integrate: name of the parameter that is integrated out; None: none is.
        asimov_off_term: the off term in Asimov data, where it differs.
        test, cls: test statistic; CLs or the plain p-value. None where the method has none.
        cl: confidence level.
        datasets: names.
        experiment: of a projection without data, else None.
        signal: what makes the events, with every setting but the mass.
        m_v: [MeV], (masses,); None for "events".
        limit, lower: upper limit and, for intervals, the lower end, else 0, (masses,).
        limit_error, lower_error: Monte Carlo errors; 0 without toys.
        expected, expected_error: (masses, sigmas) without signal; None where there are no bands.
        sigmas: of the bands.
        sensitivity: median limit expected without signal, from Asimov data, (masses,); None where
            it is not computed.
        best_fit, best_fit_events: coupling and signal events of the best fit.
        test_statistic_null: −2Δ ln L between no signal and the best fit; None where not computed.
        status, expected_status: a text each; "ok", or why there is no number.
        methods: that was used at each mass: "chi2", "asymptotic", "exact" (Poisson probabilities),
            "averaged" (the same, over the nuisances), "toys", "fc" or "chi2-d20".
        notes: of each mass: why that method, and what to beware of; "" where there is nothing.
        p_sb, p_b, cls_at_limit: p-values of the data at the limit with and without signal, and
            their ratio; NaN where there is no limit, or where the method has none ("fc": no p_b).
        cls_error: Monte Carlo error of `cls_at_limit`, of p_sb where CLs is not used; 0 without
            toys.
        background: of a projection: detector → name → events in its bins.
        toys, failed: thrown at each point; fits that failed in all of them, per mass.
        caveats: what must be said of the data sets beside the numbers, a line each.
        conventions: name of the profile and changed fields.
        configuration: every setting.
        version: of the package.
    """

    kind: ClassVar[str] = "limit"
    axis: ClassVar[str] = "m_v"

    quantity: str
    method: str
    off_term: str | None = None
    integrate: str | None = None
    asimov_off_term: str | None = None
    test: str | None = None
    cls: bool | None = None
    cl: float
    datasets: list[str]
    experiment: str | None = None
    signal: dict
    m_v: np.ndarray | None = column("m_v", unit="MeV")
    limit: np.ndarray = column("m_v", unit="1", empty=math.inf)
    lower: np.ndarray = column("m_v", unit="1", empty=math.nan)
    limit_error: np.ndarray = column("m_v", unit="1", empty=math.inf)
    lower_error: np.ndarray = column("m_v", unit="1", empty=math.inf)
    sigmas: tuple[float, ...] = column("sigmas", unit="1")
    expected: np.ndarray | None = column("m_v", "sigmas", unit="1", empty=math.inf)
    expected_error: np.ndarray | None = column("m_v", "sigmas", unit="1", empty=math.inf)
    sensitivity: np.ndarray | None = column("m_v", unit="1", empty=math.inf, default=None)
    best_fit: np.ndarray = column("m_v", unit="1", empty=math.nan)
    best_fit_events: np.ndarray = column("m_v", unit="1", empty=math.nan)
    test_statistic_null: np.ndarray | None = column("m_v", unit="1", empty=math.nan, default=None)
    status: list[str] = column("m_v")
    expected_status: list[list[str]] | None = column("m_v", "sigmas")
    methods: list[str] | None = column("m_v", default=None)
    notes: list[str] | None = column("m_v", default=None)
    p_sb: np.ndarray | None = column("m_v", unit="1", empty=math.nan, default=None)
    p_b: np.ndarray | None = column("m_v", unit="1", empty=math.nan, default=None)
    cls_at_limit: np.ndarray | None = column("m_v", unit="1", empty=math.nan, default=None)
    cls_error: np.ndarray | None = column("m_v", unit="1", empty=math.nan, default=None)
    background: dict[str, dict[str, float]] | None = None
    toys: int
    failed: list[int] = column("m_v")
    caveats: list[str] = column(default_factory=list)
    conventions: dict
    configuration: dict
    version: str = __version__

    def plot(self, *others: "LimitResult") -> "Figure":
        """This limit with its bands, or beside others of the same quantity and conventions."""
        from dmjax.plots.limits import plot_limits

        return plot_limits([self, *others])
