"""The settings of every verb: a frozen class each, the same in Python, in files, in commands.

Field names are keys of `options.OPTIONS`. A field that a choice makes idle has a rule in `RULES`:
giving it anyway is refused.
"""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from dmjax.conventions import CHANNELS
from dmjax.errors import InputError, unknown_name
from dmjax.studies.options import OPTIONS, SIGNAL_OPTIONS


@dataclass(frozen=True, kw_only=True)
class SignalOptions:
    """Options that describe a signal; see `dmjax.prediction.signal.Signal`."""

    model: str = "dark-photon"
    charges: tuple[tuple[str, float], ...] | None = None
    dm: str = "dirac"
    mass_ratio: float | None = None
    m_chi: float | None = None
    alpha_d: float = 0.5
    splitting: float = 0.0
    lifetime_ns: float | None = None
    m_x: float | None = None
    model_x: str | None = None
    kappa_x: float | None = None
    kappa_d_x: float | None = None
    coupling: str | None = None
    channels: tuple[str, ...] = CHANNELS
    conventions: str = "dmjax"
    choose: tuple[tuple[str, Any], ...] = ()
    source_errors: bool = True


@dataclass(frozen=True, kw_only=True)
class ModelOptions:
    """Options that say how data sets are modelled; None: what suits each data set."""

    window: str | None = None
    systematics: bool = False
    off_term: str | None = None
    integrate: str | None = None


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
    recoil_min: float | None = None
    recoil_max: float | None = None
    time_max: float | None = None
    efficiency: bool = True
    isotropic: bool = False
    nsi: tuple[tuple[str, float], ...] | None = None
    nsi_mass: float | None = None


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
    expected: bool = False
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
    toys: int = 0
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


Settings = TypeVar("Settings")


class Rule(NamedTuple):
    """When an option has an effect.

    Attributes:
        used: of the settings.
        why: what it goes with, for the error.
    """

    used: Callable[[Any], bool]
    why: str


def _methods(*names: str) -> Rule:
    return Rule(lambda s: s.method in names, f"goes with --method {' or '.join(names)}")


def _dark(s: Any) -> bool:
    return s.signal in ("dark-matter", "dark-photon")


_MASS = Rule(lambda s: s.mass is not None, "describes a signal: give its mass with --mv")
_PHYSICS = Rule(lambda s: s.model != "events", "has no effect on a plain number of events")
_WHOLE = Rule(
    lambda s: s.signal is None and not s.counting, "goes with the whole fit, without --signal"
)
_SIGNAL_MASS = dict.fromkeys(SIGNAL_OPTIONS, _MASS)
_SIGNAL_PHYSICS = {name: _PHYSICS for name in SIGNAL_OPTIONS if name != "model"}
_EXPECTED = Rule(lambda s: s.expected, "goes with --expected")
_TOYS = Rule(lambda s: s.toys > 0, "goes with --toys")

RULES: dict[type, dict[str, Rule]] = {
    FitSettings: {
        "rn": Rule(lambda s: s.counting, "goes with --counting"),
        "mass": Rule(_dark, "goes with --signal dark-matter"),
        "quarks": Rule(lambda s: s.signal == "nsi", "goes with --signal nsi"),
        "draws": _WHOLE,
        "seed": _WHOLE,
        "signal": Rule(lambda s: not s.counting, "is not used by --counting"),
        "systematics": Rule(lambda s: not s.counting, "is not used by --counting"),
    },
    LimitSettings: _SIGNAL_PHYSICS
    | {
        "m_v": _PHYSICS,
        "toys": _methods("toys", "fc"),
        "strengths": _methods("toys", "fc"),
        "seed": _methods("toys", "fc"),
        "batch_size": _methods("toys", "fc"),
        "cls": Rule(
            lambda s: s.expected or s.method in ("asymptotic", "toys"),
            "goes with --method asymptotic or toys",
        ),
        "bands": Rule(lambda s: not s.expected, "is always part of --expected"),
        "years": _EXPECTED,
        "pot": _EXPECTED,
        "background": _EXPECTED,
    },
    ToySettings: _SIGNAL_PHYSICS | {"mass": _PHYSICS},
    CoverageSettings: _SIGNAL_PHYSICS | {"mass": _PHYSICS},
    PosteriorSettings: {
        **dict.fromkeys(("chains", "warmup", "draws", "min_ess"), _methods("nuts")),
        "live": _methods("nested"),
    },
    EvidenceSettings: {
        "quarks": Rule(lambda s: "nsi" in s.signals, "goes with --signal nsi"),
        "eps_range": Rule(lambda s: "nsi" in s.signals, "goes with --signal nsi"),
        "nuts": Rule(lambda s: s.grid, "is checked against the dense grid: leave out --no-grid"),
    },
    DiagnoseSettings: _SIGNAL_MASS | {"seed": _TOYS, "batch_size": _TOYS},
    PyhfSettings: _SIGNAL_MASS | {"reference": _MASS},
    PredictSettings: {
        "nsi_mass": Rule(lambda s: s.nsi is not None, "goes with --nsi"),
    },
}
"""Settings class → field → when it has an effect; fields without a rule always have one."""


def settle(
    kind: type[Settings], given: Mapping[str, Any], spell: Callable[[str], str] = str
) -> Settings:
    """Settings from options as they were given, read and checked.

    Args:
        kind: a settings class.
        given: option → value or text; None: not given.
        spell: option → how errors name it.

    Raises:
        InputError: an unknown option, a bad value, or an option without effect.

    >>> settle(LimitSettings, {"where": "lar2020", "m_v": "10:40:3"}).m_v
    (10.0, 20.0, 40.0)
    """
    known = {field.name: field for field in fields(kind)}  # pyright: ignore[reportArgumentType]
    values = {}
    for name, value in given.items():
        name = "mass" if name == "m_v" and "mass" in known else name
        if name not in known:
            raise unknown_name("option", spell(name), [spell(k) for k in known])
        if value is not None:
            values[name] = OPTIONS[name].read(spell(name), value)
    for name, field in known.items():
        if field.default is MISSING and name not in values:
            raise InputError(f"{spell(name)} is missing: {OPTIONS[name].help}")
    made = kind(**values)
    for name, rule in RULES.get(kind, {}).items():
        if name in values and not rule.used(made):
            raise InputError(f"{spell(name)} {rule.why}")
    return made


def signal_fields(settings: SignalOptions) -> dict[str, Any]:
    """The fields of `Signal` that settings hold, conventions still as name and choices."""
    return {name: getattr(settings, name) for name in SIGNAL_OPTIONS}
