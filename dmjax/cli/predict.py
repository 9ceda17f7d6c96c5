"""`dmjax predict`."""

from pathlib import Path

from dmjax.cli.common import begin, emit, report, show
from dmjax.studies.settings import PredictSettings

ABOUT = "Expected dark-matter events per production channel and per bin, and every background."


def predict(settings: PredictSettings, json: bool, out: Path | None, quiet: bool) -> None:
    """Run it and print it."""
    begin(out)
    from dmjax.studies.predicting import run_predict

    result = run_predict(settings)
    if not report(result, out, json, quiet):
        return
    rows = [[name, f"{events:.5g}"] for name, events in result.channels.items()]
    rows.append(["total", f"{result.total:.5g}"])
    rows += [[f"background: {name}", f"{n:.5g}"] for name, n in result.background.items()]
    beam = "POT" if result.signature == "scattering" else "leptons on target"
    flown = f", lifetime {result.lifetime_ns:.3g} ns" if result.long_lived else ""
    show(
        f"{result.experiment}, {result.model} ({result.dm}), m_V = {result.m_v:g} MeV, "
        f"m_chi = {result.m_chi:g} MeV{flown}, {result.pot:g} {beam}, "
        f"conventions {settings.conventions}",
        ["channel", "events"],
        rows,
    )
    for code, text in result.notes.items():
        emit(f"note ({code}): {text}")
