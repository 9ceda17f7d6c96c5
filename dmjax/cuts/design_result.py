"""What the expected limit of a detector depends on, as it is saved."""

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from dmjax._version import __version__
from dmjax.store.fields import number
from dmjax.store.result import AbstractResult, container

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@container
class DesignResult(AbstractResult):
    """Elasticities of an expected limit, a forecast, and the best place of a detector.

    Attributes:
        experiment: the detector.
        counting: whether one number is counted, inside the published selection; False: the
            likelihood of all bins.
        m_v: [MeV].
        coupling: what `value` is a limit on, e.g. "Y".
        value: the expected limit.
        elasticities: knob → d ln(value)/d ln(knob): −0.5 is 5 % better for 10 % more.
        background: name → events in the bins.
        signal_events: in the bins at the limit.
        expected_at: coupling of the signal of the forecast; None: there is none.
        sigma_ln_m_v, sigma_ln_coupling, correlation: marginalised errors of the forecast.
        place: distance_m, angle_deg, value and gain of the best place on a floor; None: no floor.
        cl, cls, signal, conventions, configuration, version: see `LimitResult`.
    """

    kind: ClassVar[str] = "design"
    table: ClassVar[str] = "elasticities"

    experiment: str
    counting: bool
    m_v: float = number("MeV")
    coupling: str
    value: float = number("1", empty=np.inf)
    elasticities: dict[str, float]
    background: dict[str, float]
    signal_events: float = number("1", empty=np.nan)
    expected_at: float | None = None
    sigma_ln_m_v: float | None = None
    sigma_ln_coupling: float | None = None
    correlation: float | None = None
    place: dict | None = None
    cl: float
    cls: bool
    signal: dict
    conventions: dict
    configuration: dict
    version: str = __version__

    def plot(self) -> "Figure":
        """The elasticities as a tornado, the largest on top."""
        from dmjax.plots.design import plot_design

        return plot_design(self)
