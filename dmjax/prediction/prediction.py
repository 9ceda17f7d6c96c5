"""What `predict` gives: events of one model point and of its backgrounds, in bins."""

import math
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from dmjax._version import __version__
from dmjax.store.fields import arrays, column, number
from dmjax.store.result import AbstractResult, container

if TYPE_CHECKING:
    import pandas
    from matplotlib.figure import Figure


@container
class Prediction(AbstractResult):
    """Expected events of one model point.

    Attributes:
        signature: how the signal is seen: "scattering" or "missing-energy".
        experiment, model, dm: names; a double mediator is "producer > scatterer".
        conventions: name of the profile; conventions_changed: fields that differ from it.
        m_v, m_chi: [MeV]; m_x: of the producer of a double mediator, else None.
        couplings: {"eps" or "g": …, "alpha_d": …}, with "kappa_x", "kappa_d_x" of a producer.
        lifetime_ns: proper lifetime of what makes χ [ns].
        long_lived: whether it flew before it decayed.
        pot: protons on target, or leptons where energy is missing.
        efficiency: whether resolution and efficiency were applied.
        channels: production channel → events in the window.
        total: their sum.
        numerical_error: of the total, relative: of the nodes in momentum and in the width; in
            float32 also what the same in float64 differs by.
        dtype: of the numbers it was computed with, "float64" or "float32".
        background: neutrino component, steady state, neutrons, … → events in the window.
        energy_edges_kev, time_edges_us: bins, in recoil energy or in missing energy.
        counts: (energy, time) events, all channels.
        background_counts: name → (energy, time) events.
        notes: code → where the prediction leaves the range in which it holds.
        configuration: settings of the verb, where it was one.
        version: of the package.
    """

    kind: ClassVar[str] = "prediction"

    experiment: str
    signature: str = "scattering"
    conventions: str
    conventions_changed: dict
    model: str
    dm: str
    m_v: float = number("MeV")
    m_chi: float = number("MeV")
    m_x: float | None = number("MeV")
    couplings: dict[str, float] = number("1")
    lifetime_ns: float = number("ns", empty=math.inf)
    long_lived: bool
    pot: float = number("1")
    efficiency: bool
    channels: dict[str, float] = number("1")
    total: float = number("1")
    numerical_error: float = number("1")
    dtype: str = "float64"
    background: dict[str, float] = number("1")
    energy_edges_kev: np.ndarray = column("energy_edges_kev", unit="keV", edges_of="energy")
    time_edges_us: np.ndarray = column("time_edges_us", unit="us", edges_of="time")
    counts: np.ndarray = column("energy", "time", unit="1")
    background_counts: dict[str, np.ndarray] = arrays(
        "energy", "time", group="background_counts", unit="1"
    )
    notes: dict[str, str] = column(default_factory=dict)
    configuration: dict = column(default_factory=dict)
    version: str = __version__

    def to_pandas(self) -> "pandas.DataFrame":
        """Events in the window: a row for each channel and each background."""
        import pandas

        parts = {"signal": self.channels, "background": self.background}
        rows = [
            {"component": name, "kind": kind, "events": events}
            for kind, part in parts.items()
            for name, events in part.items()
        ]
        return pandas.DataFrame(rows)

    def plot(self) -> "Figure":
        """The spectrum in recoil energy, signal and backgrounds."""
        from dmjax.plots.prediction import plot_prediction

        return plot_prediction(self)
