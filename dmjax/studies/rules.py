"""When an option has an effect, and how settings are made of options as they were given.

A field that a choice makes idle has a rule in `RULES`: giving it anyway is refused.
"""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields
from typing import Any, NamedTuple, TypeVar

from dmjax.errors import InputError, unknown_name
from dmjax.studies.answer_settings import InjectSettings, RegionSettings, SignificanceSettings
from dmjax.studies.costs import check_cost
from dmjax.studies.curve_settings import ExploreSettings, RecastSettings, WorldSettings
from dmjax.studies.cut_settings import CutSettings
from dmjax.studies.options import OPTIONS, SIGNAL_OPTIONS, read_option
from dmjax.studies.settings import (
    CoverageSettings,
    DiagnoseSettings,
    EvidenceSettings,
    FitSettings,
    LimitSettings,
    PosteriorSettings,
    PredictSettings,
    PyhfSettings,
    ToySettings,
)

Settings = TypeVar("Settings")
SINGULAR = {"m_v": "mass", "m_chi": "chi_masses"}
"""Names that verbs in Python take for an option of another number of masses."""


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


def _objectives(*names: str) -> Rule:
    return Rule(lambda s: s.objective in names, f"goes with --objective {' or '.join(names)}")


def _dark(s: Any) -> bool:
    return s.signal in ("dark-matter", "dark-photon")


_MASS = Rule(lambda s: s.mass is not None, "describes a signal: give its mass with --mv")
_PHYSICS = Rule(lambda s: s.model != "events", "has no effect on a plain number of events")
_WHOLE = Rule(
    lambda s: s.signal is None and not s.counting, "goes with the whole fit, without --signal"
)
_OWN_MODEL = Rule(
    lambda s: not s.counting and s.signal != "nsi" and (s.signal or s.where != ("csi2017",)),
    "is not used by --counting, --signal nsi and the whole fit of csi2017",
)
_SIGNAL_MASS = dict.fromkeys(SIGNAL_OPTIONS, _MASS)
_SIGNAL_PHYSICS = {name: _PHYSICS for name in SIGNAL_OPTIONS if name != "model"}
_EXPECTED = Rule(lambda s: s.expected, "goes with --expected")
_OF_X = Rule(lambda s: s.m_x is not None, "is of a second mediator: give its mass with --mx")
_LEARNED = Rule(
    lambda s: s.selection == "learned" and s.objective == "limit",
    "goes with --selection learned and --objective limit",
)
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
        "nuisance": _OWN_MODEL,
        "fix": _OWN_MODEL,
    },
    LimitSettings: _SIGNAL_PHYSICS
    | {
        "m_v": _PHYSICS,
        "toys": _methods("toys", "fc"),
        "strengths": _methods("toys", "fc"),
        "seed": _methods("toys", "fc", "bayes"),
        "prior": _methods("bayes"),
        "coupling_range": _methods("bayes"),
        "power_constrained": Rule(lambda s: s.bands, "goes with --bands"),
        "batch_size": _methods("toys", "fc"),
        "cls": Rule(
            lambda s: s.expected or s.method in ("asymptotic", "exact", "toys"),
            "goes with --method asymptotic, exact or toys",
        ),
        "bands": Rule(lambda s: not s.expected, "is always part of --expected"),
        "years": _EXPECTED,
        "all_windows": _EXPECTED,
        "pot": _EXPECTED,
        "background": _EXPECTED,
    },
    ToySettings: _SIGNAL_PHYSICS | {"mass": _PHYSICS},
    CoverageSettings: _SIGNAL_PHYSICS
    | {
        "mass": _PHYSICS,
        "nested": _methods("fc"),
        "belt_toys": Rule(lambda s: s.nested, "goes with --nested"),
    },
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
    RegionSettings: {name: _methods("fc") for name in ("toys", "seed", "batch_size")},
    SignificanceSettings: {"seed": _TOYS, "batch_size": _TOYS},
    InjectSettings: _SIGNAL_PHYSICS
    | {
        "mass": _PHYSICS,
        "injected": Rule(lambda s: s.events is None, "is given as --events: leave one out"),
    },
    RecastSettings: dict.fromkeys(("model_x", "kappa_x", "kappa_d_x"), _OF_X),
    ExploreSettings: dict.fromkeys(("model_x", "kappa_x", "kappa_d_x"), _OF_X),
    WorldSettings: dict.fromkeys(("model_x", "kappa_x", "kappa_d_x"), _OF_X),
    CutSettings: {
        "expected_at": _objectives("discovery", "information", "s-over-root-b"),
        "cl": _objectives("limit"),
        "cls": _objectives("limit"),
        "starts": Rule(lambda s: s.counting, "is of a search: --no-counting has none"),
        "selection": Rule(lambda s: s.counting, "is of one count: leave out --no-counting"),
        "toys": _LEARNED,
        "seed": _LEARNED,
    },
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
        other = SINGULAR.get(name)
        name = other if other in known and name not in known else name
        if name not in known:
            raise unknown_name("option", spell(name), [spell(k) for k in known])
        if value is not None:
            values[name] = read_option(name, spell(name), value)
    for name, field in known.items():
        if field.default is MISSING and name not in values:
            raise InputError(f"{spell(name)} is missing: {OPTIONS[name].help}")
    made = kind(**values)
    held = with_effect(made)
    for name in values:
        if name not in held:
            raise InputError(f"{spell(name)} {RULES[kind][name].why}")
    check_cost(held)
    return made


def with_effect(made: Any) -> dict[str, Any]:
    """Option → value of settings, of those that their choices leave an effect."""
    rules = RULES.get(type(made), {})
    names = [field.name for field in fields(made)]
    return {n: getattr(made, n) for n in names if n not in rules or rules[n].used(made)}
