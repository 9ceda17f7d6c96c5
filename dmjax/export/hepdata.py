"""Limits as a HEPData submission: `submission.yaml` and one table, as plain YAML.

The format (https://hepdata-submission.readthedocs.io) is two short YAML files. Every dependent
column carries what it holds for: model, α_D, m_V/m_χ, confidence level, conventions.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from dmjax.errors import InputError
from dmjax.store.files import to_plain, write_text

NO_VALUE = "-"
"""HEPData's entry for no number: here no limit at that mass."""
TABLE = "limit.yaml"
MEANINGS = {
    "Y": "Y = epsilon^2 alpha_D (m_chi/m_V)^4",
    "alpha_B": "alpha_B = g_B^2/(4 pi)",
}
"""Quantities that a limit can be on."""
_NEEDED = ("quantity", "model", "dm", "alpha_d", "mass_ratio", "cl", "m_v", "limit", "conventions")
_COLUMNS = {
    "limit": "observed upper limit",
    "lower": "lower end of the interval",
    "best_fit": "best fit",
}
_BANDS = ((1.0, "1 sigma"), (2.0, "2 sigma"))


def limit_facts(result: Mapping[str, Any]) -> dict[str, Any]:
    """A saved limit of either kind as one flat dictionary.

    Args:
        result: what `dmjax limit` saved: a `LimitCurve` (method chi2), or a `LimitScan` with its
            `configuration`.

    Returns:
        Columns and what they hold for.

    Raises:
        InputError: something else, no masses, or columns of different lengths.
    """
    plain = to_plain(result)
    plain = plain | plain.get("configuration", {})
    if isinstance(plain.get("conventions"), Mapping):
        chosen = plain["conventions"]
        plain |= {"conventions": chosen["conventions"], "conventions_changed": chosen["changed"]}
    missing = [key for key in _NEEDED if key not in plain]
    if missing:
        raise InputError(
            f"not a saved limit: it has no '{missing[0]}'; make one with dmjax limit --out"
        )
    if plain["m_v"] is None:
        raise InputError(f"a limit on {plain['quantity']} has no masses: nothing to tabulate")
    for key in (*_COLUMNS, "limit_error", "lower_error", "expected"):
        column = plain.get(key)
        if column is not None and len(column) != len(plain["m_v"]):
            raise InputError(
                f"the limit has {len(plain['m_v'])} masses, but {len(column)} values of '{key}'"
            )
    if "datasets" not in plain:
        plain["datasets"] = [plain.get("dataset", "")]
    return plain


def hepdata_table(result: Mapping[str, Any]) -> dict[str, Any]:
    """The table of a limit: m_V against limit, best fit and, where present, expected bands.

    Args:
        result: see `limit_facts`.

    Returns:
        Independent and dependent variables as HEPData wants them. The median expected limit
        carries its ±1σ and ±2σ bands, a limit from toys its Monte Carlo error, as errors.
    """
    facts = limit_facts(result)
    qualifiers = _qualifiers(facts)

    def column(name: str, entries: list[dict[str, Any]]) -> dict[str, Any]:
        header = {"name": f"{facts['quantity']}, {name}"}
        return {"header": header, "qualifiers": qualifiers, "values": entries}

    dependent = []
    for key, name in _COLUMNS.items():
        if facts.get(key) is None or (key == "lower" and facts.get("method") != "fc"):
            continue
        errors = facts.get(f"{key}_error") if facts.get("toys") else None
        dependent.append(column(name, [_entry(v, errors, i) for i, v in enumerate(facts[key])]))
    if facts.get("expected") is not None:
        entries = [
            _banded(dict(zip(facts["sigmas"], row, strict=True))) for row in facts["expected"]
        ]
        dependent.insert(1, column("median expected upper limit", entries))
    masses = {"name": "m_V", "units": "MeV"}
    values = [{"value": m} for m in facts["m_v"]]
    return {
        "independent_variables": [{"header": masses, "values": values}],
        "dependent_variables": dependent,
    }


def _entry(value: float | None, errors: Sequence[float | None] | None, row: int) -> dict[str, Any]:
    """A number with its Monte Carlo error, where it has one."""
    if value is None:
        return {"value": NO_VALUE}
    error = None if errors is None else errors[row]
    found: dict[str, Any] = {"value": value}
    if error:
        found["errors"] = [{"label": "Monte Carlo", "symerror": error}]
    return found


def _banded(row: Mapping[float, float | None]) -> dict[str, Any]:
    """The median with its bands; a side without a value is left empty."""
    median = row[0.0]
    if median is None:
        return {"value": NO_VALUE}
    errors = []
    for width, label in _BANDS:
        low, high = row[-width], row[width]
        sides = {
            "minus": "" if low is None else low - median,
            "plus": "" if high is None else high - median,
        }
        errors.append({"label": label, "asymerror": sides})
    return {"value": median, "errors": errors}


def _qualifiers(facts: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What a column holds for."""
    method = facts.get("method")
    known: list[tuple[str, Any, str | None]] = [
        ("experiment", facts.get("experiment"), None),
        ("data sets", _data(facts), None),
        ("model", facts["model"], None),
        ("dark matter", facts["dm"], None),
        ("alpha_D", facts["alpha_d"], None),
        ("m_V/m_chi", facts["mass_ratio"], None),
        ("C.L.", 100.0 * facts["cl"], "%"),
        ("method", method or "chi2", None),
        ("test statistic", facts.get("test") if method in ("asymptotic", "toys") else None, None),
        ("CLs", str(facts["cls"]) if method in ("asymptotic", "toys") else None, None),
        ("toys per point", facts.get("toys") if method in ("toys", "fc") else None, None),
        ("shared scale", facts.get("alpha_treatment"), None),
        ("systematics", str(facts["systematics"]) if "systematics" in facts else None, None),
        ("conventions", facts["conventions"], None),
        *((f"convention {k}", str(v), None) for k, v in facts["conventions_changed"].items()),
        ("channels", ", ".join(facts.get("channels", [])), None),
        ("dmjax version", facts.get("version"), None),
    ]
    return [
        {"name": name, "value": value} | ({"units": units} if units else {})
        for name, value, units in known
        if value not in (None, "")
    ]


def _data(facts: Mapping[str, Any]) -> str:
    """Names of the data sets; csi2017 is used in one of its windows."""
    window = facts.get("window")
    named = [f"{n} ({window})" if window and n == "csi2017" else n for n in facts["datasets"]]
    return " + ".join(named)


def hepdata_submission(result: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The documents of `submission.yaml`: a comment and the entry of the table."""
    facts = limit_facts(result)
    where = f"{_data(facts)}, {facts['model']} with {facts['dm']} dark matter"
    held = f"alpha_D = {facts['alpha_d']:g}, m_V/m_chi = {facts['mass_ratio']:g}"
    quantity = facts["quantity"]
    entry = {
        "name": f"Limit on {quantity}",
        "description": f"{100 * facts['cl']:g} % C.L. upper limit on "
        f"{MEANINGS.get(quantity, quantity)} against m_V from {where}, at {held}. "
        f"'{NO_VALUE}': no limit at that mass.",
        "keywords": [
            {"name": "phrases", "values": ["dark matter", facts["model"], "upper limit"]},
            {"name": "observables", "values": [quantity]},
        ],
        "data_file": TABLE,
    }
    return [{"comment": f"Upper limit from {where}, made with dmjax."}, entry]


def write_hepdata(folder: Path, result: Mapping[str, Any]) -> list[Path]:
    """Write the submission of a saved limit into a folder.

    Args:
        folder: made where it does not exist.
        result: see `limit_facts`.

    Returns:
        The files written.

    Raises:
        InputError: not a limit, PyYAML is not installed, or the folder cannot be written.
    """
    try:
        import yaml
    except ImportError as problem:
        raise InputError("this needs PyYAML: pip install 'dmjax[export]'") from problem
    table, submission = hepdata_table(result), hepdata_submission(result)

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
