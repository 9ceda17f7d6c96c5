"""Curves by name, from files, and of one's own limits."""

from pathlib import Path
from typing import Any

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
from dmjax.studies.load import made_from

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


def _terms(signal: dict) -> dict[str, Any]:
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
        return made_from([Path(name)], lambda held: curve_of_result(held[0]))
    return shipped(name)


def curve_of_result(found: AbstractResult) -> Curve:
    """The curve that a saved result is.

    Args:
        found: a limit, a curve, or any result with columns m_chi [MeV] and y (Y) that states its
            model, dm, alpha_d and mass_ratio or m_chi: a line to reach, with y_low and y_high
            around it where it has them.

    Raises:
        InputError: another kind of result.
    """
    if isinstance(found, LimitResult):
        return as_curve(found)
    if isinstance(found, Curve):
        return found
    plain = found.to_plain()
    if not all(isinstance(plain.get(name), list) for name in ("m_chi", "y")):
        raise InputError(f"a {found.kind} result is no limit against a mass")
    return _target(found.kind, plain)


def _target(kind: str, plain: dict) -> Curve:
    """A line Y against m_χ, its rows without a number left out."""
    rows = {name: plain[name] for name in ("m_chi", "y", "y_low", "y_high") if plain.get(name)}
    numbers = np.array([np.array(values, float) for values in rows.values()])
    numbers = numbers[:, np.isfinite(numbers).all(axis=0)]
    held = dict(zip(rows, numbers[:, np.argsort(numbers[0])], strict=True))
    stated = plain.get("signal") or plain
    return Curve(
        model=stated.get("model", "dark-photon"),
        charges=stated.get("charges"),
        dm=stated.get("dm"),
        alpha_d=stated.get("alpha_d"),
        mass_ratio=stated.get("mass_ratio"),
        name=kind,
        label=f"{kind} target",
        x=held["m_chi"],
        y=held["y"],
        low=held.get("y_low"),
        high=held.get("y_high"),
        x_quantity="m_chi",
        y_quantity="Y",
        piece=np.zeros(held["y"].size, int),
        made="beam",
        detected="invisible",
        target={},
        role="target",
        simulated=f"dmjax {kind}",
        provenance=f"dmjax {plain['version']}",
        source=f"dmjax {plain['version']}",
        licence=OWN_LICENCE,
        notes=[],
        configuration=plain.get("configuration", {}),
    )
