"""Named sets of physics choices: `d20` (arXiv:2006.09386, common generators), `dmjax` (ours)."""

from dataclasses import asdict, dataclass, fields, replace

from dmjax.errors import InputError, unknown_name

CHANNELS = ("pi0", "eta", "piminus", "exchange", "cascade")
"""Production channels: π⁰, η → γV in flight (P1), π⁻ p → n V at rest (P2), π⁰ → γV after charge
exchange (P3), e± cascade (P4)."""
WIDTHS = ("narrow", "fixed", "running")
HEAVIER = ("as-lighter", "stable", "decaying")


@dataclass(frozen=True)
class Conventions:
    """Every choice where the papers simplify and better is known.

    Attributes:
        name: profile the values come from.
        transverse_v: V from π⁰ → γV is transverse, so V → χχ̄ is not isotropic; False: isotropic.
        single_radius: one R_n per detector in every form factor; False: radii by nucleus.
        all_captures_radiate: every π⁻ that makes no π⁰ counts as p π⁻ → n γ; False: only the
            radiative-capture fraction of the target nucleus.
        sin2_theta_w: weak mixing angle in CEvNS.
        width: "narrow": V on its mass shell; "fixed": Breit–Wigner of width Γ_V; "running":
            Breit–Wigner of width √s Γ(√s)/m_V.
        eta_quarks: η → γV by the charges of the η's own quarks; False: of the π⁰'s.
        capture_multipoles: π⁻ p → n V by the threshold multipoles of pion photoproduction; False:
            by x_u/Q_u.
        transition_form_factors: π⁰, η → γV times |F(m_V²)|².
        capture_phase_space: π⁻ capture times |p_V(m_V)|/|p_V(0)|.
        one_clock: times count from the first of several pulses, which share the protons; False:
            each pulse in its own clock, with all protons in it.
        capture_spread: relative Gaussian spread of E_V in π⁻ capture (6 % in the text of [D20]).
        two_term_form: protons and neutrons with a form factor each (charge and neutron radius) in
            dark-matter scattering and CEvNS; False: one, of the charge radius for a current that
            couples to protons alone, the matter radius for others, the neutron radius for CEvNS.
            Not used with `single_radius`.
        radiative_weak_charge: CEvNS with radiative corrections; False: at tree level.
        heavier_state: χ₂ of pseudo-Dirac dark matter. "as-lighter": both of a pair fly and scatter
            as χ₁; "stable": one χ₁ and one χ₂ of either's mass, χ₂ scatters down; "decaying": that,
            and only those χ₂ count that have not decayed before the detector.
    """

    name: str
    transverse_v: bool
    single_radius: bool
    all_captures_radiate: bool
    sin2_theta_w: float
    width: str
    eta_quarks: bool = False
    capture_multipoles: bool = False
    transition_form_factors: bool = False
    capture_phase_space: bool = False
    one_clock: bool = False
    capture_spread: float = 0.0
    two_term_form: bool = False
    radiative_weak_charge: bool = False
    heavier_state: str = "as-lighter"


D20 = Conventions("d20", False, True, True, 0.2312, "narrow")
DMJAX = Conventions(
    "dmjax",
    True,
    False,
    False,
    0.2386,
    "fixed",
    two_term_form=True,
    radiative_weak_charge=True,
    heavier_state="decaying",
    eta_quarks=True,
    capture_multipoles=True,
    transition_form_factors=True,
    capture_phase_space=True,
    one_clock=True,
)
PROFILES = {profile.name: profile for profile in (DMJAX, D20)}


def conventions(name: str, /, **changes: bool | float | str) -> Conventions:
    """A named profile, with fields changed by keyword if wanted; bad ones raise InputError.

    >>> conventions("d20").sin2_theta_w
    0.2312
    >>> conventions("dmjax", width="narrow").width
    'narrow'
    """
    if name not in PROFILES:
        raise unknown_name("conventions", name, PROFILES)
    known = {field.name: type(getattr(D20, field.name)) for field in fields(Conventions)[1:]}
    for key, value in changes.items():
        if key not in known:
            raise unknown_name("choice of conventions", key, known)
        if type(value) is not known[key] and not (known[key] is float and type(value) is int):
            raise InputError(f"{key} takes a {known[key].__name__}, got {value!r}")
    chosen = replace(PROFILES[name], **changes)
    if chosen.width not in WIDTHS:
        raise unknown_name("width", chosen.width, WIDTHS)
    if chosen.heavier_state not in HEAVIER:
        raise unknown_name("heavier_state", chosen.heavier_state, HEAVIER)
    if not (0.0 <= chosen.capture_spread < 1.0 and 0.0 < chosen.sin2_theta_w < 1.0):
        raise InputError("need 0 <= capture_spread < 1 and 0 < sin2_theta_w < 1")
    return chosen


def describe(chosen: Conventions) -> dict:
    """The profile's name and every field that differs from it, for results.

    >>> describe(conventions("d20", sin2_theta_w=0.2386))
    {'conventions': 'd20', 'changed': {'sin2_theta_w': 0.2386}}
    """
    base = asdict(PROFILES[chosen.name])
    changed = {key: value for key, value in asdict(chosen).items() if base[key] != value}
    return {"conventions": chosen.name, "changed": changed}


def check_channels(channels: tuple[str, ...]) -> None:
    """Raise unless every channel is known and named once, and there is at least one."""
    if not channels:
        raise InputError(f"no production channel given (known: {', '.join(CHANNELS)})")
    for name in channels:
        if name not in CHANNELS:
            raise unknown_name("channel", name, CHANNELS)
        if channels.count(name) > 1:
            raise InputError(f"channel '{name}' is given twice: name each once")
