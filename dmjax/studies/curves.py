"""Curves by name, from files, and of one's own limits."""

from pathlib import Path
from typing import Any

import numpy as np

from dmjax.errors import InputError
from dmjax.experiments import EXPERIMENTS, experiment
from dmjax.experiments.missing_energy import MISSING_SEARCHES
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
    """±1σ of a projection, where it has them and both are numbers."""
    if found.experiment is None or found.expected is None or 1.0 not in found.sigmas:
        return None, None
    low, high = (found.expected[kept, found.sigmas.index(shift)] for shift in (-1.0, 1.0))
    finite = np.isfinite(low) & np.isfinite(high)
    return (low, high) if finite.all() else (None, None)


def _detected(found: LimitResult) -> str:
    names = (found.experiment or "").split(" + ")
    if any(name in MISSING_SEARCHES for name in (*names, *found.datasets)):
        return "invisible"
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
    """The curve that a saved result is: of a relic density the target.

    Raises:
        InputError: another kind of result.
    """
    return curves_of_result(found)[0]


def curves_of_result(found: AbstractResult) -> list[Curve]:
    """Every curve that a saved result holds.

    Args:
        found: a limit, a curve, or any result with columns m_chi [MeV] and y (Y) that states its
            signal: a line to reach, with a band where it has a `relative_error`, and with the
            exclusion `cmb_y` where it has that.

    Raises:
        InputError: another kind of result.
    """
    if isinstance(found, LimitResult):
        return [as_curve(found)]
    if isinstance(found, Curve):
        return [found]
    plain = found.to_plain()
    held = [plain.get(name) for name in ("m_chi", "y")]
    if not all(isinstance(one, list) for one in held) or "signal" not in plain:
        raise InputError(f"a {found.kind} result is no limit against a mass")
    made = [_line(plain, "y", "target", f"{found.kind} density")]
    if any(value is not None for value in plain.get("cmb_y") or []):
        made.append(_line(plain, "cmb_y", "cosmology", "CMB"))
    return made


def _line(plain: dict[str, Any], name: str, role: str, label: str) -> Curve:
    """A column of Y against m_χ, its rows without a number left out."""
    numbers = np.array([np.array(plain[key], float) for key in ("m_chi", name)])
    error = np.array(plain.get("relative_error") or np.zeros(numbers.shape[1]), float)
    kept = np.flatnonzero(np.isfinite(numbers).all(axis=0))
    order = kept[np.argsort(numbers[0, kept])]
    x, y = numbers[:, order]
    banded = role == "target" and bool(np.any(error[order] > 0.0))
    signal = plain["signal"]
    return Curve(
        model=signal["model"],
        charges=signal.get("charges"),
        dm=signal.get("dm"),
        alpha_d=signal.get("alpha_d"),
        mass_ratio=signal.get("mass_ratio"),
        name=f"{plain['kind']}-{role}",
        label=label,
        x=x,
        y=y,
        low=y / (1.0 + error[order]) if banded else None,
        high=y * (1.0 + error[order]) if banded else None,
        x_quantity="m_chi",
        y_quantity="Y",
        piece=np.zeros(x.size, int),
        made="beam",
        detected="invisible",
        target={},
        role=role,
        simulated=f"dmjax {plain['kind']}",
        provenance=f"dmjax {plain['version']}",
        source=f"dmjax {plain['version']}",
        licence=OWN_LICENCE,
        notes=list(plain.get("caveats") or []) if role == "target" else [],
        configuration=plain["configuration"],
    )
