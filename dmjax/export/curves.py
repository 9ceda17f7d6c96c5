"""Limits as a CSV and a TOML beside it, by the keys of dd_limit_plot (see `recast.files`)."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from dmjax.recast.curve import Curve
from dmjax.store.result import AbstractResult
from dmjax.store.writing import write_text
from dmjax.studies.curves import curve_of_result
from dmjax.studies.limit_result import LimitResult

SHIFTS = {-2.0: "m2sigma", -1.0: "m1sigma", 0.0: "median", 1.0: "p1sigma", 2.0: "p2sigma"}
"""Shift → end of the name of its column, sensitivity_…"""
MEDIAN = "sensitivity_median"


def curve_columns(result: AbstractResult) -> dict[str, np.ndarray]:
    """Columns of a limit or a curve: its mass, its limit, the bands that it has.

    Args:
        result: a `LimitResult`, of which masses without a number are left out, or a `Curve`.
    """
    curve = curve_of_result(result)
    name = MEDIAN if curve.role == "projection" else "upper_limit"
    found = {curve.x_quantity: curve.x, name: curve.y}
    if curve.low is not None and curve.high is not None:
        found |= {"sensitivity_m1sigma": curve.low, "sensitivity_p1sigma": curve.high}
    if isinstance(result, LimitResult) and result.expected is not None and result.m_v is not None:
        found |= _bands(result, np.isin(result.m_v, curve.x))
    return found | ({"piece": curve.piece} if np.any(curve.piece) else {})


def _bands(result: LimitResult, kept: np.ndarray) -> dict[str, np.ndarray]:
    """Bands of masses with a limit, where each of them is a number there."""
    rows = np.asarray(result.expected)[kept][np.argsort(np.asarray(result.m_v)[kept])]
    pairs = zip(result.sigmas, rows.T, strict=True)
    named = {f"sensitivity_{SHIFTS[shift]}": row for shift, row in pairs if shift in SHIFTS}
    return {name: row for name, row in named.items() if np.all(np.isfinite(row))}


def curve_keys(curve: Curve, header: list[str]) -> dict[str, Any]:
    """Keys of the TOML of a curve; what it does not state is left out."""
    keys = {
        "label": curve.label,
        "description": "; ".join(curve.notes),
        "independent_variable": curve.x_quantity,
        "units_independent_variable": "MeV",
        "units_dependent_variable": "1",
        "header": header,
        "delimiter": ",",
        "scaling": 1.0,
        "provenance": curve.provenance,
        "reference": curve.source,
        "licence": curve.licence,
        "quantity": curve.y_quantity,
        "role": curve.role,
        "model": curve.model,
        "charges": curve.charges,
        "dm": curve.dm,
        "alpha_d": curve.alpha_d,
        "mass_ratio": curve.mass_ratio,
        "m_chi": curve.m_chi,
        "producer": curve.producer,
        "cl": curve.cl,
        "made": curve.made,
        "detected": curve.detected,
        "target": curve.target or None,
        "simulated": curve.simulated,
    }
    return {key: value for key, value in keys.items() if value not in (None, "")}


def write_curve(folder: Path, result: AbstractResult, name: str) -> list[Path]:
    """Write NAME.csv and NAME.toml into a folder, as `dmjax recast NAME.toml` reads them.

    Args:
        folder: made where it does not exist.
        result: see `curve_columns`.
        name: of the files and of the table in the TOML.

    Returns:
        The files written.
    """
    curve, columns = curve_of_result(result), curve_columns(result)
    rows = np.column_stack(list(columns.values()))
    lines = ["#" + ",".join(columns), *(",".join(f"{x:.10g}" for x in row) for row in rows)]
    keys = curve_keys(curve, list(columns))
    table = [f"[{json.dumps(name)}]", *(f"{key} = {_toml(x)}" for key, x in keys.items())]
    return [
        write_text(folder / f"{name}.csv", "\n".join(lines) + "\n"),
        write_text(folder / f"{name}.toml", "\n".join(table) + "\n"),
    ]


def _toml(value: Any) -> str:
    """A text, number, list or table in TOML; its strings are those of JSON."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(k)} = {_toml(x)}" for k, x in value.items()) + " }"
    if isinstance(value, float):
        return repr(value)
    return json.dumps(value, ensure_ascii=False)
