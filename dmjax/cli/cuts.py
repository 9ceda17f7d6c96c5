"""`dmjax optimize-cuts`."""

from pathlib import Path
from typing import TYPE_CHECKING

from dmjax.cli.common import begin, emit, report, show
from dmjax.studies.cut_settings import CutSettings

if TYPE_CHECKING:
    from dmjax.cuts.cuts_result import CutsResult

ABOUT = """The best windows in energy and time of a detector, at each mass.

Objectives: limit (expected upper limit; default), discovery (expected significance of a signal of
coupling --expected-at), s-over-root-b (S/sqrt(2 B_steady + B_nu + B_beam)), information. Found by
gradient on smooth edges that narrow to a hard cut, which is what is reported. Windows are chosen on
expected counts, never on observed ones. With --no-counting the windows keep their binned
likelihood (by formulas of large samples), for which the whole range is always best. --selection
learned also trains a small network on (energy, time) for the same objective and sets one count in
the region that it keeps beside the windows and all bins, with toys of both.
"""
_NAMES = {
    "discovery": "Z",
    "s-over-root-b": "S/sqrt(B)",
    "information": "information",
}


def optimize_cuts(settings: CutSettings, json: bool, out: Path | None, quiet: bool) -> None:
    """Run it and print it."""
    begin(out)
    from dmjax.cuts.optimizing import run_optimize_cuts

    found = run_optimize_cuts(settings)
    if report(found, out, json, quiet):
        show_cuts(found)


def show_cuts(found: "CutsResult") -> None:
    """A row for every mass."""
    name = found.quantity if found.objective == "limit" else _NAMES[found.objective]
    headers = ["m_V [MeV]", "E_r [keV]", "t [us]", name, "published", "gain", "status"]
    numbers = zip(found.value, found.value_table5, found.gain, strict=True)
    cells = [[f"{one:.3g}" for one in row] for row in numbers]
    windows = zip(found.m_v, found.energy_kev, found.time_us, strict=True)
    heads = [[f"{mass:.4g}", _span(energy), _times(times)] for mass, energy, times in windows]
    rows = [
        [*head, *row, status] for head, row, status in zip(heads, cells, found.status, strict=True)
    ]
    how = "one count" if found.counting else "binned likelihood"
    show(f"{found.experiment}, {found.signal['model']}: {found.objective}, {how}", headers, rows)
    table5 = found.table5
    emit(f"published: {_span(table5['energy_kev'])} keV, {_times(table5['time_us'])} us")
    emit(f"chosen on {found.optimised_on}")
    if found.learned is not None:
        _show_learned(found, name, found.learned)


def _show_learned(found: "CutsResult", name: str, learned: dict) -> None:
    """Published, windows, region and all bins; then toys."""
    headers = ["m_V [MeV]", "published", "windows", "learned", "all bins"]
    columns = [found.m_v, found.value_table5, found.value, learned["value"], learned["all_bins"]]
    show(
        f"{name}: who wins",
        headers,
        [[_short(x) for x in row] for row in zip(*columns, strict=True)],
    )
    for which, toys in learned["toys"].items():
        headers = ["m_V [MeV]", "median", "one event less", "one more", "holds the signal"]
        columns = [found.m_v, toys["median"], toys["low"], toys["high"], toys["covered"]]
        title = f"toys, {which}: limits without signal, coverage at the expected limit"
        show(title, headers, [[_short(x) for x in row] for row in zip(*columns, strict=True)])


def _short(value: float | None) -> str:
    return "" if value is None else f"{value:.4g}"


def _span(ends) -> str:
    return f"{ends[0]:.4g} to {ends[1]:.4g}"


def _times(windows) -> str:
    several = isinstance(windows[0], list)
    return ", ".join(_span(one) for one in windows) if several else _span(windows)
