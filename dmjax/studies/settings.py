"""The settings of every verb: a frozen class each, the same in Python, in files, in commands.

Field names are keys of `options.OPTIONS`; `rules.settle` reads and checks them.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dmjax.prediction.signal_fields import SignalFields
from dmjax.studies.options import SIGNAL_OPTIONS


@dataclass(frozen=True, kw_only=True)
class SignalOptions(SignalFields):
    """Options that describe a signal; see `dmjax.prediction.signal.Signal`."""

    conventions: str = "dmjax"
    choose: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True, kw_only=True)
class ModelOptions:
    """Options that say how data sets are modelled; None: what suits each data set."""

    window: str | None = None
    systematics: bool | None = None
    off_term: str | None = None
    integrate: str | None = None
    nuisance: tuple[tuple[str, str], ...] = ()
    fix: tuple[tuple[str, float | None], ...] = ()


@dataclass(frozen=True, kw_only=True)
class PredictSettings(SignalOptions):
    """Of `predict`: one detector, one model point."""

    experiment: str
    mass: float
    eps: float | None = None
    g: float | None = None
    pot: float | None = None
    background: str | None = None
    cuts: bool = False
    all_windows: bool = False
    recoil_min: float | None = None
    recoil_max: float | None = None
    time_max: float | None = None
    efficiency: bool = True
    isotropic: bool = False
    nsi: tuple[tuple[str, float], ...] | None = None
    nsi_mass: float | None = None


@dataclass(frozen=True, kw_only=True)
class CheckSettings:
    """Of `check`: one detector and its exposure."""

    experiment: str
    years: float | None = None
    pot: float | None = None
    background: str | None = None
    conventions: str = "dmjax"
    choose: tuple[tuple[str, Any], ...] = ()
    figure: Path | None = None


@dataclass(frozen=True, kw_only=True)
class FitSettings(SignalOptions, ModelOptions):
    """Of `fit`: best fits of data sets, or the whole analysis of csi2017."""

    where: tuple[str, ...]
    signal: str | None = None
    mass: float | None = None
    counting: bool = False
    rn: tuple[float, ...] = ()
    quarks: str = "u"
    draws: int = 1000
    seed: int = 2017


@dataclass(frozen=True, kw_only=True)
class LimitSettings(SignalOptions, ModelOptions):
    """Of `limit`: upper limits at many masses, observed or expected of a detector without data."""

    where: tuple[str, ...]
    m_v: tuple[float, ...] | None = None
    method: str | None = None
    cl: float = 0.90
    bands: bool = False
    cls: bool = True
    toys: int = 1000
    strengths: int = 10
    seed: int = 2017
    batch_size: int = 100
    prior: str = "uniform-strength"
    coupling_range: tuple[float, float] | None = None
    power_constrained: bool = False
    expected: bool = False
    all_windows: bool = False
    years: float | None = None
    pot: float | None = None
    background: str | None = None


@dataclass(frozen=True, kw_only=True)
class ToySettings(SignalOptions, ModelOptions):
    """Of `toys`: the distribution of a test statistic at one strength."""

    where: tuple[str, ...]
    mass: float | None = None
    test: str = "q0"
    events: tuple[float, ...] = (0.0,)
    toys: int = 1000
    seed: int = 2017
    batch_size: int = 100


@dataclass(frozen=True, kw_only=True)
class CoverageSettings(SignalOptions, ModelOptions):
    """Of `coverage`: how often limits or intervals contain the truth."""

    where: tuple[str, ...]
    mass: float | None = None
    method: str = "fc"
    events: tuple[float, ...] | None = None
    shift: tuple[tuple[str, float], ...] = ()
    nested: bool = False
    belt_toys: int = 199
    cl: float = 0.90
    toys: int = 1000
    seed: int = 2017
    batch_size: int = 100


@dataclass(frozen=True, kw_only=True)
class PosteriorSettings(SignalOptions, ModelOptions):
    """Of `posterior`: m_V, coupling and nuisances of data sets, by NUTS or nested sampling."""

    where: tuple[str, ...]
    method: str = "nuts"
    prior: str = "log-uniform"
    m_v_range: tuple[float, float] = (1.0, 200.0)
    y_range: tuple[float, float] = (1e-12, 1e-8)
    nodes: int = 400
    chains: int = 4
    warmup: int = 500
    draws: int = 1000
    min_ess: float = 1000.0
    live: int = 500
    seed: int = 2017


@dataclass(frozen=True, kw_only=True)
class EvidenceSettings(SignalOptions):
    """Of `evidence`: dark matter, NSI and backgrounds compared on csi2017."""

    dataset: str
    window: str | None = None
    signals: tuple[str, ...] = ("none", "dark-photon", "nsi")
    priors: tuple[str, ...] = ("log-uniform",)
    m_v_range: tuple[float, float] = (1.0, 200.0)
    y_range: tuple[float, float] = (1e-12, 1e-8)
    eps_range: tuple[float, float] = (-1.0, 1.0)
    quarks: str = "u"
    live: int = 500
    draws: int = 2000
    seed: int = 2017
    grid: bool = True
    nuts: bool = False


@dataclass(frozen=True, kw_only=True)
class NsiSettings:
    """Of `nsi`: flavour-diagonal NSI in CsI 2017 with and without the cuts."""

    quarks: str = "u"
    couplings: str = "both"
    off_term: str | None = None
    dark: bool = False
    points: int = 0


@dataclass(frozen=True, kw_only=True)
class DiagnoseSettings(SignalOptions, ModelOptions):
    """Of `diagnose`: goodness of fit, pulls, impacts, correlations."""

    where: tuple[str, ...]
    mass: float | None = None
    poi: str | None = None
    toys: int = 300
    seed: int = 2017
    batch_size: int = 100
    figures: Path | None = None


@dataclass(frozen=True, kw_only=True)
class PyhfSettings(SignalOptions, ModelOptions):
    """Of `export pyhf`: the likelihood of data sets as a workspace."""

    where: tuple[str, ...]
    mass: float | None = None
    reference: float | None = None
    poi: str | None = None
    check: bool = False


def signal_fields(settings: SignalOptions) -> dict[str, Any]:
    """The fields of `Signal` that settings hold, conventions still as name and choices."""
    return {name: getattr(settings, name) for name in SIGNAL_OPTIONS}
