"""`dmjax evidence`."""

from pathlib import Path

from dmjax.cli.common import emit, finish, show, start
from dmjax.cli.progress import Progress
from dmjax.studies.settings import EvidenceSettings

ABOUT = "Evidence by nested sampling, Bayes factors and predictive checks."
KEPT = "with --out, finished hypotheses are used again"


def evidence(settings: EvidenceSettings, json: bool, out: Path | None, quiet: bool) -> None:
    """Run it and print it."""
    start()
    from dmjax.studies.evidence import run_evidence

    with Progress("templates and sampling", KEPT, quiet) as progress:
        result = run_evidence(settings, out, progress).to_plain()
    failure = "a sampler did not pass its gates; see its status"
    silent = quiet and out is not None
    finish(result, json, _print_evidence, result["converged"], failure, silent)


def _print_evidence(result: dict) -> None:
    rows = []
    for name, run in result["runs"].items():
        check = result["grid"].get(name)
        p = run["posterior_predictive"]
        rows.append(
            [
                name,
                f"{run['log_z']:.2f} +- {run['error']:.2f}",
                "-" if check is None else f"{check['log_z']:.2f}",
                f"{run['information']:.2f}",
                f"{p['chi2']['p_value']:.3f} +- {p['chi2']['error']:.3f}",
                f"{p['total']['p_value']:.3f} +- {p['total']['error']:.3f}",
            ]
        )
    headers = ["hypothesis", "ln Z", "grid", "nats", "p (chi2)", "p (total)"]
    show(f"{result['dataset']} ({result['window']})", headers, rows)
    for name, run in result["runs"].items():
        if run["status"] != "converged":
            emit(f"{name}: {run['status']}")
    for name, check in result["grid"].items():
        shares = {"nested": check["draws_inside_68_95"]}
        if "nuts_status" in check:
            shares["NUTS"] = check["nuts_inside_68_95"]
        text = "; ".join(f"{key} {low:.3f}, {high:.3f}" for key, (low, high) in shares.items())
        emit(f"{name}: draws in the grid's 68.27 %, 95.45 % regions: {text}")
        if check.get("nuts_status", "converged") != "converged":
            emit(f"{name}, NUTS: {check['nuts_status']}")
    for factor in result["bayes_factors"]:
        emit(
            f"ln B({factor['first']} / {factor['second']}) = {factor['log_b']:.2f} "
            f"+- {factor['error']:.2f}"
        )
    for name, text in result["prior_densities"].items():
        emit(f"prior {name}: {text}")
