"""`dmjax evidence`."""

from typing import Annotated

import typer

from dmjax.cli.common import (
    channel_names,
    chosen_conventions,
    emit,
    finish,
    names,
    number_range,
    show,
    start,
)
from dmjax.cli.options import (
    AlphaD,
    Channels,
    Choices,
    Dm,
    Json,
    MassPrior,
    MassRatio,
    OutFolder,
    Profile,
    Quarks,
    SamplerSeed,
    Spin,
    YPrior,
)
from dmjax.cli.progress import Progress
from dmjax.errors import InputError


def evidence(
    dataset: Annotated[str, typer.Argument(help="Data set: csi2017.")],
    signal: Annotated[
        str, typer.Option(help="Hypotheses: none, dark-photon, nsi; comma-separated.")
    ] = "none,dark-photon,nsi",
    prior: Annotated[
        str,
        typer.Option(
            help="Priors of (m_V, Y): log-uniform, uniform, uniform-mass, uniform-coupling; "
            "comma-separated, or all."
        ),
    ] = "log-uniform",
    window: Annotated[str, typer.Option(help="cuts or no-cuts.")] = "no-cuts",
    mv_range: MassPrior = "1,200",
    y_range: YPrior = "1e-12,1e-8",
    eps_range: Annotated[str, typer.Option(help="Range of the uniform priors of NSI.")] = "-1,1",
    quarks: Quarks = "u",
    dm: Dm = Spin.dirac,
    alpha_d: AlphaD = 0.5,
    mass_ratio: MassRatio = 3.0,
    channels: Channels = "all",
    live: Annotated[int, typer.Option(help="Live points.")] = 500,
    draws: Annotated[int, typer.Option(help="Posterior draws kept.")] = 2000,
    seed: SamplerSeed = 2017,
    grid: Annotated[bool, typer.Option(help="Check with the dense grid.")] = True,
    nuts: Annotated[
        bool, typer.Option("--nuts", help="Sample dark matter by NUTS too, against the grid.")
    ] = False,
    conventions: Profile = "dmjax",
    choose: Choices = None,
    json: Json = False,
    out: OutFolder = None,
) -> None:
    """Evidence by nested sampling, Bayes factors and predictive checks."""
    start()
    from dmjax.bayes.priors import DARK_PRIORS
    from dmjax.store.files import to_plain
    from dmjax.studies.evidence import run_evidence
    from dmjax.studies.hypotheses import EvidenceSettings

    if nuts and not grid:
        raise InputError("--nuts is checked against the dense grid: leave out --no-grid")
    size = {} if grid else {"grid_masses": 0, "grid_couplings": 0}
    settings = EvidenceSettings(
        dataset=dataset,
        window=window,
        signals=names(signal),
        priors=tuple(DARK_PRIORS) if prior == "all" else names(prior),
        m_v_range=number_range("--mv-range", mv_range),
        y_range=number_range("--y-range", y_range),
        eps_range=number_range("--eps-range", eps_range),
        quarks=quarks,
        dm=dm.value,
        alpha_d=alpha_d,
        mass_ratio=mass_ratio,
        channels=channel_names(channels),
        conventions=chosen_conventions(conventions, choose),
        live=live,
        draws=draws,
        seed=seed,
        nuts=nuts,
        **size,
    )
    with Progress(
        "templates and sampling", "with --out, finished hypotheses are used again"
    ) as progress:
        result = to_plain(run_evidence(settings, out, progress))
    failure = "a sampler did not pass its gates; see its status"
    finish(result, json, _print_evidence, result["converged"], failure)


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
    settings = result["settings"]
    show(f"{settings['dataset']} ({settings['window']})", headers, rows)
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
    for name, text in settings["prior_densities"].items():
        emit(f"prior {name}: {text}")
