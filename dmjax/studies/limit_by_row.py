"""Masses of a limit that need more than formulas, one after the other."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import jax
import numpy as np

from dmjax.store.progress import Say
from dmjax.studies.limit_result import LimitResult
from dmjax.studies.limit_rows import EMPTY, enough_toys, exact_row, fc_row, guarded, toy_row
from dmjax.studies.plan import open_store, throwing
from dmjax.studies.question import Asked
from dmjax.studies.setting import at_mass, coupling_error, to_coupling

_ROWS = {"exact": exact_row, "toys": toy_row, "fc": fc_row}


def by_rows(
    asked: Asked, formulas: Any, base: LimitResult, out: Path | None, say: Say
) -> LimitResult:
    """One mass after the other, around what the formulas gave, where these do not serve."""
    rows, settings = [], asked.settings
    methods = base.methods or []
    with open_store(out, settings, asked.joint, asked.counts, asked.data) as held:
        for i, (events, method) in enumerate(zip(asked.events, methods, strict=True)):
            if not events > 0 or method not in _ROWS:
                rows.append(EMPTY)
                continue
            how = throwing(settings, held, f"m{i}_", say)
            how = how if settings.method else enough_toys(how, settings.cl)
            joint = at_mass(asked.joint, asked.counts, i)
            here = jax.tree.map(lambda x, i=i: x[i], formulas)
            question = (joint, asked.chosen, asked.data, settings, how, here)
            rows.append(guarded(_ROWS[method], *question))
    columns = {key: [row[key] for row in rows] for key in rows[0]}
    return _with_rows(asked, base, columns)


def _with_rows(asked: Asked, base: LimitResult, columns: dict) -> LimitResult:
    """The result with some rows in place of those by formulas."""
    methods = base.methods or []
    made = np.array([method in _ROWS for method in methods])

    def coupling(name: str) -> np.ndarray:
        return to_coupling(asked.setting, asked.masses, columns[name])

    def error(name: str) -> np.ndarray:
        ends = columns[name], columns[f"{name}_error"]
        return coupling_error(asked.setting, asked.masses, *ends)

    def merged(new, name: str) -> Any:
        return np.where(made, new, getattr(base, name))

    def listed(new: list, old: list) -> list:
        return [a if row else b for row, a, b in zip(made, new, old, strict=True)]

    banded = asked.settings.bands and made.all()
    toys = any(method in ("toys", "fc") for method in methods)
    lower = np.asarray(columns["lower"], float)
    p_sb, p_b = (np.asarray(columns[name], float) for name in ("p_sb", "p_b"))
    notes = [a or b for a, b in zip(columns["notes"], base.notes or [], strict=True)]
    return replace(
        base,
        test=None if set(methods) == {"fc"} else "qtilde",
        cls=None if set(methods) == {"fc"} else asked.settings.cls,
        limit=merged(coupling("limit"), "limit"),
        lower=merged(coupling("lower"), "lower"),
        limit_error=merged(error("limit"), "limit_error"),
        lower_error=merged(np.where(lower > 0, error("lower"), 0.0), "lower_error"),
        expected=coupling("expected") if banded else None,
        expected_error=error("expected") if banded else None,
        expected_status=columns["expected_status"] if banded else None,
        p_sb=merged(p_sb, "p_sb"),
        p_b=merged(p_b, "p_b"),
        cls_at_limit=merged(p_sb / p_b, "cls_at_limit"),
        cls_error=merged(columns["cls_error"], "cls_error"),
        status=listed(columns["status"], base.status),
        notes=notes,
        toys=asked.settings.toys if toys else 0,
        failed=columns["failed"],
    )
