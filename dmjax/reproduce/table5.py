"""Table 5 of arXiv:2006.09386: the cuts, and what they leave of a year of neutrinos."""

from typing import Any

from dmjax.analyses.projections import projected, projected_backgrounds
from dmjax.conventions import D20, Conventions
from dmjax.experiments import experiment
from dmjax.reproduce.cells import draw_cells, shade
from dmjax.reproduce.made import Made, near
from dmjax.units import KEV_PER_MEV

PRINTED = {
    "coherent-csi": (14.0, 26.0, 1.5),
    "coherent-lar": (21.0, None, 1.5),
    "ccm-tight": (50.0, None, 0.1),
    "ccm-loose": (50.0, None, 0.4),
    "jsns2": (3e4, None, 0.25),
}
"""Detector → lowest and highest recoil [keV], end of the time window [µs]."""

ENDS = ("recoil_min_kev", "recoil_max_kev", "time_max_us")
NEUTRINOS = ("prompt", "delayed", "kaon", "in-flight")
NOTE = (
    "The detectors of dmjax hold the printed cuts. Beside them stand the neutrinos that the cuts "
    "leave in a year, which the paper does not print. LAr: 21 keV is taken as nuclear recoil; see "
    "fig4."
)


def make(conventions: Conventions = D20) -> Made:
    """Printed cuts beside those of the detectors' files, and the neutrinos that pass them.

    Args:
        conventions: of the neutrinos.
    """
    rows: list[dict[str, Any]] = []
    checks = []
    for name, printed in PRINTED.items():
        chosen = experiment(name).selection
        held = [getattr(chosen, end) for end in ENDS]
        checks += [
            near(f"{name}: {end}", want, have, 1e-9)
            for end, want, have in zip(ENDS, printed, held, strict=True)
            if want is not None
        ]
        cuts = dict(zip(ENDS, held, strict=True))
        rows.append({"experiment": name} | cuts | _left(name, conventions))
    return Made({"rows": rows}, rows, _draw(rows), tuple(checks), NOTE)


def _left(name: str, conventions: Conventions) -> dict[str, float]:
    """Neutrinos of one year inside the cuts."""
    known = projected_backgrounds(projected(name, years=1.0, cuts=True), conventions)
    return {part: float(known[part].sum()) for part in NEUTRINOS if part in known}


def _draw(rows: list[dict[str, Any]]):
    cells = []
    for row in rows:
        unit, scale = ("MeV", KEV_PER_MEV) if row["experiment"] == "jsns2" else ("keV", 1.0)
        ends = [None if row[end] is None else f"{row[end] / scale:g}" for end in ENDS[:2]]
        energy = f"> {ends[0]} {unit}" if ends[1] is None else f"{ends[0]} to {ends[1]} {unit}"
        left = sum(row.get(part, 0.0) for part in NEUTRINOS)
        cells.append([row["experiment"], energy, f"< {row[ENDS[2]]:g} µs", f"{left:.3g}"])
    colours = [[shade(None), shade(True), shade(True), shade(None)] for _ in cells]
    heads = ("detector", "recoil energy", "time", "neutrinos a year (ours)")
    return draw_cells("arXiv:2006.09386 Table 5: cuts", heads, cells, colours)
