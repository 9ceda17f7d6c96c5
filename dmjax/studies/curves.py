"""Curves by name, from files, and of one's own limits."""

from pathlib import Path

import numpy as np

from dmjax.errors import InputError
from dmjax.experiments import EXPERIMENTS, experiment
from dmjax.recast.curve import Curve
from dmjax.recast.files import Described, read_curve
from dmjax.recast.library import shipped
from dmjax.recast.plane import Plane
from dmjax.recast.terms import charges_of
from dmjax.store.result import AbstractResult
from dmjax.studies.limit_result import LimitResult
from dmjax.studies.load import load

OWN_LICENCE = "yours: computed with dmjax"


def as_curve(found: LimitResult) -> Curve:
    """A limit as a curve; masses without a limit are left out.

    The curve of a projection has its ±1σ band. It can change its quantity and its axis; for other
    terms run `limit` again, which no rule replaces.

    Args:
        found: against masses, of a coupling.

    Raises:
        InputError: a limit on events, or no mass with a limit.
    """
    if found.m_v is None or found.quantity == "events":
        raise InputError("a limit on events is no curve: give it a model and masses")
    kept = np.isfinite(found.limit) & (found.limit > 0.0)
    name = "+".join(found.datasets) or str(found.experiment)
    if not kept.any():
        raise InputError(f"the limit of {name} has no mass with a number")
    low, high = _band(found, kept)
    order = np.argsort(found.m_v[kept])
    return Curve(
        name=name,
        label=name if found.experiment is None else f"{name} (expected)",
        x=found.m_v[kept][order],
        y=found.limit[kept][order],
        low=None if low is None else low[order],
        high=None if high is None else high[order],
        x_quantity="m_V",
        y_quantity=found.quantity,
        piece=np.cumsum(np.diff(np.flatnonzero(kept), prepend=0)[order] > 1),
        cl=found.cl,
        made="beam",
        detected=_detected(found),
        target={},
        role="exclusion" if found.experiment is None else "projection",
        simulated=_command(found),
        provenance=f"dmjax {found.version}, {found.method}",
        source=f"dmjax {found.version}",
        licence=OWN_LICENCE,
        notes=[f"conventions {found.conventions['name']}", *found.caveats],
        configuration=found.configuration,
        **_terms(found.signal),
    )


def _terms(signal: dict) -> dict:
    """What a limit's signal holds for, as fields of a curve."""
    charges = signal.get("charges")
    charges_of(signal["model"], charges)
    made = {name: signal.get(name) for name in ("model", "dm", "alpha_d", "mass_ratio", "m_chi")}
    if "m_x" in signal:
        x = ("model_x", "m_x", "kappa_x", "kappa_d_x")
        names = ("model", "m_x", "kappa", "kappa_d")
        made["producer"] = dict(zip(names, (signal[key] for key in x), strict=True))
    return made | {"charges": charges}


def _band(found: LimitResult, kept: np.ndarray) -> tuple[np.ndarray | None, np.ndarray | None]:
    """±1σ of a projection, where both are numbers."""
    if found.experiment is None or found.expected is None:
        return None, None
    low, high = (found.expected[kept, found.sigmas.index(shift)] for shift in (-1.0, 1.0))
    finite = np.isfinite(low) & np.isfinite(high)
    return (low, high) if finite.all() else (None, None)


def _detected(found: LimitResult) -> str:
    names = (found.experiment or "").split(" + ")
    recoils = {experiment(name).recoil for name in names if name in EXPERIMENTS}
    return "electron" if recoils == {"electron"} else "nucleus"


def _command(found: LimitResult) -> str:
    where = " ".join(found.datasets) or f"{found.experiment} --expected"
    return f"dmjax limit {where}"


def found_curve(name: str) -> Curve | tuple[Described, Plane]:
    """A curve by name: shipped, FILE.toml or FILE.toml:NAME of a user, or a saved result.

    Raises:
        InputError: an unknown name, or what is wrong in a file.
    """
    path, _, inner = name.partition(".toml:")
    if inner:
        return read_curve(Path(f"{path}.toml"), inner)
    if name.endswith(".toml"):
        return read_curve(Path(name))
    if Path(name).suffix in (".json", ".nc"):
        return curve_of_result(load(name))
    return shipped(name)


def curve_of_result(found: AbstractResult) -> Curve:
    """The curve that a saved result is.

    Raises:
        InputError: another kind of result.
    """
    if isinstance(found, LimitResult):
        return as_curve(found)
    if isinstance(found, Curve):
        return found
    raise InputError(f"a {found.kind} result is no limit against a mass")
