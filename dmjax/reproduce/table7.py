"""Table 7 of arXiv:2006.09386: which search is sensitive to which model."""

from typing import Any

from dmjax.conventions import D20, Conventions
from dmjax.recast.table7 import NO, table7
from dmjax.reproduce.cells import draw_cells, shade
from dmjax.reproduce.made import Made, near, said

NOTE = (
    "By the charges every tick agrees but two: model 2 of T3R is ticked for BaBar and NA64, whose "
    "V does not couple to electrons. 'weak': V would scatter, and be made in electron cascades, "
    "which the published curves of LSND and MiniBooNE do not hold."
)
PRINTED_ERRORS = (("BaBar", "t3r-2"), ("NA64", "t3r-2"))


def make(conventions: Conventions = D20) -> Made:
    """Ticks by the charges beside the printed ones.

    Args:
        conventions: not used: charges alone decide.
    """
    table = table7()
    models = list(next(iter(table.values())))
    wrong = {(e, m) for e, line in table.items() for m, found in line.items() if "printed" in found}
    cells = len(table) * len(models)
    rows: list[dict[str, Any]] = [
        {
            "experiment": name,
            "model": model,
            "found": found.split(" ")[0],
            "agrees": not _off(found),
        }
        for name, line in table.items()
        for model, found in line.items()
    ]
    checks = (
        near("cells that agree", cells, cells - len(wrong), 0.0),
        *(
            said(f"{name}, {model}: sensitive (1) or not (0)", "sensitive", float(kept), kept)
            for name, model in PRINTED_ERRORS
            for kept in (not table[name][model].startswith(NO),)
        ),
    )
    texts = [
        [name, *(line[m].replace(" (printed:", "\n(printed:") for m in models)]
        for name, line in table.items()
    ]
    colours = [
        [shade(None), *(shade(not _off(line[m])) for m in models)] for line in table.values()
    ]
    title = "arXiv:2006.09386 Table 7 by charges; orange: printed otherwise"
    figure = draw_cells(title, ("search", *models), texts, colours)
    return Made(table, rows, figure, checks, NOTE)


def _off(found: str) -> bool:
    return "printed" in found
