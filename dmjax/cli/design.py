"""`dmjax design`."""

from pathlib import Path
from typing import TYPE_CHECKING

from dmjax.cli.common import begin, emit, report, show
from dmjax.studies.cut_settings import DesignSettings

if TYPE_CHECKING:
    from dmjax.cuts.design_result import DesignResult

ABOUT = """What the expected limit of a detector depends on: d ln(limit)/d ln(parameter).

Of mass, distance, angle, exposure, threshold, light yield, pulse width, each background and each
systematic, by one derivative. All bins of the detector, or with --cuts one count inside its
published selection. --expected-at adds the errors of (m_V, coupling) that such a signal would have;
--floor finds the best place on a floor.
"""


def design(settings: DesignSettings, json: bool, out: Path | None, quiet: bool) -> None:
    """Run it and print it."""
    begin(out)
    from dmjax.cuts.designing import run_design

    found = run_design(settings)
    if report(found, out, json, quiet):
        show_design(found)


def show_design(found: "DesignResult") -> None:
    """Knobs by what they do, the strongest first."""
    ordered = sorted(found.elasticities.items(), key=lambda pair: -abs(pair[1]))
    how = "one count in the cuts" if found.counting else "all bins"
    title = f"{found.experiment}, m_V = {found.m_v:.4g} MeV, {how}: "
    title += f"{found.coupling} < {found.value:.3g} expected at {100.0 * found.cl:.4g}% C.L."
    show(title, ["parameter", "d ln limit/d ln parameter"], [[n, f"{x:+.4f}"] for n, x in ordered])
    parts = ", ".join(f"{name} {events:.4g}" for name, events in found.background.items())
    emit(f"background [events]: {parts}")
    if found.expected_at is not None:
        emit(
            f"signal of {found.coupling} = {found.expected_at:.3g}: errors of ln m_V "
            f"{found.sigma_ln_m_v}, of ln {found.coupling} {found.sigma_ln_coupling}, "
            f"correlation {found.correlation}"
        )
    if found.place is not None:
        emit(
            f"best place: {found.place['distance_m']:.4g} m at {found.place['angle_deg']:.4g} "
            f"degrees, {found.coupling} < {found.place['value']:.3g}"
        )
