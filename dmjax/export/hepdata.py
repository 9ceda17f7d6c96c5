"""Limits as a HEPData submission: `submission.yaml` and one table, as plain YAML.

The format (https://hepdata-submission.readthedocs.io) is two short YAML files. Every dependent
column carries what it holds for: model, α_D, m_V/m_χ, confidence level, conventions.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from dmjax.errors import InputError
from dmjax.store.result import AbstractResult
from dmjax.store.writing import write_text
from dmjax.studies.limit_result import LimitResult

NO_VALUE = "-"
"""HEPData's entry for no number: here no limit at that mass."""
TABLE = "limit.yaml"
MEANINGS = {
    "Y": "Y = epsilon^2 alpha_D (m_chi/m_V)^4",
    "alpha_B": "alpha_B = g_B^2/(4 pi)",
    "eps": "the kinetic mixing epsilon",
    "g": "the gauge coupling g",
}
"""What a quantity is; another is named alone."""
_COLUMNS = {
    "limit": "observed upper limit",
    "lower": "lower end of the interval",
    "best_fit": "best fit",
}
_BANDS = ((1.0, "1 sigma"), (2.0, "2 sigma"))


def limit_of(result: AbstractResult | Mapping[str, Any]) -> LimitResult:
    """A limit against masses.

    Args:
        result: a `LimitResult`, or what its file holds.

    Raises:
        InputError: another kind of result, or a limit without masses.
    """
    if isinstance(result, Mapping):
        if result.get("kind") != LimitResult.kind:
            raise InputError("not a saved limit: make one with dmjax limit --out")
        result = LimitResult.from_plain(dict(result))
    if not isinstance(result, LimitResult):
        raise InputError(f"not a limit but a {result.kind} result: make one with dmjax limit --out")
    if result.m_v is None:
        raise InputError(f"a limit on {result.quantity} has no masses: nothing to tabulate")
    return result


def hepdata_table(result: AbstractResult | Mapping[str, Any]) -> dict[str, Any]:
    """The table of a limit: m_V against limit, best fit and, where present, expected bands.

    Args:
        result: see `limit_of`.

    Returns:
        Independent and dependent variables as HEPData wants them. The median expected limit
        carries its ±1σ and ±2σ bands, a limit from toys its Monte Carlo error, as errors.
    """
    found = limit_of(result)
    facts, qualifiers = found.to_plain(), _qualifiers(found)

    def column(name: str, entries: list[dict[str, Any]]) -> dict[str, Any]:
        header = {"name": f"{found.quantity}, {name}"}
        return {"header": header, "qualifiers": qualifiers, "values": entries}

    dependent = []
    for key, name in _COLUMNS.items():
        if key == "lower" and found.method != "fc":
            continue
        errors = facts.get(f"{key}_error") if found.toys else None
        dependent.append(column(name, [_entry(v, errors, i) for i, v in enumerate(facts[key])]))
    if found.expected is not None:
        entries = [_banded(dict(zip(found.sigmas, row, strict=True))) for row in facts["expected"]]
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


def _qualifiers(found: LimitResult) -> list[dict[str, Any]]:
    """What a column holds for."""
    signal, chosen = found.signal, found.conventions
    known: list[tuple[str, Any, str | None]] = [
        ("experiment", found.experiment, None),
        ("data sets", _data(found), None),
        ("model", signal.get("model"), None),
        *((f"charge of {k}", v, None) for k, v in signal.get("charges", {}).items()),
        ("dark matter", signal.get("dm"), None),
        ("alpha_D", signal.get("alpha_d"), None),
        ("m_V/m_chi", signal.get("mass_ratio"), None),
        ("m_chi", signal.get("m_chi"), "MeV"),
        ("m_X", signal.get("m_x"), "MeV"),
        ("C.L.", 100.0 * found.cl, "%"),
        ("method", found.method, None),
        ("steady state", found.off_term, None),
        ("integrated over", found.integrate, None),
        ("test statistic", found.test, None),
        ("CLs", None if found.cls is None else str(found.cls), None),
        ("toys per point", found.toys or None, None),
        ("systematics", _said(found.configuration.get("systematics")), None),
        ("conventions", chosen["name"], None),
        *((f"convention {k}", str(v), None) for k, v in chosen["changed"].items()),
        ("channels", ", ".join(signal.get("channels", [])), None),
        ("dmjax version", found.version, None),
    ]
    return [
        {"name": name, "value": value} | ({"units": units} if units else {})
        for name, value, units in known
        if value not in (None, "")
    ]


def _said(value: Any) -> str | None:
    return None if value is None else str(value)


def _data(found: LimitResult) -> str:
    """Names of the data sets; csi2017 is used in one of its windows."""
    window = found.configuration.get("window")
    named = [f"{n} ({window})" if window and n == "csi2017" else n for n in found.datasets]
    return " + ".join(named)


def hepdata_submission(result: AbstractResult | Mapping[str, Any]) -> list[dict[str, Any]]:
    """The documents of `submission.yaml`: a comment and the entry of the table."""
    found = limit_of(result)
    model, quantity = found.signal.get("model", "a signal"), found.quantity
    where = f"{_data(found) or found.experiment}, {model} with {found.signal.get('dm')} dark matter"
    named = {"alpha_d": "alpha_D", "mass_ratio": "m_V/m_chi", "m_chi": "m_chi [MeV]"}
    held = ", ".join(f"{t} = {found.signal[k]:g}" for k, t in named.items() if k in found.signal)
    entry = {
        "name": f"Limit on {quantity}",
        "description": f"{100 * found.cl:g} % C.L. upper limit on "
        f"{MEANINGS.get(quantity, quantity)} against m_V from {where}, at {held}. "
        f"'{NO_VALUE}': no limit at that mass.",
        "keywords": [
            {"name": "phrases", "values": ["dark matter", model, "upper limit"]},
            {"name": "observables", "values": [quantity]},
        ],
        "data_file": TABLE,
    }
    return [{"comment": f"Upper limit from {where}, made with dmjax."}, entry]


def write_hepdata(folder: Path, result: AbstractResult | Mapping[str, Any]) -> list[Path]:
    """Write the submission of a saved limit into a folder.

    Args:
        folder: made where it does not exist.
        result: see `limit_of`.

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
