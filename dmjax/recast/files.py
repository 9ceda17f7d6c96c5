"""Curves in files: a table of numbers (CSV) and a TOML that says what they are.

The keys of the TOML are those of the collection dd_limit_plot (github.com/kdund/dd_limit_plot),
which plots limits of direct detection, and those that limits of beams need beside them.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from dmjax.errors import InputError, shown, unknown_name
from dmjax.models import PRESETS, SPINS
from dmjax.models.vector import CUSTOM
from dmjax.recast.charges import DETECTED, MADE, atoms
from dmjax.recast.curve import ROLES, Curve
from dmjax.recast.plane import Plane, plane_of
from dmjax.recast.quantities import MEANINGS
from dmjax.schema import (
    ANY,
    NOT_NEGATIVE,
    POSITIVE,
    Free,
    Number,
    Section,
    Text,
    Texts,
    check,
)
from dmjax.texts import read_text, read_toml

UNITS = {"eV": 1e-6, "keV": 1e-3, "MeV": 1.0, "GeV": 1e3, "TeV": 1e6}
"""[MeV]; "/c^2" may follow."""
AXIS_NAMES = {"m_V": "m_V", "m_chi": "m_chi", "wimp_mass": "m_chi"}
LIMITS = ("upper_limit", "sensitivity_median")
"""Columns that are the curve, the first that is there."""
BAND = ("sensitivity_m1sigma", "sensitivity_p1sigma")
DEFAULTS = "default_values"
SECTION = Section(
    required={
        "label": Text(),
        "header": Texts(),
        "quantity": Text(tuple(MEANINGS)),
        "made": Text(MADE),
        "detected": Text(DETECTED),
    },
    optional={
        "file": Text(),
        "description": Text(),
        "independent_variable": Text(tuple(AXIS_NAMES)),
        "units_independent_variable": Text((*UNITS, *(f"{u}/c^2" for u in UNITS))),
        "units_dependent_variable": Text(("1",)),
        "delimiter": Text((",", ";", " ", "\t")),
        "scaling": POSITIVE,
        "plot_color": Text(),
        "provenance": Text(),
        "reference": Text(),
        "licence": Text(),
        "exposure": ANY,
        "label_range_down": NOT_NEGATIVE,
        "label_range_up": NOT_NEGATIVE,
        "model": Text((*PRESETS, CUSTOM)),
        "charges": Free(Number(-1e3, 1e3), least=1),
        "dm": Text(SPINS),
        "alpha_d": Number(1e-20, 100.0),
        "mass_ratio": Number(2.0, 1e6, open_low=True),
        "m_chi": Number(1e-3, 1e6),
        "producer": Section(
            {"model": Text(tuple(PRESETS)), "m_x": POSITIVE, "kappa": POSITIVE, "kappa_d": POSITIVE}
        ),
        "cl": Number(1e-3, 1.0 - 1e-9),
        "target": Free(POSITIVE, least=1),
        "role": Text(ROLES),
        "simulated": Text(),
        "notes": Texts(),
    },
)
"""Keys of the table of a curve."""


class Described(NamedTuple):
    """A curve as its file describes it.

    Attributes:
        name: of the table, and of its CSV.
        file: for errors.
        folder: where the CSV lies.
        spec: checked keys.
    """

    name: str
    file: str
    folder: Path
    spec: dict[str, Any]


def read_curve(path: Path, name: str | None = None) -> "Curve | tuple[Described, Plane]":
    """A curve, or a table in both masses, of a user's TOML and the CSV beside it.

    Args:
        path: of the TOML.
        name: of its table, where it has several.

    Raises:
        InputError: what is wrong, with file and key.
    """
    found = _described(path, name)
    text = read_text(found.folder / str(found.spec.get("file", f"{found.name}.csv")))
    return made_of(found, _columns(found, text))


def _described(path: Path, name: str | None) -> Described:
    content = read_toml(path)
    default = content.pop(DEFAULTS, {})
    tables = [key for key, value in content.items() if isinstance(value, dict)]
    if not tables or len(tables) != len(content) or not isinstance(default, dict):
        raise InputError(f'{path}: need a table for every curve, ["NAME"] and its keys')
    if name is None and len(tables) > 1:
        raise InputError(f"{path} has {len(tables)} curves: name one, {path}:{tables[0]}")
    name = tables[0] if name is None else name
    if name not in content:
        raise unknown_name(f"curve in {path}", name, tables)
    spec = _without_empty(default) | _without_empty(content[name])
    check(f"{path}", name, spec, SECTION)
    return Described(name, str(path), path.parent, spec)


def _without_empty(table: Mapping[str, Any]) -> dict[str, Any]:
    """Keys that say something: the collection writes "" where there is nothing to say."""
    return {key: value for key, value in table.items() if value != ""}


def _columns(found: Described, text: str) -> dict[str, np.ndarray]:
    """Columns by the names of the header."""
    names, mark = found.spec["header"], found.spec.get("delimiter", ",")
    rows = []
    for number, line in enumerate(text.split("\n"), 1):
        line = line.strip()
        if not line or line[0] in "#%":
            continue
        cells = line.split() if mark == " " else line.split(mark)
        try:
            rows.append([float(cell) for cell in cells])
        except ValueError:
            if not rows and not any(map(_is_number, cells)):
                continue
            raise InputError(f"{found.file}: line {number} of its numbers: {shown(line)}") from None
        if len(cells) != len(names):
            raise InputError(
                f"{found.file}: line {number} of its numbers has {len(cells)} columns, the header "
                f"{len(names)}"
            )
    if not rows:
        raise InputError(f"{found.file}: its table has no numbers")
    return dict(zip(names, np.array(rows).T, strict=True))


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def made_of(
    found: Described, columns: Mapping[str, np.ndarray]
) -> "Curve | tuple[Described, Plane]":
    """The curve of a description and its columns; a plane where both masses are columns.

    Raises:
        InputError: a column that is missing, or numbers that are not above 0.
    """
    spec = found.spec
    axis = str(spec.get("independent_variable", "m_V"))
    limit = next((name for name in LIMITS if name in columns), None)
    if axis not in columns or limit is None:
        missing = axis if axis not in columns else " or ".join(LIMITS)
        raise InputError(f"{found.file}: the header of {found.name} has no {missing}")
    scale = float(spec.get("scaling", 1.0))
    unit = UNITS[str(spec.get("units_independent_variable", "MeV")).removesuffix("/c^2")]
    used = [columns[n] for n in (axis, limit, "m_chi", *BAND) if n in columns]
    if not all(np.all(np.isfinite(x) & (x > 0.0)) for x in used):
        raise InputError(f"{found.file}: masses and limits of {found.name} must be above 0")
    if axis == "m_V" and "m_chi" in columns:
        masses = unit * columns["m_V"], unit * columns["m_chi"]
        return found, plane_of(*masses, scale * columns[limit])
    order = np.argsort(columns[axis], kind="stable")
    x, y = unit * columns[axis][order], scale * columns[limit][order]
    bands = [scale * columns[n][order] if n in columns else None for n in BAND]
    piece = columns["piece"][order].astype(int) if "piece" in columns else np.zeros(x.size, int)
    return curve_of(found, AXIS_NAMES[axis], x, y, piece, (bands[0], bands[1]))


def curve_of(
    found: Described,
    axis: str,
    x: np.ndarray,
    y: np.ndarray,
    piece: np.ndarray,
    band: tuple[np.ndarray | None, np.ndarray | None] = (None, None),
    **terms: Any,
) -> Curve:
    """A curve from its numbers and what its description says; `terms` replace fields."""
    spec = found.spec
    held = {
        name: spec.get(name) for name in ("dm", "alpha_d", "mass_ratio", "m_chi", "cl", "producer")
    }
    charges = spec.get("charges")
    if (charges is not None) != (spec.get("model") == CUSTOM):
        raise InputError(f"{found.file}: charges go with model = '{CUSTOM}', and it with them")
    target = dict(spec.get("target", {}))
    atoms(target)
    simulated = str(spec.get("simulated", ""))
    if (spec["made"] == "beam") != bool(simulated):
        raise InputError(f"{found.file}: made = 'beam' goes with simulated, the command to run")
    if not target and not simulated and spec["detected"] != "invisible":
        raise InputError(f"{found.file}: missing key target: what is struck, e.g. {{C = 1, H = 2}}")
    fields: dict[str, Any] = held | {
        "name": found.name,
        "label": spec["label"],
        "x": x,
        "y": y,
        "x_quantity": axis,
        "y_quantity": spec["quantity"],
        "low": band[0],
        "high": band[1],
        "piece": piece,
        "model": spec.get("model", "dark-photon"),
        "charges": charges,
        "made": spec["made"],
        "detected": spec["detected"],
        "target": target,
        "role": spec.get("role", "exclusion"),
        "simulated": simulated,
        "provenance": spec.get("provenance", ".csv file"),
        "source": str(spec.get("reference", found.file)).strip(),
        "licence": spec.get("licence", "not stated"),
        "notes": list(spec.get("notes", [])),
        "configuration": {"file": found.file, "curve": found.name},
    }
    return Curve(**(fields | terms))
