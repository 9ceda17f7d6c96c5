"""`dmjax posterior`."""

from pathlib import Path

from dmjax.cli.common import emit, finish, show, start
from dmjax.cli.progress import Progress
from dmjax.studies.settings import PosteriorSettings

ABOUT = """Posterior of m_V, Y and every nuisance in one or more data sets together.

Methods: nuts (default), nested (also gives ln Z).
"""
KEPT = "with --out, finished steps of NUTS are used again"


def posterior(settings: PosteriorSettings, json: bool, out: Path | None, quiet: bool) -> None:
    """Run it and print it."""
    start()
    from dmjax.studies.posterior import run_posterior

    with Progress("templates and sampling", KEPT, quiet) as progress:
        result = run_posterior(settings, out, progress).to_plain()
    failure = "the sampler did not pass its gates; see its status"
    silent = quiet and out is not None
    finish(result, json, _print_posterior, result["converged"], failure, silent)


def _print_posterior(result: dict) -> None:
    rows = []
    for name, found in result["parameters"].items():
        numbers = [f"{found[key]:.4g}" for key in ("q50", "q16", "q84", "q90")]
        r_hat = "-" if found["r_hat"] is None else f"{found['r_hat']:.3f}"
        rows.append([name, *numbers, r_hat, f"{found['ess']:.0f}"])
    settings = result["configuration"]
    title = f"{', '.join(settings['where'])}; {settings['method']}; prior "
    title += f"{settings['prior']}, m_v in {settings['m_v_range']}, Y in {settings['y_range']}"
    show(title, ["parameter", "median", "16 %", "84 %", "90 %", "R-hat", "ESS"], rows)
    if result["log_z"] is not None:
        emit(f"ln Z = {result['log_z']:.2f} +- {result['error']:.2f}")
    else:
        emit(f"{result['divergences']} divergent of {result['draws']} draws")
    emit(result["status"])
