"""`dmjax posterior`."""

from typing import Annotated

import typer

from dmjax.cli.common import (
    channel_names,
    chosen_conventions,
    emit,
    finish,
    number_range,
    show,
    start,
)
from dmjax.cli.options import (
    AlphaD,
    Channels,
    Choices,
    DataSets,
    Dm,
    Json,
    MassPrior,
    MassRatio,
    OutFolder,
    Profile,
    SamplerSeed,
    Spin,
    Systematics,
    YPrior,
)
from dmjax.cli.progress import Progress


def posterior(
    datasets: DataSets,
    method: Annotated[str, typer.Option(help="nuts or nested (also gives ln Z).")] = "nuts",
    prior: Annotated[
        str,
        typer.Option(
            help="Prior of (m_V, Y): log-uniform, uniform, uniform-mass or uniform-coupling."
        ),
    ] = "log-uniform",
    mv_range: MassPrior = "1,200",
    y_range: YPrior = "1e-12,1e-8",
    window: Annotated[str, typer.Option(help="Of csi2017: cuts or no-cuts.")] = "no-cuts",
    systematics: Systematics = False,
    dm: Dm = Spin.dirac,
    alpha_d: AlphaD = 0.5,
    mass_ratio: MassRatio = 3.0,
    channels: Channels = "all",
    nodes: Annotated[int, typer.Option(help="Masses at which templates are computed.")] = 400,
    chains: Annotated[int, typer.Option(help="NUTS chains.")] = 4,
    warmup: Annotated[int, typer.Option(help="NUTS warm-up per chain.")] = 500,
    draws: Annotated[int, typer.Option(help="NUTS draws kept per chain.")] = 1000,
    min_ess: Annotated[float, typer.Option(help="Effective draws demanded.")] = 1000.0,
    live: Annotated[int, typer.Option(help="Live points of nested sampling.")] = 500,
    seed: SamplerSeed = 2017,
    conventions: Profile = "dmjax",
    choose: Choices = None,
    json: Json = False,
    out: OutFolder = None,
) -> None:
    """Posterior of m_V, Y and every nuisance in one or more data sets together."""
    start()
    from dmjax.store.files import to_plain
    from dmjax.studies.family import Family
    from dmjax.studies.posterior import PosteriorSettings, run_posterior

    settings = PosteriorSettings(
        Family(
            tuple(datasets),
            mass_ratio=mass_ratio,
            alpha_d=alpha_d,
            dm=dm.value,
            channels=channel_names(channels),
            conventions=chosen_conventions(conventions, choose),
            window=window,
            systematics=systematics,
        ),
        method=method,
        prior=prior,
        m_v_range=number_range("--mv-range", mv_range),
        y_range=number_range("--y-range", y_range),
        nodes=nodes,
        chains=chains,
        warmup=warmup,
        draws=draws,
        min_ess=min_ess,
        live=live,
        seed=seed,
    )
    with Progress(
        "templates and sampling", "with --out, finished steps of NUTS are used again"
    ) as progress:
        result = to_plain(run_posterior(settings, out, progress))
    failure = "the sampler did not pass its gates; see its status"
    finish(result, json, _print_posterior, result["status"] == "converged", failure)


def _print_posterior(result: dict) -> None:
    rows = []
    for name, found in result["parameters"].items():
        numbers = [f"{found[key]:.4g}" for key in ("q50", "q16", "q84", "q90")]
        r_hat = "-" if found["r_hat"] is None else f"{found['r_hat']:.3f}"
        rows.append([name, *numbers, r_hat, f"{found['ess']:.0f}"])
    settings = result["settings"]
    title = f"{', '.join(settings['family']['datasets'])}; {settings['method']}; prior "
    title += f"{settings['prior']}, m_v in {settings['m_v_range']}, Y in {settings['y_range']}"
    show(title, ["parameter", "median", "16 %", "84 %", "90 %", "R-hat", "ESS"], rows)
    if "log_z" in result:
        emit(f"ln Z = {result['log_z']:.2f} +- {result['error']:.2f}")
    else:
        emit(f"{result['divergences']} divergent of {result['draws']} draws")
    emit(result["status"])
