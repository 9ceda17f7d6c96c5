"""The best windows of a detector against the mass, as they are saved."""

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from dmjax._version import __version__
from dmjax.store.fields import column, number
from dmjax.store.result import AbstractResult, container

if TYPE_CHECKING:
    from matplotlib.figure import Figure

EXPECTED = "expected counts alone; no observed count was looked at"
STATUS = (
    "ok",
    "not converged: the best window found is kept",
    "no signal at this mass",
    "few counts: a binned limit by formulas is too strong, see limit --expected",
)


@container
class CutsResult(AbstractResult):
    """Windows that make the most of an objective, beside a published selection.

    Attributes:
        experiment: the detector.
        objective: "limit", "discovery", "s-over-root-b" or "information".
        counting: whether one number is counted; False: the likelihood of all bins in the windows.
        m_v: [MeV], (masses,).
        energy_kev: recoil energies of the window, [keV], (masses, 2).
        energy: the same in the detector's observable.
        observable: "pe", "keVee" or "keV".
        time_us: (start, stop) [µs] of each mass; a list of those where there are several windows.
        value: of the objective inside the windows: a limit in `quantity`, standard deviations,
            S/√B or information.
        value_table5: of the same objective in the published selection of the detector's file.
        gain: how many times better: smaller limit, larger anything else.
        status: one of `STATUS` for each mass.
        signal_events: in the windows, at `expected_at` or the limit.
        background_events: of each component in the windows, name → (masses,).
        table5: the published selection, as `energy_kev` and `time_us`.
        optimised_on: what the windows were chosen on.
        learned: of `selection` "learned", else None: "value" of one count in the region that a
            network keeps, "all_bins" of the likelihood of all bins, whether it is to be trusted,
            "toys" of windows and region (median limit, limits one event below and above it,
            coverage), nodes "energy" and "time_us", and "kept": for each mass a string of 0 and 1
            per step in energy, one digit per step in time.
        expected_at: coupling of the signal, where an objective needs one.
        quantity, cl, cls, signal, conventions, configuration, version: see `LimitResult`.
    """

    kind: ClassVar[str] = "cuts"
    axis: ClassVar[str] = "m_v"

    experiment: str
    objective: str
    counting: bool
    quantity: str
    m_v: np.ndarray = column("m_v", unit="MeV")
    energy_kev: np.ndarray = column("m_v", "end", unit="keV")
    energy: np.ndarray = column("m_v", "end", unit="1")
    observable: str
    time_us: list[Any] = number("us")
    value: np.ndarray = column("m_v", unit="1", empty=np.inf)
    value_table5: np.ndarray = column("m_v", unit="1", empty=np.inf)
    gain: np.ndarray = column("m_v", unit="1", empty=np.nan)
    status: list[str] = column("m_v")
    signal_events: np.ndarray = column("m_v", unit="1", empty=np.nan)
    background_events: dict[str, list[float]]
    table5: dict
    optimised_on: str = EXPECTED
    learned: dict | None = None
    expected_at: float | None = None
    cl: float
    cls: bool
    signal: dict
    conventions: dict
    configuration: dict
    version: str = __version__

    def plot(self) -> "Figure":
        """The windows against the mass, the published ones drawn in, and the gain."""
        from dmjax.plots.cuts import plot_cuts

        return plot_cuts(self)
