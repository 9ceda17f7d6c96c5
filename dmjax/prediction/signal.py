"""`Signal`: what is searched for, at any mass: a mediator, its dark matter, how they are made."""

import math
from dataclasses import asdict, dataclass, fields

from dmjax.conventions import (
    CHANNELS,
    DMJAX,
    Conventions,
    check_channels,
    conventions,
    describe,
)
from dmjax.errors import InputError, unknown_name
from dmjax.models import PRESETS, SPINS, Charges
from dmjax.models.vector import check_dark_sector
from dmjax.prediction.signal_fields import SignalFields

EVENTS = "events"
"""A model without physics: a number of events in a search of one bin."""

CUSTOM = "custom"
QUANTITIES = ("Y", "eps", "g", "alpha_B", "kappa_V", EVENTS)
"""What a limit is quoted in: Y = ε²α_D(m_χ/m_V)⁴; ε = κ_f/e; g = κ_V = κ_f; α_B = κ_f²/4π."""

_PRODUCER = ("model_x", "kappa_x", "kappa_d_x")
_RATIO, _M_CHI_DOUBLE = 3.0, 2.0


@dataclass(frozen=True)
class Signal(SignalFields):
    """A dark-matter signal for any mediator mass; a mass is an argument, never a field.

    Attributes:
        model: a preset of `PRESETS`, "custom" with `charges`, or "events".
        charges: of a model of one's own: (fermion, x_f) pairs.
        dm: spin, one of `SPINS`.
        mass_ratio: m_V/m_χ; m_chi: m_χ [MeV]. One of them; neither: a ratio of 3, or with a
            producer X m_χ = 2 MeV.
        alpha_d: α_D of V.
        splitting: m_χ₂ − m_χ₁ [MeV] of pseudo-Dirac dark matter.
        lifetime_ns: proper lifetime [ns] of what makes χ, in place of that of its widths.
        m_x: mass [MeV] of a producer X, or None: V makes χ itself.
        model_x, kappa_x, kappa_d_x: model of X, its couplings to matter and to χ.
        coupling: one of `QUANTITIES`; None: Y for a dark photon, α_B for baryon number, ε or κ_V
            with a producer X, else g.
        channels, conventions: of the prediction.
        source_errors: whether the uncertainties of the sources are pulls of the signal.

    Raises:
        InputError: what does not fit together.

    >>> Signal(model="b-l").coupling, Signal(m_x=75.0).m_chi
    ('g', 2.0)
    """

    conventions: Conventions = DMJAX

    def __post_init__(self):
        _check_model(self)
        _check_masses(self)
        _check_producer(self)
        check_channels(self.channels)
        for name, value in _defaults(self).items():
            object.__setattr__(self, name, value)
        if self.coupling not in quantities_of(self):
            raise unknown_name("coupling of this signal", str(self.coupling), quantities_of(self))

    @property
    def double(self) -> bool:
        """Whether one mediator makes χ and another one scatters it."""
        return self.m_x is not None


def signal(model: str | Charges = "dark-photon", **options) -> Signal:
    """A `Signal`: model by name or charges of one's own, every field by keyword.

    Args:
        model: preset, "events", or `Charges`.
        options: fields of `Signal`; charges may also be a dictionary, conventions a profile's name.

    Raises:
        InputError: an unknown field, or what does not fit together.

    >>> signal(Charges(up=1 / 3, down=1 / 3), mass_ratio=2.5).model
    'custom'
    """
    known = [field.name for field in fields(Signal)]
    for name in options:
        if name not in known:
            raise unknown_name("option of a signal", name, known)
    if isinstance(model, Charges):
        options["charges"] = asdict(model)
        model = CUSTOM
    if isinstance(options.get("charges"), dict):
        held = {name: x for name, x in options["charges"].items() if x != 0.0}
        options["charges"] = tuple(sorted(held.items()))
        model = CUSTOM if model == "dark-photon" else model
    if isinstance(options.get("conventions"), str):
        options["conventions"] = conventions(options["conventions"])
    return Signal(model, **options)


def charges_of(chosen: Signal) -> str | Charges:
    """What `mediator` takes for a model: its name, or charges of one's own."""
    if chosen.charges is None:
        return chosen.model
    return Charges(**dict(chosen.charges))


def quantities_of(chosen: Signal) -> tuple[str, ...]:
    """Couplings that a limit on this signal can be quoted in, the usual one first."""
    if chosen.model == EVENTS:
        return (EVENTS,)
    plain = ("kappa_V", "eps", "g", "alpha_B") if chosen.double else ("g", "eps", "alpha_B", "Y")
    first = plain[0]
    if chosen.model == "dark-photon":
        first = "eps" if chosen.double else "Y"
    elif chosen.model in ("baryonic", "leptophobic") and not chosen.double:
        first = "alpha_B"
    return (first, *(name for name in plain if name != first))


def describe_signal(chosen: Signal) -> dict:
    """A signal as plain JSON types, without its conventions; what does not apply is left out.

    >>> describe_signal(Signal(model="b-l"))["model"]
    'b-l'
    """
    plain = asdict(chosen) | {"channels": list(chosen.channels)}
    del plain["conventions"]
    if chosen.charges is not None:
        plain["charges"] = dict(chosen.charges)
    return {name: value for name, value in plain.items() if value is not None}


def describe_conventions(chosen: Conventions) -> dict:
    """{"name": profile, "changed": fields that differ from it}."""
    held = describe(chosen)
    return {"name": held["conventions"], "changed": held["changed"]}


def read_signal(plain: dict, profile: Conventions = DMJAX) -> Signal:
    """The signal that `describe_signal` described.

    >>> read_signal(describe_signal(Signal(m_x=75.0))) == Signal(m_x=75.0)
    True
    """
    held = dict(plain)
    held["channels"] = tuple(held.get("channels", CHANNELS))
    if "charges" in held:
        held["charges"] = tuple(sorted(held["charges"].items()))
    return signal(**held, conventions=profile)


def _check_model(chosen: Signal) -> None:
    if chosen.charges is not None:
        if chosen.model != CUSTOM:
            raise InputError(f"give a model ('{chosen.model}') or charges, not both")
        known = [field.name for field in fields(Charges)]
        for name, _ in chosen.charges:
            if name not in known:
                raise unknown_name("charge", name, known)
        Charges(**dict(chosen.charges))
    elif chosen.model not in (*PRESETS, EVENTS):
        raise unknown_name("model", chosen.model, (*PRESETS, EVENTS))
    if chosen.dm not in SPINS:
        raise unknown_name("dark-matter spin", chosen.dm, SPINS)
    if chosen.splitting != 0.0 and chosen.dm != "pseudo-dirac":
        raise InputError(f"a splitting needs dm = 'pseudo-dirac', got dm = '{chosen.dm}'")


def _check_masses(chosen: Signal) -> None:
    if chosen.mass_ratio is not None and chosen.m_chi is not None:
        raise InputError("give mass_ratio (m_V/m_chi) or m_chi, not both")
    if not chosen.double:
        check_dark_sector(chosen.mass_ratio or _RATIO, chosen.alpha_d)
    positive = {
        "mass_ratio": chosen.mass_ratio,
        "m_chi": chosen.m_chi,
        "alpha_d": chosen.alpha_d,
        "lifetime_ns": chosen.lifetime_ns,
        "m_x": chosen.m_x,
        "kappa_x": chosen.kappa_x,
        "kappa_d_x": chosen.kappa_d_x,
    }
    for name, value in positive.items():
        if value is not None and not (math.isfinite(value) and value > 0.0):
            raise InputError(f"{name} must be finite and above 0, got {value:g}")
    if not (math.isfinite(chosen.splitting) and chosen.splitting >= 0.0):
        raise InputError(f"splitting must be finite and at least 0 MeV, got {chosen.splitting:g}")


def _check_producer(chosen: Signal) -> None:
    if not chosen.double:
        given = [name for name in _PRODUCER if getattr(chosen, name) is not None]
        if given:
            raise InputError(f"{given[0]} is of a second mediator: give its mass m_x too")
        return
    if chosen.model == EVENTS:
        raise InputError("model 'events' has no mediators: leave m_x out")
    if chosen.model_x is not None and chosen.model_x not in PRESETS:
        raise unknown_name("model of X", chosen.model_x, PRESETS)
    m_chi = _M_CHI_DOUBLE if chosen.m_chi is None else chosen.m_chi
    if chosen.mass_ratio is None and 2.0 * m_chi + chosen.splitting >= (chosen.m_x or 0.0):
        raise InputError(
            f"X -> chi chi needs m_chi < m_x/2, got m_x = {chosen.m_x}, m_chi = {m_chi}"
        )


def _defaults(chosen: Signal) -> dict:
    """Fields that were left to their defaults, with their values."""
    found = {}
    if chosen.mass_ratio is None and chosen.m_chi is None:
        found |= {"m_chi": _M_CHI_DOUBLE} if chosen.double else {"mass_ratio": _RATIO}
    if chosen.double:
        usual = {"model_x": "baryonic", "kappa_x": 2e-3, "kappa_d_x": 1e-7}
        found |= {name: v for name, v in usual.items() if getattr(chosen, name) is None}
    if chosen.coupling is None:
        found["coupling"] = quantities_of(chosen)[0]
    return found
