"""Limit curves as a HEPData submission: `submission.yaml` and one table, as plain YAML.

The format (https://hepdata-submission.readthedocs.io) is two short YAML files. Every dependent
column carries qualifiers with what it holds for: model, α_D, m_V/m_χ, confidence level, conventions.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from dmjax.errors import InputError
from dmjax.io import to_plain, write_text

NO_VALUE = "-"
"""HEPData's entry for no number: here no limit at that mass."""
TABLE = "limit.yaml"
NEEDED = (
    "dataset",
    "experiment",
    "quantity",
    "model",
    "dm",
    "alpha_d",
    "mass_ratio",
    "cl",
    "m_v",
    "limit",
    "conventions",
)
_COLUMNS = {
    "limit": "observed upper limit",
    "expected": "median expected upper limit",
    "best_fit": "best fit",
}
_BANDS = {"1": "1 sigma", "2": "2 sigma"}


def hepdata_table(curve: Mapping[str, Any]) -> dict[str, Any]:
    """The table of a limit curve: m_V against limit, best fit and, where present, bands.

    Args:
        curve: a saved `LimitCurve` (or `to_plain` of one): m_v [MeV], limit, best_fit, and
            optionally `expected` (the median) with `bands` = {"-2", "-1", "1", "2": values},
            quantiles of the expected limit at that many standard deviations.

    Returns:
        Independent and dependent variables as HEPData wants them.

    Raises:
        InputError: not a limit curve, or columns of different lengths.
    """
    plain = to_plain(curve)
    missing = [key for key in NEEDED if key not in plain]
    if missing:
        raise InputError(f"not a saved limit: it has no '{missing[0]}'; make it with dmjax limit")
    columns = {key: plain[key] for key in _COLUMNS if plain.get(key) is not None}
    bands = plain.get("bands") or {}
    for key, values in (columns | bands).items():
        if len(values) != len(plain["m_v"]):
            raise InputError(
                f"the limit has {len(plain['m_v'])} masses, but {len(values)} values of '{key}'"
            )
    if bands and (set(bands) != {"-2", "-1", "1", "2"} or "expected" not in columns):
        raise InputError("bands need a median 'expected' and quantiles at -2, -1, 1 and 2 sigma")
    masses = {"name": "m_V", "units": "MeV"}
    about = _qualifiers(plain)
    dependent = []
    for key, values in columns.items():
        entries = [{"value": NO_VALUE if v is None else v} for v in values]
        if key == "expected" and bands:
            entries = [
                entry if entry["value"] == NO_VALUE else entry | {"errors": _errors(bands, i, v)}
                for i, (entry, v) in enumerate(zip(entries, values, strict=True))
            ]
        header = {"name": f"{plain['quantity']}, {_COLUMNS[key]}"}
        dependent.append({"header": header, "qualifiers": about, "values": entries})
    values = [{"value": m} for m in plain["m_v"]]
    return {
        "independent_variables": [{"header": masses, "values": values}],
        "dependent_variables": dependent,
    }


def _errors(bands: Mapping[str, Sequence], row: int, median: float) -> list[dict[str, Any]]:
    """Both bands around the median of one row; a side without a value has none."""
    found = []
    for width, label in _BANDS.items():
        low, high = bands[f"-{width}"][row], bands[width][row]
        sides = {
            "minus": "" if low is None else low - median,
            "plus": "" if high is None else high - median,
        }
        found.append({"label": label, "asymerror": sides})
    return found


def _qualifiers(plain: Mapping[str, Any]) -> list[dict[str, Any]]:
    changed = plain.get("conventions_changed")
    conventions = plain["conventions"]
    if isinstance(conventions, Mapping):
        conventions, changed = conventions["conventions"], conventions["changed"]
    known: list[tuple[str, Any, str | None]] = [
        ("experiment", plain["experiment"], None),
        ("data set", _data_set(plain), None),
        ("model", plain["model"], None),
        ("dark matter", plain["dm"], None),
        ("alpha_D", plain["alpha_d"], None),
        ("m_V/m_chi", plain["mass_ratio"], None),
        ("C.L.", 100.0 * plain["cl"], "%"),
        ("conventions", conventions, None),
        *((f"convention {key}", str(value), None) for key, value in (changed or {}).items()),
        *((key, plain[key], None) for key in ("method", "alpha_treatment") if plain.get(key)),
        ("channels", ", ".join(plain.get("channels", [])), None),
        ("dmjax version", plain.get("version", ""), None),
    ]
    return [
        {"name": name, "value": value} | ({"units": units} if units else {})
        for name, value, units in known
        if value != ""
    ]


def _data_set(plain: Mapping[str, Any]) -> str:
    window = plain.get("window")
    return f"{plain['dataset']} ({window})" if window else str(plain["dataset"])


def hepdata_submission(curve: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The documents of `submission.yaml`: a comment and the entry of the table."""
    plain = to_plain(curve)
    where = f"{_data_set(plain)}, {plain['model']} with {plain['dm']} dark matter"
    held = f"alpha_D = {plain['alpha_d']:g}, m_V/m_chi = {plain['mass_ratio']:g}"
    meaning = {"Y": "Y = epsilon^2 alpha_D (m_chi/m_V)^4"}.get(plain["quantity"], plain["quantity"])
    entry = {
        "name": f"Limit on {plain['quantity']}",
        "description": f"{100 * plain['cl']:g} % C.L. upper limit on {meaning} against m_V from "
        f"{where}, at {held}. '{NO_VALUE}': no limit at that mass.",
        "location": "made with dmjax",
        "keywords": [
            {"name": "phrases", "values": ["dark matter", "dark photon", "upper limit"]},
            {"name": "observables", "values": [plain["quantity"]]},
        ],
        "data_file": TABLE,
    }
    return [{"comment": f"Upper limit from {where}."}, entry]


def write_hepdata(folder: Path, curve: Mapping[str, Any]) -> list[Path]:
    """Write the submission of a limit curve into a folder.

    Args:
        folder: made where it does not exist.
        curve: see `hepdata_table`.

    Returns:
        The files written.

    Raises:
        InputError: not a limit curve, PyYAML is not installed, or the folder cannot be written.
    """
    try:
        import yaml
    except ImportError as problem:
        raise InputError("this needs PyYAML: pip install 'dmjax[export]'") from problem
    table, submission = hepdata_table(curve), hepdata_submission(curve)

    class Plain(yaml.SafeDumper):
        """YAML without references: every column states its qualifiers."""

        def ignore_aliases(self, data: Any) -> bool:
            return True

    options: dict[str, Any] = {"sort_keys": False, "allow_unicode": True}
    return [
        write_text(
            folder / "submission.yaml",
            yaml.dump_all(submission, Dumper=Plain, explicit_start=True, **options),
        ),
        write_text(folder / TABLE, yaml.dump(table, Dumper=Plain, **options)),
    ]
