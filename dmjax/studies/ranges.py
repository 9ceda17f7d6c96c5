"""What every number of an option may be, known before anything is computed or allocated.

The ends are far outside of what an experiment or a search needs, and inside of what double
precision and a computer hold; docs/ranges.md lists them.
"""

from collections.abc import Iterator
from typing import Any

from dmjax.errors import InputError, shown
from dmjax.schema import Number
from dmjax.studies.costs import COSTS, taken

MASS = Number(1e-3, 1e6)
"""[MeV]."""
COUPLING = Number(1e-20, 10.0)
_SIZE = Number(0.0, 1e6)
TELLING = 1e18
"""Counts from here on need no estimate to be seen as too many."""


def _count(low: float, high: float) -> Number:
    return Number(low, high, whole=True)


RANGES: dict[str, Number] = {
    "m_v": MASS,
    "mass": MASS,
    "m_chi": MASS,
    "m_x": MASS,
    "chi_masses": Number(1.0, 1000.0),
    "omega_h2": Number(1e-6, 1e3),
    "m_v_range": MASS,
    "mass_ratio": Number(2.0, 1e6, open_low=True),
    "splitting": _SIZE,
    "lifetime_ns": Number(1e-12, 1e20),
    "alpha_d": Number(1e-20, 100.0),
    "eps": COUPLING,
    "g": COUPLING,
    "kappa_x": COUPLING,
    "kappa_d_x": COUPLING,
    "charges": Number(-1e3, 1e3),
    "nsi": Number(-1e3, 1e3),
    "nsi_mass": MASS,
    "eps_range": Number(-1e3, 1e3),
    "y_range": Number(0.0, 1e3),
    "coupling_range": Number(0.0, 1e3),
    "y_limits": Number(1e-60, 1e6),
    "reference": Number(1e-40, 1e6),
    "expected_at": Number(1e-40, 1e6),
    "cl": Number(1e-3, 1.0 - 1e-9),
    "levels": Number(1e-3, 1.0 - 1e-9),
    "pot": Number(1.0, 1e30),
    "years": Number(1e-6, 1e6),
    "recoil_min": Number(0.0, 1e9),
    "recoil_max": Number(1e-6, 1e9),
    "time_max": Number(1e-6, 1e9),
    "rn": Number(2.7, 20.0),
    "events": Number(0.0, 1e9),
    "injected": Number(0.0, 1e6),
    "shift": Number(-9.0, 9.0),
    "min_ess": Number(0.0, 1e8),
    "floor": Number(-1e4, 1e4),
    "starts": _count(1, 7),
    "seed": _count(0, 2**63 - 1),
    "toys": _count(0, 10**8),
    "belt_toys": _count(1, 10**6),
    "batch_size": _count(1, 10**6),
    "strengths": _count(2, 1000),
    "coupling_points": _count(2, 10**4),
    "points": _count(0, 1000),
    "nodes": _count(2, 10**4),
    "chains": _count(1, 1000),
    "warmup": _count(1, 10**7),
    "draws": _count(1, 10**7),
    "live": _count(1, 10**6),
}
"""Option → what its numbers may be."""


def check_range(name: str, option: str, value: Any) -> None:
    """Raise InputError where a number in the value of an option is out of its range.

    Args:
        name: how errors name the option.
        option: key of `RANGES`; others may be anything.
        value: a number, or numbers in tuples.
    """
    rule = RANGES.get(option)
    if rule is None:
        return
    for one in _numbers(value):
        if not rule.holds(one):
            counted = option in COSTS and rule.high < one < TELLING
            taking = f" ({taken(option, one)})" if counted else ""
            raise InputError(f"{name} must be {rule.rule()}, got {shown(one)}{taking}")


def _numbers(value: Any) -> Iterator[Any]:
    """Every number in a value: alone, in a list, or behind the name of a pair."""
    if isinstance(value, tuple):
        for one in value:
            yield from _numbers(one)
    elif value is not None and not isinstance(value, str):
        yield value
