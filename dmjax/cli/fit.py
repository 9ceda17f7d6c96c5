"""`dmjax fit`."""

from pathlib import Path
from typing import Any

from dmjax.cli.common import begin, emit, fail, finish, report, show, start
from dmjax.cli.progress import Progress
from dmjax.studies.settings import FitSettings

ABOUT = """Fit data sets: best fit and errors; csi2017 alone: counts, limits, posterior and figures.

Without --signal, csi2017 alone gets its whole analysis (a folder, continued by the same command),
other data sets the fit of their backgrounds.
"""
OUT = "Folder of the whole fit (default results/csi2017); else the file of the result."


def fit(settings: FitSettings, json: bool, out: Path | None, quiet: bool) -> None:
    """Run it and print it."""
    if settings.counting:
        _counting(settings, json, out, quiet)
    elif settings.signal is None and settings.where == ("csi2017",):
        _whole(settings, json, out, quiet)
    else:
        _best(settings, json, out, quiet)


def _best(settings: FitSettings, json: bool, out: Path | None, quiet: bool) -> None:
    begin(out)
    from dmjax.studies.best_fit import run_fit

    found = run_fit(settings)
    if report(found, out, json, quiet):
        rows = [
            [name, *("-" if value is None else f"{value:.4g}" for value in numbers.values())]
            for name, numbers in found.parameters.items()
        ]
        headers = ["parameter", "value", "error", "lower", "upper"]
        title = f"{', '.join(found.datasets)}; signal {found.fitted}; {found.status}"
        show(title, headers, rows)
        for name, parts in found.yields.items():
            rows = [[part, *(f"{x:.4g}" for x in pair.values())] for part, pair in parts.items()]
            show(f"{name}: events after the fit", ["component", "events", "error"], rows)
        for name, z in found.significance.items():
            emit(f"{name} = 0 disfavoured by {z:.2f} standard deviations")
        if found.best_coupling is not None:
            emit(f"best {found.quantity} = {found.best_coupling:.4g} at m_V = {found.m_v:g} MeV")
        emit(f"-2 ln L = {found.two_nll:.4f}")
    if found.status != "converged":
        fail(found.status)


def _counting(settings: FitSettings, json: bool, out: Path | None, quiet: bool) -> None:
    begin(out)
    from dmjax.studies.counting import run_counting

    found = run_counting(settings)
    if not report(found, out, json, quiet):
        return
    names = {
        "r_n_fm": "R_n [fm]",
        "n_on": "on (coincidence)",
        "n_off": "off (anticoincidence)",
        "n_prompt": "prompt neutrinos",
        "n_delayed": "delayed neutrinos",
        "n_brn": "beam-related neutrons",
        "excess": "excess",
        "significance": "significance",
    }
    results = found.results
    rows = [[text, *(f"{getattr(r, key):.4g}" for r in results)] for key, text in names.items()]
    title = f"{found.dataset}: 16 <= PE < 30, t < 1.5 us, conventions {settings.conventions}"
    show(title, ["", *(["events"] * len(results))], rows)


def _whole(settings: FitSettings, json: bool, out: Path | None, quiet: bool) -> None:
    start()
    from dmjax.plots.fits import draw_fit
    from dmjax.studies.whole_fit import run_whole_fit

    folder = out or Path("results") / settings.where[0]
    with Progress("counting", "finished steps are used again", quiet) as say:
        summary = run_whole_fit(settings, folder, say).to_plain()
        say("figures", 0, 1)
        files = draw_fit(folder)
    summary["figures"] = [str(path) for path in files]
    failure = "the sampler did not pass its gates; see the reasons above"
    finish(summary, json, _print_whole, summary["converged"], failure, quiet)


def _print_whole(summary: dict[str, Any]) -> None:
    first, second = summary["counting"]
    emit(
        f"{first['n_on']} on, {first['n_off']} off; significance {first['significance']:.2f} "
        f"(R_n = {first['r_n_fm']:g} fm), {second['significance']:.2f} ({second['r_n_fm']:g} fm)"
    )
    rows = []
    for window, found in summary["posterior"].items():
        quality = found["diagnostics"]
        inside = found["nuts_inside_grid_regions"]
        rows.append(
            [
                window,
                f"{found['best_m_v']:.3g}",
                f"{found['best_y']:.2e}",
                f"{max(quality['r_hat'].values()):.3f}",
                f"{min(quality['ess'].values()):.0f}",
                f"{quality['divergences']} of {quality['draws']}",
                f"{inside[0]:.3f}, {inside[1]:.3f}",
                "passed" if found["converged"] else "; ".join(found["reasons"]),
            ]
        )
    headers = [
        "window",
        "best m_V [MeV]",
        "best Y",
        "R-hat",
        "ESS",
        "divergent",
        "draws in the grid's 68 %, 95 %",
        "gates",
    ]
    show("Posterior of (m_V, Y)", headers, rows)
    for line in summary["conclusions"]:
        emit(line)
    emit(f"results in {summary['folder']}; figures: {', '.join(summary['figures'])}")
