"""`plot world`: limits of many searches brought to one set of terms."""

from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from dmjax.errors import InputError
from dmjax.recast.curve import Curve
from dmjax.recast.library import curve_names, sliced
from dmjax.store.result import AbstractResult
from dmjax.studies.curve_settings import WorldSettings
from dmjax.studies.curves import curve_of_result, found_curve
from dmjax.studies.load import made_from
from dmjax.studies.recasting import SPIN, recast_for

ALL, NONE = "all", "none"
DEFAULTS = {"model": "dark-photon", "dm": SPIN, "alpha_d": 0.5}


class World(NamedTuple):
    """Curves of one set of terms.

    Attributes:
        curves: recast.
        left_out: name → why it has no curve there.
    """

    curves: list[Curve]
    left_out: dict[str, str]


def run_world(settings: WorldSettings) -> World:
    """Shipped curves, those of files, and saved results, for the same terms.

    Args:
        settings: terms (defaults: dark photon, Dirac χ, α_D = 0.5, m_V = 3m_χ), curves, results.

    Returns:
        Of "all" shipped curves those that no rule brings there are left out, with the reason.

    Raises:
        InputError: a curve that was named, or a saved result, does not hold for these terms.
    """
    asked = _with_defaults(settings)
    ends = settings.y_limits
    if ends is not None and not ends[0] < ends[1]:
        raise InputError(f"--ylim takes low,high with low < high, got {ends[0]:g},{ends[1]:g}")
    made, left_out = [], {}
    every = settings.curves == (ALL,)
    names = curve_names() if every else [n for n in settings.curves if n != NONE]
    for name in names:
        try:
            held = sliced(found_curve(name), asked.mass_ratio, asked.m_chi)
            made.append(recast_for(held, asked))
        except InputError as problem:
            if not every:
                raise
            left_out[name] = str(problem)
    for path in settings.results:
        made.append(recast_for(made_from([Path(path)], _curve), asked))
    if not made:
        raise InputError(f"nothing to draw: {'; '.join(left_out.values()) or 'name a curve'}")
    return World(made, left_out)


def _curve(held: list[AbstractResult]) -> Curve:
    return curve_of_result(held[0])


def _with_defaults(settings: WorldSettings) -> WorldSettings:
    """Every term stated: all curves shall hold for the same."""
    given = {name: getattr(settings, name) for name in DEFAULTS}
    filled = {name: DEFAULTS[name] if v is None else v for name, v in given.items()}
    if settings.charges is not None:
        filled["model"] = settings.model
    if settings.mass_ratio is None and settings.m_chi is None and settings.m_x is None:
        filled["mass_ratio"] = 3.0
    asked = replace(settings, **filled)
    axis = settings.axis or ("m_V" if asked.mass_ratio is None else "m_chi")
    return replace(asked, axis=axis, coupling=settings.coupling or _coupling(asked))


def _coupling(asked: WorldSettings) -> str:
    """The usual quantity of the model."""
    if asked.m_x is not None:
        return "eps" if asked.model == "dark-photon" else "kappa_V"
    return {"dark-photon": "Y", "baryonic": "alpha_B", "leptophobic": "alpha_B"}.get(
        str(asked.model), "g"
    )
