"""Named sets of physics choices: `d20` (arXiv:2006.09386, common generators), `dmjax` (ours)."""

from dataclasses import asdict, dataclass, replace

from dmjax.errors import InputError, unknown_name

CHANNELS = ("pi0", "piminus", "cascade")
"""Production channels: π⁰ → γV in flight (P1), π⁻ p → n V at rest (P2), e± cascade (P4)."""


@dataclass(frozen=True)
class Conventions:
    """Every choice where the papers simplify and better is known.

    Attributes:
        name: profile the values come from.
        transverse_v: V from π⁰ → γV is transverse, so V → χχ̄ is not isotropic; False: isotropic.
        single_radius: one R_n per detector in every form factor; False: charge radius for a current
            that couples to charge, matter radius for baryon number, neutron radius for CEvNS.
        all_captures_radiate: every π⁻ that makes no π⁰ counts as p π⁻ → n γ; False: only the
            radiative-capture fraction of the target nucleus.
        sin2_theta_w: weak mixing angle in CEvNS.
    """

    name: str
    transverse_v: bool
    single_radius: bool
    all_captures_radiate: bool
    sin2_theta_w: float


D20 = Conventions("d20", False, True, True, 0.2312)
DMJAX = Conventions("dmjax", True, False, False, 0.2386)
PROFILES = {profile.name: profile for profile in (DMJAX, D20)}


def conventions(name: str, **changes: bool | float) -> Conventions:
    """A named profile, with fields changed by keyword if wanted.

    >>> conventions("d20").sin2_theta_w
    0.2312
    """
    if name not in PROFILES:
        raise unknown_name("conventions", name, PROFILES)
    return replace(PROFILES[name], **changes)


def describe(chosen: Conventions) -> dict:
    """The profile's name and every field that differs from it, for results.

    >>> describe(conventions("d20", sin2_theta_w=0.2386))
    {'conventions': 'd20', 'changed': {'sin2_theta_w': 0.2386}}
    """
    base = asdict(PROFILES[chosen.name])
    changed = {key: value for key, value in asdict(chosen).items() if base[key] != value}
    return {"conventions": chosen.name, "changed": changed}


def check_channels(channels: tuple[str, ...]) -> None:
    """Raise unless every channel is known and there is at least one."""
    if not channels:
        raise InputError(f"no production channel given (known: {', '.join(CHANNELS)})")
    for name in channels:
        if name not in CHANNELS:
            raise unknown_name("channel", name, CHANNELS)
