"""Table 4 of arXiv:2006.09386: V per photon of each source, from the charges of the quarks."""

from typing import Any

from dmjax.conventions import D20, Conventions
from dmjax.models import PRESETS, Charges
from dmjax.models.production import (
    capture_amplitude,
    capture_charge,
    eta_charge,
    meson_charge,
)
from dmjax.reproduce.cells import draw_cells, shade
from dmjax.reproduce.made import Check, Made, near

MODELS = ("dark-photon", "baryonic", "leptonic", "b-l", "le-lmu", "le-ltau", "t3r-1", "t3r-2")
PRINTED = {
    "pi0": (1.0, 1.0, 0.0, 1.0, 0.0, 0.0, 4.0, 4.0),
    "pi- capture": (1.0, 0.25, 0.0, 0.25, 0.0, 0.0, 9.0, 9.0),
    "eta": (1.0, 1.0, 0.0, 1.0, 0.0, 0.0, 4.0, 4.0),
    "cascade": (1.0, 0.0, 1.0, 1.0, 1.0, 1.0, 4.0, 0.0),
}
"""p_X² in units of (κ_f/e)², the models as in `MODELS`."""

WITHIN = 1e-9
NOTE = (
    "Every printed factor follows from the charges by the paper's rule, which the profile d20 "
    "keeps. Two of its rows are in error: the eta has quarks of its own, strange ones among them, "
    "and not the pi0's (0.25 for B and B-L, 20.25 for T3R); and pi- capture goes by the electric "
    "dipole of pion photoproduction, isovector almost alone, and not by the charge of the up "
    "quark (0.013 for B and B-L, 14.2 for T3R). The profile dmjax has both right; cells that "
    "change are orange."
)


def by_the_rule(charges: Charges, source: str) -> float:
    """p_X² in (κ_f/e)² by the rule of the table: a charge over the electric one."""
    rule = {"pi0": meson_charge, "pi- capture": capture_charge, "eta": meson_charge}
    return charges.electron**2 if source == "cascade" else rule[source](charges) ** 2


def by_the_hadrons(charges: Charges, source: str) -> float:
    """The same with the quarks of the η, and multipoles in π⁻ capture."""
    better = {"pi- capture": capture_amplitude, "eta": eta_charge}
    return better[source](charges) ** 2 if source in better else by_the_rule(charges, source)


def make(conventions: Conventions = D20) -> Made:
    """Printed factors beside those of the rule and of the hadrons.

    Args:
        conventions: not used: both columns are shown.
    """
    rows: list[dict[str, Any]] = []
    for source, printed in PRINTED.items():
        for model, value in zip(MODELS, printed, strict=True):
            found = {
                "by_the_rule": by_the_rule(PRESETS[model], source),
                "by_the_hadrons": by_the_hadrons(PRESETS[model], source),
            }
            rows.append({"source": source, "model": model, "printed": value} | found)
    return Made({"rows": rows}, rows, _draw(rows), _checks(rows), NOTE)


def _checks(rows: list[dict[str, Any]]) -> tuple[Check, ...]:
    """Rows that follow by the rule, and cells that hadrons change."""
    follow = [
        near(
            f"{source}: models that follow by the rule",
            len(MODELS),
            sum(_same(row) for row in rows if row["source"] == source),
            0.0,
        )
        for source in PRINTED
    ]
    changed = [
        near(
            f"{row['source']}, {row['model']}: by its hadrons",
            row["printed"],
            row["by_the_hadrons"],
            WITHIN,
        )
        for row in rows
        if not _same(row, "by_the_hadrons")
    ]
    return (*follow, *changed)


def _same(row: dict[str, Any], how: str = "by_the_rule") -> bool:
    return abs(row[how] - row["printed"]) < WITHIN


def _draw(rows: list[dict[str, Any]]):
    cells, colours = [], []
    for source in PRINTED:
        line = [row for row in rows if row["source"] == source]
        same = [_same(row, "by_the_hadrons") for row in line]
        texts = [
            f"{row['printed']:g}" if ok else f"{row['printed']:g} → {row['by_the_hadrons']:.3g}"
            for row, ok in zip(line, same, strict=True)
        ]
        cells.append([source, *texts])
        colours.append([shade(None), *(shade(ok) for ok in same)])
    title = r"arXiv:2006.09386 Table 4: $p_X^2$ in units of $(\kappa_f/e)^2$; printed → right"
    return draw_cells(title, ("source", *MODELS), cells, colours)
