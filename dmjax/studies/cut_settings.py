"""Settings of the verbs that choose: windows of a selection, what of a detector to improve."""

from dataclasses import dataclass

from dmjax.studies.settings import SignalOptions


@dataclass(frozen=True, kw_only=True)
class CutSettings(SignalOptions):
    """Of `optimize_cuts`: the best windows of a detector at each mass."""

    experiment: str
    m_v: tuple[float, ...]
    objective: str = "limit"
    selection: str = "windows"
    counting: bool = True
    expected_at: float | None = None
    cl: float = 0.90
    cls: bool = True
    all_windows: bool = False
    years: float | None = None
    pot: float | None = None
    background: str | None = None
    starts: int = 4
    toys: int = 4000
    seed: int = 2017


@dataclass(frozen=True, kw_only=True)
class DesignSettings(SignalOptions):
    """Of `design`: what the expected limit of a detector depends on."""

    experiment: str
    mass: float
    cuts: bool = False
    expected_at: float | None = None
    cl: float = 0.90
    cls: bool = True
    years: float | None = None
    pot: float | None = None
    background: str | None = None
    floor: tuple[float, ...] | None = None
